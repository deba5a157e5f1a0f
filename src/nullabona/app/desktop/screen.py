"""Whether the desktop's screen is locked, as its screen saver says: then nobody has shown who they are."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

from nullabona.app.desktop.bus import Bus, NoAnswer, Service

SAVERS: Final = tuple(
    Service(name, path, name)
    for name, path in (
        ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"),
        ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
        ("org.cinnamon.ScreenSaver", "/org/cinnamon/ScreenSaver"),
        ("org.mate.ScreenSaver", "/org/mate/ScreenSaver"),
        ("org.xfce.ScreenSaver", "/org/xfce/ScreenSaver"),
    )
)


class Screen:
    """The screen savers of a session; most desktops have one of them, or none."""

    def __init__(self, bus: Bus, changed: Callable[[], object]) -> None:
        self._bus = bus
        self._changed = changed
        self._active: dict[str, bool] = {}

    @property
    def locked(self) -> bool:
        """Whether one of them is active, as far as is known."""
        return any(self._active.values())

    async def begin(self) -> None:
        """Follow them from now on. Raises `NoAnswer`."""
        for saver in SAVERS:
            await self._bus.watch(saver.name, partial(self._left, saver.name))
            await self._bus.listen(saver, "ActiveChanged", partial(self._heard, saver.name))
            with suppress(NoAnswer):
                self._heard(saver.name, await self._bus.call(saver, "GetActive"))

    def _left(self, name: str) -> None:
        """Another program, or none, has the name now; it tells when it becomes active."""
        self._heard(name, (False,))

    def _heard(self, name: str, body: tuple[Any, ...]) -> None:
        match body:
            case (bool(active),):
                if self._active.get(name, False) != active:
                    self._active[name] = active
                    self._changed()
            case _:
                pass
