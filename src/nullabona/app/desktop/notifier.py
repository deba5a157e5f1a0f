"""The notification service of a desktop: ``org.freedesktop.Notifications``, versions 1.2 and 1.3.

It decides how an alert is written for the service that is there, and which signals belong to what it showed. It does
not decide what may be said, nor when.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any, Final

from nullabona.app.desktop.alert import OPEN, READ, REPLY, Alert, Labels
from nullabona.app.desktop.bus import Bus, NoAnswer, Service

SERVICE: Final = Service(
    "org.freedesktop.Notifications", "/org/freedesktop/Notifications", "org.freedesktop.Notifications"
)
APP: Final = "nullabona"
ENTRY: Final = "nullabona"
"""The desktop entry without its ending; desktops keep settings by it."""
LONGEST_REPLY: Final = 20_000
_ICON: Final = Path(__file__).parents[1] / "page" / "icon.svg"
_BY_THE_SERVICE: Final = -1
"""The service closes it when it likes."""


class Notifier:
    """The notifications that this process shows. ``acted``: with which, the action, and the words of a
    reply. ``changed``: the service came, went, or is another program now.
    """

    def __init__(self, bus: Bus, acted: Callable[[Alert, str, str], None], changed: Callable[[], object]) -> None:
        self._bus = bus
        self._acted = acted
        self._changed = changed
        self._abilities: frozenset[str] | None = None
        """None: not asked yet."""
        self._owner = ""
        """The connection of the service that was asked, which has shown what is shown."""
        self._shown: dict[int, Alert] = {}

    @property
    def shown(self) -> list[Alert]:
        """What the desktop shows, oldest first."""
        return list(self._shown.values())

    async def is_there(self) -> bool:
        """Whether the service runs and answers, or starts once it is needed. To be called again when it came back."""
        owner = self._bus.owner(SERVICE.name)
        if owner != self._owner:
            self._shown.clear()  # a service that came back counts from the beginning
        self._abilities = None
        if not owner:
            # Not started before it is needed: at log-in the desktop is about to start its own.
            return await self._bus.can_start(SERVICE.name)
        try:
            await self._learn()
        except NoAnswer:
            return False
        return True

    async def _learn(self) -> frozenset[str]:
        """What the service can do. Raises `NoAnswer`."""
        if self._abilities is None:
            await self._bus.start(SERVICE.name)
            self._owner = self._bus.owner(SERVICE.name)
            match await self._bus.call(SERVICE, "GetCapabilities"):
                case (list(abilities),):
                    self._abilities = frozenset(abilities)
                case _:
                    self._abilities = frozenset()
        return self._abilities

    async def listen(self) -> None:
        """Hear what the person does with notifications. Raises `NoAnswer`."""
        await self._bus.watch(SERVICE.name, self._changed)
        await self._bus.listen(SERVICE, "ActionInvoked", self._heard_action)
        await self._bus.listen(SERVICE, "NotificationReplied", self._heard_reply)
        await self._bus.listen(SERVICE, "NotificationClosed", self._heard_closed)

    async def show(self, alert: Alert, labels: Labels, *, silent: bool, covered: bool) -> None:
        """Show it in place of what the key had. ``covered``: nothing but that something came. Raises `NoAnswer`."""
        abilities = await self._learn()
        title, body = (APP, alert.bare) if covered else (alert.title, alert.body)
        if "body" not in abilities:
            title = f"{title}: {body}"
        if "body-markup" in abilities:  # otherwise escaped signs would be shown as they are written
            body = escape(body, quote=True)
        actions = _actions(abilities, labels, acts=alert.acts and not covered)
        hints = _hints(abilities, labels, silent=silent)
        words = (APP, self._id(alert.key), str(_ICON), title, body, actions, hints)
        answer = await self._bus.call(SERVICE, "Notify", "susssasa{sv}i", *words, _BY_THE_SERVICE)
        match answer:
            case (int(id),) if id > 0:
                self._shown.pop(self._id(alert.key), None)
                self._shown[id] = alert
            case _:
                raise NoAnswer("the service did not say which notification it is")

    async def close(self, key: str) -> None:
        """Take back what is shown for a key."""
        id = self._id(key)
        if id:
            del self._shown[id]
            with suppress(NoAnswer):
                await self._bus.call(SERVICE, "CloseNotification", "u", id)

    def _id(self, key: str) -> int:
        """The notification of a key; 0 if none is shown."""
        return next((id for id, alert in self._shown.items() if alert.key == key), 0)

    # -- signals; the bus passes only those of the service's own connection -------------------------------------------

    def _heard_action(self, body: tuple[Any, ...]) -> None:
        match body:
            case (int(id), str(action)) if id in self._shown and action != REPLY:
                self._acted(self._shown[id], action, "")
            case _:
                pass

    def _heard_reply(self, body: tuple[Any, ...]) -> None:
        match body:
            case (int(id), str(text)) if id in self._shown and len(text) <= LONGEST_REPLY:
                self._acted(self._shown[id], REPLY, text)
            case _:
                pass

    def _heard_closed(self, body: tuple[Any, ...]) -> None:
        match body:
            case (int(id), int(_)):
                self._shown.pop(id, None)
            case _:
                pass


def _actions(abilities: frozenset[str], labels: Labels, *, acts: bool) -> list[str]:
    if "actions" not in abilities:
        return []
    offered = [OPEN, labels.open]
    if acts and REPLY in abilities:
        offered += [REPLY, labels.reply]
    return [*offered, READ, labels.read] if acts else offered


def _hints(abilities: frozenset[str], labels: Labels, *, silent: bool) -> Mapping[str, tuple[str, Any]]:
    hints: dict[str, tuple[str, Any]] = {
        "desktop-entry": ("s", ENTRY),
        "category": ("s", "im.received"),
        "urgency": ("y", 1),
    }
    if "sound" in abilities:
        hints |= {"suppress-sound": ("b", True)} if silent else {"sound-name": ("s", "message-new-instant")}
    if REPLY in abilities:
        hints["x-kde-reply-placeholder-text"] = ("s", labels.placeholder)
    return hints
