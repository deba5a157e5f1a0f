"""A crowd of whole clients in one process: MLS, encrypted store, reconnecting. It writes down what is said and shown.

``python -m bench.soak.crowd FOLDER SEED``: is told what to do line by line (`nullabona.processes.orders`). What is
said and shown goes to ``FOLDER/heard.log`` unbuffered, a line each, so that a process that is killed has still said it:

    intend DEVICE ROOM NUMBER AT     about to be said: it may be in the device's store or not
    say    DEVICE ROOM NUMBER AT     `Client.messages.send` has returned
    hear   DEVICE ROOM NUMBER AT SPEAKER EVENT
"""

from __future__ import annotations

import asyncio
import os
import random
import resource
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Final

from bench.soak.histories import Told, told
from bench.soak.ledger import Line
from nullabona.client.api import Client, Unprotected, open_client
from nullabona.client.api.errors import TimedOut
from nullabona.client.api.events import MessageReceived, RoomRequested
from nullabona.drills.actors.observer import restless
from nullabona.drills.actors.person import Unmet
from nullabona.errors import NullabonaError
from nullabona.processes.orders import obey, speak_utf8

WAIT_S: Final = 120.0
_AT_ONCE: Final = 4
_FILES: Final = 4_096
_LOOK_S: Final = 0.1
_FILLING: Final = "오늘 저녁에 만날까요? See you at the usual place. "


def text_of(line: Line, at: float, length: int) -> str:
    """What is said: who, where, which and when, so that anyone who hears it knows all of it; and so much beside."""
    head = f"{line.speaker} {line.room} {line.number} {at:.6f} "
    return (head + _FILLING * (length // len(_FILLING) + 1))[: len(head) + length]


def line_of(text: str) -> tuple[Line, float]:
    """What `text_of` was given."""
    speaker, room, number, at, _ = text.split(" ", 4)
    return Line(speaker, room, int(number)), float(at)


class Device:
    """One device of an account."""

    def __init__(self, name: str, client: Client, notes: Notes) -> None:
        self.name = name
        self.client = client
        self._notes = notes
        self._next: dict[str, int] = {}
        self._listener: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """Write down what comes from now on, and what came since it was last written down. There is an account."""
        self._listener = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        """Listen no more."""
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)

    def check(self) -> None:
        """Raises what ended the listening, if something did."""
        if self._listener is not None and self._listener.done():
            self._listener.result()

    async def say(self, room: str, length: int) -> None:
        """Say the next line in a room."""
        number = self._next.get(room) or self._said_already(room) + 1
        line, at = Line(self.name, room, number), time.monotonic()
        self._notes.write("intend", line, at)
        await self.client.messages.send(room, text_of(line, at, length))
        self._notes.write("say", line, at)
        self._next[room] = number + 1

    def lines(self, room: str) -> list[tuple[Line, float]]:
        """Everything in the room's history that people said, oldest first."""
        found: list[tuple[Line, float]] = []
        after = -1
        while page := self.client.messages.page(room, after=after, limit=500):
            found.extend(line_of(message.text) for message in page if message.kind == "text")
            after = page[-1].position
        return found

    def _said_already(self, room: str) -> int:
        return max((line.number for line, _ in self.lines(room) if line.speaker == self.name), default=0)

    async def _listen(self) -> None:
        async for event in self.client.events():
            if isinstance(event, MessageReceived) and event.shows == "text":
                line, _ = line_of(event.text)
                self._notes.write("hear", Line(self.name, line.room, line.number), time.monotonic(),
                                  line.speaker, str(event.id))  # fmt: skip
            elif isinstance(event, RoomRequested):
                with suppress(NullabonaError):
                    await self.client.rooms.accept(event.room)


class Notes:
    """The file that the director reads."""

    def __init__(self, path: Path) -> None:
        self._out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, what: str, line: Line, at: float, *more: str) -> None:
        """One entry, whole or not at all."""
        os.write(
            self._out, " ".join((what, line.speaker, line.room, str(line.number), f"{at:.6f}", *more, "\n")).encode()
        )


class Crowd:
    """What the crowd can be told to do. Devices are named ``anna`` or ``anna.2``; rooms have names without spaces."""

    def __init__(self, folder: Path, seed: str) -> None:
        self._folder = folder
        self._notes = Notes(folder / "heard.log")
        self._devices: dict[str, Device] = {}
        self._closers: dict[str, AsyncExitStack] = {}
        self._dice = random.Random(seed)
        self._quiet = asyncio.Event()
        self._talking: asyncio.Task[None] | None = None
        self._options = restless()

    async def create(self, names: list[str], relay: str, host: str) -> None:
        """Make accounts."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def make(name: str) -> None:
            async with gate:
                device = await self._open(name)
                await device.client.account.create(f"{name}@{host}", relay=relay)
                await device.client.account.wait_published(timeout_s=WAIT_S)
                device.listen()

        await asyncio.gather(*(make(name) for name in names))

    async def published(self) -> None:
        """Until the directory has every account's card (again)."""
        for name, device in self._devices.items():
            handle = device.client.me.handle
            async with asyncio.timeout(WAIT_S):
                while not await self._is_found(name, handle):  # noqa: ASYNC110 - it is the directory that changes
                    await asyncio.sleep(_LOOK_S)

    async def reopen(self, names: list[str]) -> None:
        """Open devices that were made before."""
        for name in names:
            (await self._open(name)).listen()

    async def found(self, room: str, founder: str, others: list[str]) -> None:
        """Open a room and invite others, by handle."""
        client = self._devices[founder].client
        async with asyncio.timeout(WAIT_S):
            while True:
                # On a machine that does much else the directory may answer too late; then nothing was done.
                with suppress(TimedOut):
                    made = await client.rooms.create_group(room, others)
                    break
        await client.rooms.wait_changed(made.id, timeout_s=WAIT_S)

    async def settled(self, room: str, names: list[str], devices: int) -> None:
        """Until these devices are in the room and see so many in it."""
        for name in names:
            await self._until(lambda name=name: self._seen(name, room) == devices,  # type: ignore[misc]
                              f"{name} does not see {devices} devices in {room}")  # fmt: skip

    async def leave(self, room: str, names: list[str]) -> None:
        """These accounts leave a room; returns when they are out."""
        for name in names:
            await self._devices[name].client.rooms.leave(room)
        for name in names:
            await self._until(lambda name=name: self._seen(name, room) == 0,  # type: ignore[misc]
                              f"{name} is not out of {room}")  # fmt: skip

    async def link(self, name: str, new: str) -> None:
        """A further device for an account."""
        old = self._devices[name].client
        fresh = await self._open(new)
        async with old.devices.link() as link:
            joining = asyncio.create_task(fresh.client.devices.join(link.code.text, handle=old.me.handle, name=new))
            await link.candidate()
            await link.accept()
            await joining
        fresh.listen()
        await fresh.client.devices.wait_linked(timeout_s=WAIT_S)

    async def unlink(self, name: str, gone: str) -> None:
        """Revoke a device and close it."""
        device = self._devices.pop(gone)
        await self._devices[name].client.devices.remove(device.client.me.device)
        await device.stop()
        await self._closers.pop(gone).aclose()

    async def talk(self, places: list[list[str]], rate: float, length: int) -> None:
        """Say ``rate`` lines a second from now on, each by one of these pairs of device and room; none: be quiet.

        Nothing of what was asked before is half said when this returns.
        """
        if self._talking is not None:
            self._quiet.set()
            await self._talking
        self._talking = None
        if rate and places:
            self._quiet.clear()
            self._talking = asyncio.create_task(self._talk(places, rate, length))

    async def check(self) -> None:
        """Raises what ended the talking or a listener, if something did."""
        if self._talking is not None and self._talking.done():
            self._talking.result()
        for device in self._devices.values():
            device.check()

    async def settle_intents(self, intents: list[list[str | int | float]]) -> list[bool]:
        """Of lines that were intended when the process was killed: which are in their speaker's store."""
        found = []
        for name, room, number, _ in intents:
            lines = self._devices[str(name)].lines(str(room))
            found.append(any(line.speaker == name and line.number == number for line, _ in lines))
        return found

    async def histories(self, rooms: dict[str, list[str]]) -> list[tuple[str, str, Told]]:
        """What is in the histories of those of these rooms' devices that are ours: device, room, lines."""
        return [
            (name, room, told(line for line, _ in self._devices[name].lines(room)))
            for room, names in rooms.items()
            for name in sorted(self._devices.keys() & names)
        ]

    async def close(self) -> None:
        """Close every device."""
        for name, device in self._devices.items():
            await device.stop()
            await self._closers[name].aclose()

    async def _open(self, name: str) -> Device:
        closer = self._closers[name] = AsyncExitStack()
        opened = open_client(self._folder / name, unlock=Unprotected(), create=True, options=self._options)
        device = self._devices[name] = Device(name, await closer.enter_async_context(opened), self._notes)
        return device

    async def _talk(self, places: list[list[str]], rate: float, length: int) -> None:
        due = time.monotonic()
        while True:
            due = max(due, time.monotonic() - 1.0) + self._dice.expovariate(rate)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, due - time.monotonic())):
                    await self._quiet.wait()
            if self._quiet.is_set():
                return
            name, room = self._dice.choice(places)
            await self._devices[name].say(room, self._dice.randrange(length))

    async def _is_found(self, name: str, handle: str) -> bool:
        try:
            await self._devices[name].client.contacts.look_up(handle)
        except NullabonaError:
            return False
        return True

    def _seen(self, name: str, room: str) -> int:
        """How many devices are in a room, as this one sees it; 0 if it is not in it itself."""
        client = self._devices[name].client
        found = [one for one in client.rooms.all() if one.title == room and one.phase == "joined"]
        return client.rooms.details(found[0].id).devices if found else 0

    async def _until(self, true: Callable[[], bool], otherwise: str) -> None:
        try:
            async with asyncio.timeout(WAIT_S):
                while not true():  # noqa: ASYNC110 - what is waited for has no event
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            raise Unmet(otherwise) from None


async def _serve(folder: Path, seed: str) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, _FILES)), hard))
    crowd = Crowd(folder, seed)
    try:
        await obey(crowd, {"ready": True})
    finally:
        await crowd.close()


def main() -> None:
    """Run one crowd."""
    speak_utf8()
    asyncio.run(_serve(Path(sys.argv[1]), sys.argv[2]))


if __name__ == "__main__":
    main()
