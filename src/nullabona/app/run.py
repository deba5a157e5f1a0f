"""A running app, from its first line to its last: one per profile, on loopback, until it is told to end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from nullabona.app.desk.desk import Desk, Place
from nullabona.app.desk.reception import Reception
from nullabona.app.server.guard import Guard
from nullabona.app.server.instance import Instance
from nullabona.app.server.launch import Launches, clear_launches, private_folder
from nullabona.app.server.pages import Pages
from nullabona.app.server.server import Server
from nullabona.client.api import Options
from nullabona.words.errors import Language


@dataclass(frozen=True, slots=True)
class Opened:
    """How to open the page: a file for a browser. ``mine`` is false if another process is the app of the profile."""

    launch: Path
    mine: bool


@asynccontextmanager
async def running_app(
    profile: Path,
    *,
    options: Options,
    host: str = "",
    port: int = 0,
    language: Language = "en",
    home: Path | None = None,
) -> AsyncIterator[Opened]:
    """The app of ``profile`` until the block ends; if another process is it already, that one opens a page.

    Raises `Exposed`, `PortTaken`, `NoAnswer`, and what `open_client` raises for a profile that needs no passphrase.
    """
    folder = private_folder(profile)
    instance = Instance(folder)
    try:
        if not instance.claim():
            yield Opened(await instance.ask_other(), mine=False)
            return
        async with _served(
            Place(profile, folder, options, host, language, home or Path.home()), instance, port
        ) as launch:
            yield Opened(launch, mine=True)
    finally:
        instance.release()


@asynccontextmanager
async def _served(place: Place, instance: Instance, port: int) -> AsyncIterator[Path]:
    guard, desk = Guard(time.monotonic), Desk(place)
    server = Server(guard, Reception(desk), Pages())
    try:
        await desk.begin()
        await server.start(port)
        launches = Launches(place.folder, guard, lambda: server.url)
        server.on_trade = launches.used
        await instance.serve(launches.new)
        asyncio.get_running_loop().call_soon(desk.warm)
        yield launches.new()
    finally:
        clear_launches(place.folder)
        server.stop()
        await desk.end()
        await asyncio.sleep(0)  # close frames leave before the loop ends
