"""A running app from start to end: one per profile, on loopback, until it is told to end."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from picows import WSCloseCode

from nullabona.app.answers.rpc import Rpc
from nullabona.app.desktop.start import open_desktop
from nullabona.app.server.guard import Guard
from nullabona.app.server.instance import Instance
from nullabona.app.server.launch import Launches, clear_launches, private_folder
from nullabona.app.server.pages import Pages
from nullabona.app.server.renewal import Carried, begin_anew, taken_over
from nullabona.app.server.returning import Returns
from nullabona.app.server.server import Server
from nullabona.app.session.place import AtLogin, Place
from nullabona.app.session.session import Session
from nullabona.client.api import Options
from nullabona.client.api.links import read_invite
from nullabona.client.api.pictures import end_pictures
from nullabona.system.memory import keep_memory_private
from nullabona.words.catalogue import Language

_ANSWERS_LEAVE_S: Final = 0.1
_PAGES_LEAVE_S: Final = 0.3
_AGAIN_S: Final = 5.0
_PORT_S: Final = 5.0
_PRESSED_S: Final = 0.5
"""A notification or an icon that is pressed twice within a moment opens one page."""


@dataclass(frozen=True, slots=True)
class Opened:
    """How to open the page: a file for a browser. ``mine`` is false if another process is the app of the profile.

    ``again``: the process was replaced at the lock; the pages are open already.
    """

    launch: Path
    mine: bool
    again: bool = False


@asynccontextmanager
async def running_app(
    profile: Path,
    *,
    options: Options,
    host: str = "",
    port: int = 0,
    language: Language = "en",
    home: Path | None = None,
    updates: Path | None = None,
    renews: bool = False,
    browse: Callable[[Path], object] | None = None,
    link: str = "",
    background: bool = False,
    at_login: AtLogin | None = None,
) -> AsyncIterator[Opened]:
    """The app of ``profile`` until the block ends; if another process is it already, that one opens a page.

    ``updates``: the folder of the program's versions (None: ``program`` beside the folder of the profiles).
    With ``renews`` the lock replaces the whole process by a new one of the same command, which has to come here again.
    ``browse`` shows a launch file in the person's browser, when a page without a token asks for that. The page shows
    the invite ``link``, once. In the ``background`` it opens no page by itself, neither its own nor another process's;
    then ``launch`` is a folder. ``at_login`` is what the page can switch on and off.
    Raises `LinkError`, `Exposed`, `PortTaken`, `NoAnswer`, and what `open_client` raises for a profile that needs no
    passphrase.
    """
    if link:
        read_invite(link)
    folder = private_folder(profile)
    instance = Instance(folder)
    carried = None
    if renews:
        keep_memory_private()
        carried = taken_over()
    try:
        if carried is not None and carried.lock >= 0:
            instance.take_over(carried.lock)
        elif not instance.claim():
            if background and not link:
                yield Opened(folder, mine=False)
                return
            yield Opened(await instance.ask_other(link), mine=False)
            return
        program = updates or profile.parents[1] / "program"
        place = Place(profile, folder, options, host, language, program, home or Path.home(), at_login=at_login)
        opens = "" if carried is not None else link  # what the process before was given is not given again
        async with _served(place, instance, port, carried, browse, renews=renews, link=opens) as running:
            if background or carried is not None:
                running.session.heard.tell_locked()
            launch = folder if background else running.launches.new()
            yield Opened(launch, mine=True, again=carried is not None)
    finally:
        instance.release()


@dataclass(frozen=True, slots=True)
class _Running:
    """What a running app is made of."""

    session: Session
    launches: Launches


@asynccontextmanager
async def _served(
    place: Place,
    instance: Instance,
    port: int,
    carried: Carried | None,
    browse: Callable[[Path], object] | None,
    *,
    renews: bool,
    link: str,
) -> AsyncIterator[_Running]:
    guard, session = Guard(time.monotonic), Session(place)
    if link:
        session.open_link(link)
    server = Server(guard, Rpc(session), Pages(), Returns(place.folder))
    if renews:
        session.begin_anew = _Renewal(guard, session, server, instance).soon
    if carried is not None:
        guard.take_over(carried.tokens)
        session.take_over(carried.seq, carried.wrong, carried.wait_until)
    session.desktop = open_desktop(session.heard, session.heard.labels)
    try:
        await session.begin()
        session.updates.begin()
        await server.start(
            port, carried.socket() if carried is not None else None, patience_s=_PORT_S if carried is not None else 0.0
        )
        launches = Launches(place.folder, guard, lambda: server.url)
        server.on_trade = launches.used
        session.new_launch = guard.new_launch
        if browse is not None:
            server.open_again = _Again(launches.new, browse).open
            session.heard.open_page = _Again(launches.new, browse, _PRESSED_S).open
        session.heard.end_process = lambda: signal.raise_signal(signal.SIGINT)
        await instance.serve(_WithLink(session, launches.new).new)
        asyncio.get_running_loop().call_soon(session.warm)
        yield _Running(session, launches)
    finally:
        clear_launches(place.folder)
        server.stop()
        await session.end()
        await asyncio.sleep(0)  # close frames are sent before the loop ends


@dataclass(frozen=True, slots=True)
class _WithLink:
    """Launches that later processes ask for."""

    session: Session
    launch: Callable[[], Path]

    def new(self, link: str) -> Path:
        """A launch file; its page shows the link. Raises `LinkError`."""
        if link:
            self.session.open_link(link)
        return self.launch()


class _Again:
    """Opens one more page in the browser, but not one after the other: any program may ask for it."""

    def __init__(self, launch: Callable[[], Path], browse: Callable[[Path], object], pause_s: float = _AGAIN_S) -> None:
        self._launch = launch
        self._browse = browse
        self._pause_s = pause_s
        self._last = -pause_s

    def open(self) -> bool:
        now = time.monotonic()
        if now - self._last < self._pause_s:
            return False
        self._last = now
        asyncio.get_running_loop().run_in_executor(None, self._browse, self._launch())
        return True


@dataclass(frozen=True, slots=True)
class _Renewal:
    """Replaces the process image after its profile was locked."""

    guard: Guard
    session: Session
    server: Server
    instance: Instance

    def soon(self) -> None:
        """After answers and pushes were sent: disconnect the pages, which reconnect, and replace the process."""
        loop = asyncio.get_running_loop()
        loop.call_later(_ANSWERS_LEAVE_S, self._part)
        loop.call_later(_ANSWERS_LEAVE_S + _PAGES_LEAVE_S, self._begin_anew)

    def _part(self) -> None:
        self.server.stop(keep=True)
        self.session.pages.close(WSCloseCode.SERVICE_RESTART)

    def _begin_anew(self) -> None:
        end_pictures()
        seq, wrong, wait_until = self.session.carry()
        begin_anew(Carried(self.server.listening, self.instance.lock, self.guard.tokens, seq, wrong, wait_until))
