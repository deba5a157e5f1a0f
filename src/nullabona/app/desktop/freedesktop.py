"""The desktop of Linux: keeps a connection with the session bus and shows there what it is given.

The bus, the notification service, the tray and the screen saver may each be missing, hang, end and come back. Nothing
is lost by that but the notification itself: pages are told instead, or the app shows what is unread when it is opened.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from nullabona.app.desktop.alert import OPEN, READ, REPLY, Acts, Alert, Labels
from nullabona.app.desktop.badge import show_badge
from nullabona.app.desktop.bus import Bus, NoAnswer, open_bus
from nullabona.app.desktop.notifier import Notifier
from nullabona.app.desktop.pace import Pace, Waiting, too_many
from nullabona.app.desktop.screen import Screen
from nullabona.app.desktop.tray import Tray

_AGAIN_S: Final = 5.0
"""So long a service that hung is left alone, and a bus that ended."""
_CLEAR_S: Final = 3.0


class FreeDesktop:
    """One session's desktop; made and used on one event loop. ``labels`` are asked for whenever something is shown."""

    def __init__(self, acts: Acts, labels: Callable[[], Labels]) -> None:
        self._acts = acts
        self._labels = labels
        self._pace = Pace()
        self._gone: list[str] = []
        """Keys whose notifications are to be taken back."""
        self._unread = 0
        self._bus: Bus | None = None
        self._notifier: Notifier | None = None
        self._screen: Screen | None = None
        self._tray: Tray | None = None
        self._told = -1
        """The number that docks and the tray were told."""
        self._ready: bool | None = None
        """None: not known yet; what is to be shown waits until it is."""
        self._wake = asyncio.Event()
        self._doing = asyncio.Lock()
        self._changed = asyncio.Event()
        self._keeping = asyncio.get_running_loop().create_task(self._keep())

    # -- what the session calls ---------------------------------------------------------------------------------------

    @property
    def shows(self) -> bool:
        """Whether there is a notification service, and it answered when it was asked last; or may be one yet."""
        return self._ready is not False

    def show(self, alert: Alert, fallback: Callable[[], None]) -> None:
        """Show the newest news of its key soon."""
        if not self.shows:
            fallback()
            return
        self._pace.add(Waiting(alert, fallback))
        self._wake.set()

    def withdraw(self, key: str) -> None:
        """Take back what is shown or waits for this key."""
        self._pace.drop(key)
        if self._ready and key not in self._gone:
            self._gone.append(key)
            self._wake.set()

    def count(self, unread: int) -> None:
        """How many messages are unread."""
        self._unread = unread
        self._wake.set()

    async def clear(self) -> None:
        """Take back everything."""
        self._pace.clear()
        self._gone.clear()
        self._unread = 0
        with suppress(TimeoutError, NoAnswer):
            async with asyncio.timeout(_CLEAR_S), self._doing:
                if self._notifier is not None:
                    for alert in self._notifier.shown:
                        await self._notifier.close(alert.key)
                await self._tell_number()

    async def end(self) -> None:
        """Take back everything and leave the bus."""
        await self.clear()
        self._keeping.cancel()
        with suppress(asyncio.CancelledError):
            await self._keeping

    # -- the bus ------------------------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        """Stay connected for as long as there is a bus."""
        while (bus := await open_bus()) is not None:
            try:
                with suppress(NoAnswer):
                    await self._stay(bus)
            finally:
                self._become(ready=False)
                self._bus, self._notifier, self._tray = None, None, None
                await bus.close()
            await asyncio.sleep(_AGAIN_S)
        self._become(ready=False)

    def _become(self, *, ready: bool) -> None:
        """Note whether notifications can be shown. If not, pages are told what waits."""
        self._ready = ready
        if not ready:
            for waiting in self._pace.clear():
                waiting.fallback()

    async def _stay(self, bus: Bus) -> None:
        """Until the bus ends. Raises `NoAnswer`."""
        self._notifier = notifier = Notifier(bus, self._acted, self._changed.set)
        self._screen = Screen(bus, self._screen_changed)
        self._tray = Tray(bus, self._acts, self._labels, self._changed.set)
        self._told = -1
        await notifier.listen()
        await self._screen.begin()
        await self._tray.begin()
        self._bus = bus
        showing = asyncio.get_running_loop().create_task(self._show_all(notifier))
        try:
            while not bus.closed.done():
                self._changed.clear()
                async with self._doing:
                    self._become(ready=await notifier.is_there())
                await self._tray.register()
                self._wake.set()
                await self._news(bus)
        finally:
            showing.cancel()
            with suppress(asyncio.CancelledError):
                await showing

    async def _news(self, bus: Bus) -> None:
        """Until the bus ends, or a service came, went or hung; what hung is asked again after a while."""
        changed = asyncio.get_running_loop().create_task(self._changed.wait())
        patience = None if self._ready else _AGAIN_S
        await asyncio.wait({changed, bus.closed}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        changed.cancel()

    # -- showing ------------------------------------------------------------------------------------------------------

    async def _show_all(self, notifier: Notifier) -> None:
        while True:
            self._wake.clear()
            async with self._doing:
                await self._take_back(notifier)
                wait = self._pace.wait(time.monotonic())
                if wait == 0.0:
                    await self._show_next(notifier)
                with suppress(NoAnswer):
                    await self._tell_number()
            if wait != 0.0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._wake.wait()

    async def _take_back(self, notifier: Notifier) -> None:
        while self._gone:
            await notifier.close(self._gone.pop(0))

    async def _show_next(self, notifier: Notifier) -> None:
        waiting, silent = self._pace.take(time.monotonic())
        covered = self._screen is not None and self._screen.locked
        try:
            await notifier.show(waiting.alert, self._labels(), silent=silent, covered=covered)
        except NoAnswer:
            # A service that hangs may show it still; it is left alone until it answers a question.
            waiting.fallback()
            self._become(ready=False)
            self._changed.set()
            return
        for key in too_many(notifier.shown):
            await notifier.close(key)

    async def _tell_number(self) -> None:
        """The number for docks and the tray, if it is another one. Raises `NoAnswer`."""
        if self._bus is not None and self._tray is not None and self._told != self._unread:
            self._told = self._unread
            await show_badge(self._bus, self._unread)
            await self._tray.count(self._unread)

    def _screen_changed(self) -> None:
        """What is shown when the screen locks is shown again without names and words."""
        if self._screen is None or self._notifier is None or not self._screen.locked:
            return
        for alert in self._notifier.shown:
            self.show(alert, lambda: None)

    # -- what the person did ------------------------------------------------------------------------------------------

    def _acted(self, alert: Alert, action: str, text: str) -> None:
        if action == OPEN:
            self._acts.open(alert.key)
            self.withdraw(alert.key)  # some services leave it there
        elif alert.acts and action == READ:
            self._acts.read(alert)
        elif alert.acts and action == REPLY and text.strip():
            self._acts.reply(alert, text)
