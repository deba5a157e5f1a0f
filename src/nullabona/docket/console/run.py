"""Serving the console: one socket, one thread that answers, no log of who came (spec/console.md §2)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn

from nullabona.docket.console.doors.signing import VerifyPasskey
from nullabona.docket.console.edge import Edge
from nullabona.docket.console.house import House
from nullabona.docket.console.premises import Premises, Settings
from nullabona.docket.console.rules.origin import Site, valid_site
from nullabona.docket.console.store.sqlite import ConsoleStore
from nullabona.docket.desk import Desk
from nullabona.docket.nolog import NotPublishing
from nullabona.errors import NullabonaError, UserError

HEAD_BYTES: Final = 16_384
MOST_CONNECTIONS: Final = 256
IDLE_S: Final = 30
BEAT_S: Final = 60.0


class SiteUnsuitable(UserError):
    """Passkeys do not work at this address."""

    code = "console-site"
    default_hint = "use https://NAME as browsers show it, or http://localhost:PORT to try it"


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the socket is, and the certificate if the console speaks TLS by itself."""

    host: str
    port: int
    cert: Path | None = None
    key: Path | None = None


Ready = Callable[[House, ThreadPoolExecutor], None]
"""Told when the socket listens: what is served, and the one thread that may touch it."""
OpenDesk = Callable[[VerifyPasskey], Desk]
"""Opens the desk with what verifies passkeys. Called on the one thread that will use it."""


def site_of(origin: str) -> Site:
    """Raises `SiteUnsuitable`."""
    if not valid_site(origin):
        raise SiteUnsuitable("browsers use passkeys at https addresses and on localhost only")
    return Site(origin)


async def serve_console(
    folder: Path, open_desk: OpenDesk, settings: Settings, listen: Listen, clock: Callable[[], int],
    ready: Ready,
) -> None:  # fmt: skip
    """Serve until the process is told to end; then everybody is signed out."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="desk")
    loop = asyncio.get_running_loop()
    house = await loop.run_in_executor(thread, _furnish, folder, open_desk, settings, clock)
    beating = asyncio.create_task(_keep_beating(house, thread, clock))
    try:
        server = _Server(_config(Edge(settings.site, house, thread), listen), lambda: ready(house, thread))
        await server.serve()
    finally:
        beating.cancel()
        await loop.run_in_executor(thread, _leave, house)
        thread.shutdown()


def _furnish(folder: Path, open_desk: OpenDesk, settings: Settings, clock: Callable[[], int]) -> House:
    store = ConsoleStore(folder)
    desk = open_desk(VerifyPasskey(settings.site, store))
    return House(Premises(desk, store, settings), clock)


async def _keep_beating(house: House, thread: ThreadPoolExecutor, clock: Callable[[], int]) -> None:
    """The beat of the public record, once a minute; what goes wrong is shown to officers and tried again."""
    loop = asyncio.get_running_loop()
    while True:
        if not await loop.run_in_executor(thread, _beat, house, clock):
            return
        await asyncio.sleep(BEAT_S)


def _beat(house: House, clock: Callable[[], int]) -> bool:
    """One beat. False if this desk publishes nothing. Officers wait for it as for one another."""
    pulse = house.premises.pulse
    try:
        done = asyncio.run(house.premises.desk.beat())
    except NotPublishing:
        return False
    except NullabonaError as error:
        pulse.problem = error.message
        return True
    pulse.waiting, pulse.problem = done.waiting, ""
    if done.periods:
        pulse.period, pulse.at_s = done.periods[-1], clock()
    return True


def _leave(house: House) -> None:
    house.premises.desk.close()
    house.premises.store.close()


class _Server(uvicorn.Server):
    """Says when the socket listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def _config(edge: Edge, listen: Listen) -> uvicorn.Config:
    """No access log, no server or date header, no headers of proxies, no WebSocket."""
    return uvicorn.Config(
        edge,
        host=listen.host,
        port=listen.port,
        ssl_certfile=listen.cert,
        ssl_keyfile=listen.key,
        http="h11",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="critical",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=HEAD_BYTES,
    )
