"""A connection with the person's session bus (D-Bus), by jeepney; no other module imports that.

The bus says truly which connection sent a message, and nothing else about it. So a reply counts only if it comes from
the connection that was called, and a signal only if it comes from the connection that has the service's name now. What
is sent to this process directly, without being asked for, is ignored, except for the methods that it serves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol

from jeepney import DBusAddress, HeaderFields, Message, MessageType
from jeepney import new_error as to_error
from jeepney import new_method_call as to_call
from jeepney import new_method_return as to_return
from jeepney import new_signal as to_signal
from jeepney.io.asyncio import DBusConnection, open_dbus_connection

ANSWERS_S: Final = 2.0
"""A service that has not answered by then is taken for one that hangs."""
NO_BUS: Final = (OSError, EOFError, KeyError, RuntimeError, ValueError, StopIteration)
"""What jeepney raises where there is no bus, or one that turns us away."""
_BUS: Final = "org.freedesktop.DBus"
_BUS_PATH: Final = "/org/freedesktop/DBus"


class NoAnswer(ConnectionError):
    """The service is not there, hangs, or refused. Its own words are left out: they may repeat what was to be shown."""


@dataclass(frozen=True, slots=True)
class Service:
    """An object of another program: the name of its program, its path and its interface."""

    name: str
    path: str
    interface: str


@dataclass(frozen=True, slots=True)
class Called:
    """A method of ours that another program called."""

    path: str
    interface: str
    member: str
    arguments: tuple[Any, ...]


class Served(Protocol):
    """Answers calls: the signature and the values of the answer, or None for what it does not know."""

    def __call__(self, called: Called, /) -> tuple[str, tuple[Any, ...]] | None: ...


@dataclass(slots=True)
class _Watched:
    """A name: which connection has it, who hears its signals, and who hears that it came or went."""

    owner: str
    signals: dict[tuple[str, str], Callable[[tuple[Any, ...]], object]]
    changed: Callable[[], object]


class Bus:
    """One connection; made and used on one event loop."""

    def __init__(self, connection: DBusConnection) -> None:
        self._connection = connection
        self._replies: dict[int, tuple[str, asyncio.Future[Message]]] = {}
        self._watched: dict[str, _Watched] = {}
        self._served: dict[str, Served] = {}
        self.closed = asyncio.get_running_loop().create_future()
        """Is done when the bus has ended."""
        self._reading = asyncio.get_running_loop().create_task(self._read())

    @property
    def name(self) -> str:
        """The bus's name of this connection."""
        return str(self._connection.unique_name)

    async def close(self) -> None:
        """End the connection; what was shown stays, what was served is gone."""
        self._reading.cancel()
        with suppress(asyncio.CancelledError):
            await self._reading
        self._connection.writer.close()
        with suppress(OSError):
            await self._connection.writer.wait_closed()

    # -- what others serve --------------------------------------------------------------------------------------------

    async def watch(self, name: str, changed: Callable[[], object]) -> bool:
        """Follow who has a name, from now on; whether anybody does. ``changed`` is called when that changes."""
        self._watched[name] = watched = _Watched("", {}, changed)
        await self._match(f"sender='{_BUS}',member='NameOwnerChanged',arg0='{name}'")
        with suppress(NoAnswer):
            (watched.owner,) = await self._ask_bus("GetNameOwner", "s", name)
        return bool(watched.owner)

    def owner(self, name: str) -> str:
        """The connection that has a watched name now, or empty."""
        return self._watched[name].owner

    async def can_start(self, name: str) -> bool:
        """Whether the bus knows a program that takes this name when it is needed."""
        try:
            (names,) = await self._ask_bus("ListActivatableNames", "")
        except NoAnswer:
            return False
        return name in names

    async def start(self, name: str) -> bool:
        """Have the bus start the program of a watched name, if it knows one; whether there is one now."""
        watched = self._watched[name]
        if not watched.owner:
            with suppress(NoAnswer):
                await self._ask_bus("StartServiceByName", "su", name, 0)
                (watched.owner,) = await self._ask_bus("GetNameOwner", "s", name)
        return bool(watched.owner)

    async def listen(self, service: Service, member: str, hear: Callable[[tuple[Any, ...]], object]) -> None:
        """Hear the signals of a watched name's owner."""
        self._watched[service.name].signals[service.interface, member] = hear
        await self._match(f"sender='{service.name}',interface='{service.interface}',member='{member}'")

    async def call(self, service: Service, member: str, signature: str = "", *arguments: object) -> tuple[Any, ...]:
        """What the owner of a watched name answers. Raises `NoAnswer`."""
        owner = self._watched[service.name].owner
        if not owner:
            raise NoAnswer(f"nobody has {service.name}")
        return await self._call(DBusAddress(service.path, owner, service.interface), member, signature, arguments)

    async def _match(self, rule: str) -> None:
        await self._ask_bus("AddMatch", "s", f"type='signal',{rule}")

    async def _ask_bus(self, member: str, signature: str, *arguments: object) -> tuple[Any, ...]:
        return await self._call(DBusAddress(_BUS_PATH, _BUS, _BUS), member, signature, arguments)

    async def _call(
        self, address: DBusAddress, member: str, signature: str, arguments: tuple[object, ...]
    ) -> tuple[Any, ...]:
        serial = next(self._connection.outgoing_serial)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._replies[serial] = (address.bus_name, answer)
        try:
            async with asyncio.timeout(ANSWERS_S):
                await self._connection.send(to_call(address, member, signature or None, arguments), serial=serial)
                reply = await answer
        except (OSError, TimeoutError):
            raise NoAnswer(f"{member} was not answered") from None
        finally:
            del self._replies[serial]
        if reply.header.message_type is MessageType.error:
            raise NoAnswer(f"{member} was refused")
        return tuple(reply.body)

    # -- what we serve ------------------------------------------------------------------------------------------------

    def serve(self, path: str, served: Served) -> None:
        """Have the calls of an object answered. Every program of the same user can make them."""
        self._served[path] = served

    async def tell(self, path: str, interface: str, member: str, signature: str, *values: object) -> None:
        """Send a signal to all who listen. Raises `NoAnswer`."""
        try:
            async with asyncio.timeout(ANSWERS_S):
                await self._connection.send(to_signal(DBusAddress(path, None, interface), member, signature, values))
        except (OSError, TimeoutError):
            raise NoAnswer(f"{member} was not sent") from None

    # -- what comes ---------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            while True:
                self._take(await self._connection.receive())
                # The caller hears an answer before the signals behind it: one may be about what it was answered.
                await asyncio.sleep(0)
        except NO_BUS:
            pass
        finally:
            for _, answer in self._replies.values():
                if not answer.done():
                    answer.set_exception(NoAnswer("the bus has ended"))
            if not self.closed.done():
                self.closed.set_result(None)

    def _take(self, message: Message) -> None:
        fields = message.header.fields
        sender = str(fields.get(HeaderFields.sender, ""))
        match message.header.message_type:
            case MessageType.method_return | MessageType.error:
                asked, answer = self._replies.get(fields.get(HeaderFields.reply_serial, 0), ("", None))
                if answer is not None and asked == sender and not answer.done():
                    answer.set_result(message)
            case MessageType.signal:
                self._hear(sender, message)
            case MessageType.method_call:
                self._answer(message)
            case _:
                pass

    def _hear(self, sender: str, message: Message) -> None:
        fields = message.header.fields
        interface, member = fields.get(HeaderFields.interface, ""), fields.get(HeaderFields.member, "")
        if sender == _BUS and member == "NameOwnerChanged" and message.body[0] in self._watched:
            watched = self._watched[message.body[0]]
            watched.owner = message.body[2]
            watched.changed()
            return
        for watched in self._watched.values():
            hear = watched.signals.get((interface, member))
            if hear is not None and watched.owner == sender:
                hear(tuple(message.body))

    def _answer(self, message: Message) -> None:
        fields = message.header.fields
        path, interface = str(fields.get(HeaderFields.path, "")), str(fields.get(HeaderFields.interface, ""))
        called = Called(path, interface, str(fields.get(HeaderFields.member, "")), tuple(message.body))
        served = self._served.get(path)
        answer = served(called) if served is not None else None
        if answer is None:
            reply = to_error(message, "org.freedesktop.DBus.Error.UnknownMethod")
        else:
            reply = to_return(message, answer[0] or None, answer[1])
        # Without waiting for the bus to take it: answers are short, and the bus bounds how many wait in it.
        self._connection.writer.write(reply.serialise(next(self._connection.outgoing_serial)))


async def open_bus() -> Bus | None:
    """The session bus of this process's environment; None where there is none."""
    try:
        async with asyncio.timeout(ANSWERS_S):
            return Bus(await open_dbus_connection("SESSION"))
    except (*NO_BUS, TimeoutError):
        return None
