"""Programs on a session bus, as tests play them: written with jeepney alone, without any of our own code."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    new_error,
    new_method_call,
    new_method_return,
    new_signal,
)
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

PATIENCE_S = 10.0
NOTIFICATIONS = "org.freedesktop.Notifications"
ALL = ("actions", "body", "body-markup", "inline-reply", "persistence", "sound")


class Client:
    """Any program of the same user."""

    def __init__(self, address: str) -> None:
        self.connection: DBusConnection = open_dbus_connection(bus=address)
        self._sending = threading.Lock()

    @property
    def name(self) -> str:
        return str(self.connection.unique_name)

    def own(self, name: str) -> None:
        """Take a name."""
        assert (1,) == self.ask(message_bus.RequestName(name))

    def ask(self, message: Message) -> tuple[Any, ...]:
        reply = self.connection.send_and_get_reply(message, timeout=PATIENCE_S)
        assert reply.header.message_type is MessageType.method_return, reply.body
        return tuple(reply.body)

    def call(
        self, name: str, path: str, interface: str, member: str, signature: str = "", *values: object
    ) -> tuple[Any, ...]:
        return self.ask(new_method_call(DBusAddress(path, name, interface), member, signature or None, values))

    def send(self, message: Message) -> None:
        with self._sending:
            self.connection.send(message)

    def signal(
        self, path: str, interface: str, member: str, signature: str, *values: object, to: str | None = None
    ) -> None:
        """A signal, to everybody or to one connection."""
        message = new_signal(DBusAddress(path, None, interface), member, signature, values)
        if to is not None:
            message.header.fields[HeaderFields.destination] = to
        self.send(message)

    def close(self) -> None:
        self.connection.close()


@dataclass(frozen=True)
class Shown:
    """A notification as the service was told of it."""

    id: int
    replaces: int
    title: str
    body: str
    actions: tuple[str, ...]
    hints: dict[str, Any]
    at: float
    sender: str = field(compare=False, default="")


class Service(Client):
    """A program that serves names and remembers what it was told; answers in a thread of its own."""

    def __init__(self, address: str, *names: str) -> None:
        super().__init__(address)
        self.news = threading.Condition()
        self.hangs = False
        for name in names:
            self.own(name)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ending = False

    def start(self) -> Self:
        self._thread.start()
        return self

    def _run(self) -> None:
        while not self._ending:
            with suppress(TimeoutError):
                self._take(self.connection.receive(timeout=0.2))

    def _take(self, message: Message) -> None:
        if message.header.message_type is MessageType.signal:
            with self.news:
                self.heard(message)
                self.news.notify_all()
        if message.header.message_type is not MessageType.method_call or self.hangs:
            return
        with self.news:  # a test learns of a call when it was answered, as a person does
            answer = self.answer(message)
            if answer is None:
                self.send(new_error(message, "org.example.Refused", "s", (f"it said {message.body}",)))
            else:
                self.send(new_method_return(message, answer[0] or None, answer[1]))
            self.news.notify_all()

    def answer(self, message: Message) -> tuple[str, tuple[Any, ...]] | None:
        raise NotImplementedError

    def heard(self, message: Message) -> None:
        """A signal came."""

    def until(self, true: Callable[[], Any], most_s: float = PATIENCE_S) -> None:
        """Until something is true of what was told."""
        with self.news:
            assert self.news.wait_for(true, most_s), "it did not become true"

    def close(self) -> None:
        self._ending = True
        self._thread.join()
        super().close()


class Recorder(Service):
    """A notification service that remembers; `tests/desktop/test_services.py` has what it shares with a real one."""

    def __init__(self, address: str, abilities: tuple[str, ...] = ALL) -> None:
        self.abilities = abilities
        self.told: list[Shown] = []
        self.closed: list[int] = []
        self.refuses = False
        self._next = 0
        super().__init__(address, NOTIFICATIONS)
        self.start()

    @property
    def shown(self) -> list[Shown]:
        """What is on the screen, oldest first."""
        newest = {one.id: one for one in self.told}
        return [one for id, one in newest.items() if id not in self.closed]

    def answer(self, message: Message) -> tuple[str, tuple[Any, ...]] | None:
        if self.refuses:
            return None
        match message.header.fields.get(HeaderFields.member):
            case "GetCapabilities":
                return "as", (list(self.abilities),)
            case "Notify":
                return "u", (self._notify(message),)
            case "CloseNotification":
                self._close(message.body[0], 3)
                return "", ()
            case _:
                return None

    def _notify(self, message: Message) -> int:
        _, replaces, _, title, body, actions, hints, _ = message.body
        if not replaces:
            self._next += 1
        id = replaces or self._next
        self.closed = [one for one in self.closed if one != id]
        plain = {name: value for name, (_, value) in hints.items()}
        sender = str(message.header.fields[HeaderFields.sender])
        self.told.append(Shown(id, replaces, title, body, tuple(actions), plain, time.monotonic(), sender))
        return int(id)

    def _close(self, id: int, reason: int) -> None:
        self.closed.append(id)
        self._say("NotificationClosed", "uu", id, reason)

    # -- what the person does

    def press(self, id: int, action: str) -> None:
        """A button, or the notification itself (`default`)."""
        self._say("ActionInvoked", "us", id, action)
        with self.news:
            self._close(id, 2)

    def reply(self, id: int, text: str) -> None:
        self._say("NotificationReplied", "us", id, text)

    def dismiss(self, id: int) -> None:
        with self.news:
            self._close(id, 2)

    def _say(self, member: str, signature: str, *values: object) -> None:
        self.signal("/org/freedesktop/Notifications", NOTIFICATIONS, member, signature, *values)


class Dock(Service):
    """A dock that shows how many messages are unread."""

    def __init__(self, address: str) -> None:
        self.counts: list[tuple[int, bool]] = []
        super().__init__(address)
        interface = "com.canonical.Unity.LauncherEntry"
        self.ask(message_bus.AddMatch(f"type='signal',interface='{interface}',member='Update'"))
        self.start()

    def answer(self, message: Message) -> None:
        """It serves nothing."""

    def heard(self, message: Message) -> None:
        if message.header.fields.get(HeaderFields.member) == "Update":
            entry, values = message.body
            assert "application://nullabona.desktop" == entry
            self.counts.append((values["count"][1], values["count-visible"][1]))


class Saver(Service):
    """A screen saver of GNOME's kind."""

    NAME = "org.gnome.ScreenSaver"

    def __init__(self, address: str, *, active: bool = False) -> None:
        self.active = active
        super().__init__(address, self.NAME)
        self.start()

    def answer(self, message: Message) -> tuple[str, tuple[Any, ...]] | None:
        known = message.header.fields.get(HeaderFields.member) == "GetActive"
        return ("b", (self.active,)) if known else None

    def become(self, *, active: bool) -> None:
        self.active = active
        self.signal("/org/gnome/ScreenSaver", self.NAME, "ActiveChanged", "b", active)


class TrayHost(Service):
    """A tray: it learns of icons, and asks them what they show."""

    WATCHER = "org.kde.StatusNotifierWatcher"
    ITEM = "org.kde.StatusNotifierItem"

    def __init__(self, address: str) -> None:
        self.items: list[tuple[str, str]] = []
        self.changed: list[str] = []
        super().__init__(address, self.WATCHER)
        self.ask(message_bus.AddMatch(f"type='signal',interface='{self.ITEM}'"))
        self.start()

    def answer(self, message: Message) -> tuple[str, tuple[Any, ...]] | None:
        if message.header.fields.get(HeaderFields.member) != "RegisterStatusNotifierItem":
            return None
        self.items.append((str(message.header.fields[HeaderFields.sender]), message.body[0]))
        return "", ()

    def heard(self, message: Message) -> None:
        self.changed.append(str(message.header.fields.get(HeaderFields.member)))
