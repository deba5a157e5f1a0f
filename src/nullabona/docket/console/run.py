"""Serves the console: one socket, one thread that answers, no log of visitors (spec/console.md §2)."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

from nullabona.docket.console.passkeys.signing import VerifyPasskey
from nullabona.docket.console.request.console import Console, Settings
from nullabona.docket.console.request.figures import Figures
from nullabona.docket.console.request.notice_delivery import NoticeDelivery
from nullabona.docket.console.routing.app import ConsoleApp
from nullabona.docket.console.rules.origin import Site, valid_site
from nullabona.docket.console.serving.connection import ConsoleServer
from nullabona.docket.console.serving.thread import DeskThread
from nullabona.docket.console.store.opening import ConsolePlace, open_rows
from nullabona.docket.desk import Desk
from nullabona.docket.ports import Deliver
from nullabona.docket.publishing.no_log import NotPublishing
from nullabona.errors import NullabonaError, UserError
from nullabona.machine.database import LeadershipLost
from nullabona.machine.failures import reason_of
from nullabona.machine.tls import Tls, server_context

PUBLISH_EVERY_S: Final = 60.0
SWEEP_S: Final = 30.0
"""Expired data is erased within this time, also without requests."""
LEAVE_S: Final = 5.0
"""How long shutdown waits for a batch under way; the next run publishes what it has staged."""


class SiteUnsuitable(UserError):
    """Passkeys do not work at this address."""

    code = "console-site"
    default_hint = "use https://NAME as browsers show it, or http://localhost:PORT to try it"


class CannotListen(UserError):
    """The console cannot listen on this address."""

    code = "console-listen"
    default_hint = "is another console running? choose another port with --listen"


@dataclass(frozen=True, slots=True)
class Listen:
    """The socket's address, and the certificate if the console itself serves TLS."""

    host: str
    port: int
    tls: Tls | None = None


Ready = Callable[[ConsoleApp, DeskThread], None]
"""Called when the socket listens, with the app and the only thread that may use it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A desk, the call that closes the connections to its log's witnesses, and the delivery of notices."""

    desk: Desk
    hang_up: Callable[[], Coroutine[None, None, None]] | None = None
    deliver: Deliver | None = None


OpenDesk = Callable[[VerifyPasskey], Opened]
"""Opens the desk with a passkey verifier. Called on the thread that will use the desk."""


@dataclass(frozen=True, slots=True)
class _Served:
    """The objects of the desk's thread. ``ending``: set when no further batch may begin."""

    app: ConsoleApp
    opened: Opened
    ending: asyncio.Event = field(default_factory=asyncio.Event)


def site_of(origin: str) -> Site:
    """Raises `SiteUnsuitable`."""
    if not valid_site(origin):
        raise SiteUnsuitable("browsers use passkeys at https addresses and on localhost only")
    return Site(origin)


async def serve_console(
    folder: Path,
    open_desk: OpenDesk,
    settings: Settings,
    listen: Listen,
    clock: Callable[[], int],
    ready: Ready,
    *,
    kept_in: ConsolePlace | None = None,
) -> None:
    """Serve until a signal to end, then sign every officer out. ``kept_in``: place of the rows; None: ``folder``.

    Raises `CannotListen`, as opening the desk does, or `LeadershipLost` if another process took over the desk.
    """
    context = server_context(listen.tls) if listen.tls is not None else None
    place = _listen(listen)
    thread = DeskThread()
    try:
        furnishing = thread.submit(
            _furnish, thread, (folder, kept_in or folder), open_desk, settings, clock, listen.tls
        )
        served = await asyncio.wrap_future(furnishing)
        publishing = thread.begin(_keep_publishing(served, clock))
        thread.begin(keep_sweeping(served.app, served.ending))
        server, ended = ConsoleServer(settings.site, served.app, thread), asyncio.Event()
        with _told(ended):
            _end_with(publishing, ended)
            try:
                await server.start(place, context)
                ready(served.app, thread)
                await ended.wait()
            finally:
                await server.stop()
                await asyncio.wrap_future(thread.begin(_leave(served, publishing)))
        if publishing.done() and not publishing.cancelled():
            publishing.result()  # another process leads
    finally:
        thread.shutdown()


def _furnish(
    thread: DeskThread,
    kept: tuple[Path, ConsolePlace],
    open_desk: OpenDesk,
    settings: Settings,
    clock: Callable[[], int],
    tls: Tls | None,
) -> _Served:
    folder, place = kept
    store = open_rows(place)
    try:
        opened = open_desk(VerifyPasskey(settings.site, store))
    except BaseException:
        store.close()
        raise
    notice_delivery = NoticeDelivery(opened.desk, opened.deliver, thread.submit) if opened.deliver is not None else None
    console = Console(opened.desk, store, settings, notice_delivery)
    console.figures = Figures(console.pulse, opened.desk.behind, opened.desk.cadence.period_s, folder, tls)
    return _Served(ConsoleApp(console, clock), opened)


async def _keep_publishing(served: _Served, clock: Callable[[], int]) -> None:
    """Publish due batches once a minute; errors are shown to officers and the batch is tried again."""
    sure = served.app.console.settings.clock_is_right
    while not served.ending.is_set() and await publish_once(served.app.console, clock, clock_is_right=sure):
        sure = False
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(served.ending.wait(), PUBLISH_EVERY_S)


async def keep_sweeping(app: ConsoleApp, ending: asyncio.Event) -> None:
    """Sweep periodically on the desk's loop; a sweep that the disk refuses is tried again."""
    while not ending.is_set():
        with contextlib.suppress(NullabonaError):
            app.sweep()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ending.wait(), SWEEP_S)


async def publish_once(console: Console, clock: Callable[[], int], *, clock_is_right: bool = False) -> bool:
    """Publish due batches, on the desk's loop, and erase what is due. False if this desk publishes nothing.

    While it waits, officers are served. Raises `LeadershipLost` if another process took over the desk.
    """
    pulse = console.pulse
    try:
        done = await console.desk.publish_due(clock_is_right=clock_is_right)
        console.desk.erase_due()
    except NotPublishing:
        return False
    except LeadershipLost:
        raise
    except NullabonaError as error:
        pulse.problem = error
        pulse.failures += 1
        return True
    pulse.waiting, pulse.problem = done.waiting, None
    pulse.batches += len(done.periods)
    if done.periods:
        pulse.period, pulse.at_s = done.periods[-1], clock()
    return True


async def _leave(served: _Served, publishing: Future[None]) -> None:
    """Wait, for a limited time, for a batch and a letter under way; then close everything."""
    served.ending.set()
    try:
        await asyncio.wait_for(asyncio.wrap_future(publishing), LEAVE_S)
    except (TimeoutError, asyncio.CancelledError):
        publishing.cancel()
    except LeadershipLost:
        pass  # said when everything is closed
    console = served.app.console
    if console.notice_delivery is not None:
        await asyncio.to_thread(console.notice_delivery.close)
    await asyncio.to_thread(console.close)
    await asyncio.get_running_loop().shutdown_default_executor()
    console.desk.close()
    if served.opened.hang_up is not None:
        await served.opened.hang_up()
    console.store.close()


def _end_with(publishing: Future[None], ended: asyncio.Event) -> None:
    """``ended`` is set if publishing fails for good."""
    loop = asyncio.get_running_loop()

    def look(done: Future[None]) -> None:
        if not done.cancelled() and done.exception() is not None:
            loop.call_soon_threadsafe(ended.set)

    publishing.add_done_callback(look)


def _listen(listen: Listen) -> socket.socket:
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    try:
        return socket.create_server((listen.host, listen.port), family=family)
    except OSError as error:
        raise CannotListen(f"{listen.host}:{listen.port} cannot be listened on: {reason_of(error)}") from error


_ENDINGS: Final = (signal.SIGTERM, signal.SIGINT)


@contextlib.contextmanager
def _told(ended: asyncio.Event) -> Generator[None, None, None]:
    """Signals to end set ``ended``; neither the first nor later ones interrupt anything.

    Outside the main thread no signal can be handled, and the caller must end the console otherwise.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        loop.call_soon_threadsafe(ended.set)

    before = {number: signal.signal(number, end) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
