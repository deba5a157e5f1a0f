"""A crowd: many accounts, each a whole client with a store of its own, in one process that is told what to do.

``python -m nullabona.drills.loss.crowd FOLDER FIRST COUNT``: people numbered from FIRST on, who are told what to do
line by line (`nullabona.processes.orders`).
"""

from __future__ import annotations

import asyncio
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, TypeAlias

import uvloop

from nullabona.client.api import Client, Unprotected, open_client
from nullabona.client.api.events import MessageReceived, RoomRequested
from nullabona.processes.orders import obey, speak_utf8

_WAIT_S: Final = 300.0
_AT_ONCE: Final = 100
"""Accounts that are made together: they wait for the same period of the directory."""
_AWAY: Final = 10
"""One of so many is away when the machine is taken."""
_FILES: Final = 16
"""Open files that one account needs at most."""

Line: TypeAlias = tuple[str, str, str, float]
"""Room, account, text, and when it was said."""


class Person:
    """One account and what it was shown."""

    client: Client
    account: str

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.said: list[tuple[str, str, float]] = []
        """Room and text of every line, and when it was said."""
        self.shown: dict[tuple[str, str, str], float] = {}
        """When it was first told of each line of somebody else: room, account and text."""
        self.news = asyncio.Event()
        self._folder = folder
        self._titles: dict[bytes, str] = {}
        self._open = AsyncExitStack()

    async def create(self, handle: str, relay: str) -> None:
        """Make the account, and be there."""
        await self._come(create=True)
        await self.client.account.create(handle, relay=relay)
        await self.client.account.wait_published(timeout_s=_WAIT_S)
        self.account = self.client.me.account.hex()

    async def leave(self) -> None:
        """Be away: the client ends."""
        await self._open.aclose()

    async def come_back(self) -> None:
        """Be there again."""
        await self._come(create=False)

    async def _come(self, *, create: bool) -> None:
        opened = open_client(self._folder, unlock=Unprotected(), create=create)
        self.client = await self._open.enter_async_context(opened)
        listener = asyncio.create_task(self._listen())
        self._open.push_async_callback(_ended, listener)

    async def until(self, true: Callable[[], bool]) -> None:
        """Until something is so."""
        async with asyncio.timeout(_WAIT_S):
            while not true():
                self.news.clear()
                await self.news.wait()

    def room(self, title: str) -> bool:
        """Whether this account is in a room."""
        return any(room.title == title for room in self.client.rooms.all())

    def _title(self, room: bytes) -> str:
        if room not in self._titles:
            self._titles[room] = self.client.rooms.get(room).title
        return self._titles[room]

    async def _listen(self) -> None:
        async for event in self.client.events():
            if isinstance(event, MessageReceived):
                self.shown.setdefault((self._title(event.room), event.account.hex(), event.text), time.monotonic())
            elif isinstance(event, RoomRequested):
                await self.client.rooms.accept(event.room)
            self.news.set()


class Crowd:
    """What the crowd can be told to do."""

    def __init__(self, folder: Path, first: int, count: int, stack: AsyncExitStack) -> None:
        self._folder, self._stack = folder, stack
        self._numbers = range(first, first + count)
        self._people: dict[int, Person] = {}
        self._away: set[int] = set()
        self._word = asyncio.Lock()
        """Held by the account that says a line, so that nobody leaves in the middle of one."""
        self._dice = random.Random(first)  # noqa: S311 - who speaks, no secret
        self._speaking: asyncio.Task[None] | None = None
        self._due: dict[int, set[tuple[str, str, str]]] = {}

    async def create(self, relay: str, host: str) -> list[str]:
        """Make the accounts; their ids."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def make(number: int) -> None:
            async with gate:
                person = Person(self._folder / f"p{number}", name_of(number))
                self._stack.push_async_callback(person.leave)
                await person.create(f"{person.name}@{host}", relay)
                self._people[number] = person

        await asyncio.gather(*(make(number) for number in self._numbers))
        return [self._people[number].account for number in self._numbers]

    async def open_rooms(self, rooms: dict[str, list[int]], host: str) -> None:
        """Open the rooms whose first member is ours, with everybody in them."""
        for title, (first, *others) in rooms.items():
            if first in self._people:
                client = self._people[first].client
                room = await client.rooms.create_group(title, [f"{name_of(other)}@{host}" for other in others])
                await client.rooms.wait_changed(room.id, timeout_s=_WAIT_S)

    async def joined(self, rooms: dict[str, list[int]]) -> None:
        """Until all of ours are in all of their rooms."""
        for title, members in rooms.items():
            for number in members:
                if person := self._people.get(number):
                    await person.until(lambda person=person, title=title: person.room(title))  # type: ignore[misc]

    async def talk(self, rooms: dict[str, list[int]], rate: float) -> None:
        """Begin to say ``rate`` lines a second, and go on until told to be quiet."""
        ours = [(title, number) for title, members in rooms.items() for number in members if number in self._people]
        self._speaking = asyncio.create_task(self._talk(ours, rate))

    async def leave(self, rooms: dict[str, list[int]]) -> int:
        """Every tenth of ours, one at least, is away from now on; nobody who opened a room. How many are."""
        others = sorted(self._people.keys() - {first for first, *_ in rooms.values()})
        async with self._word:
            self._away = set(self._dice.sample(others, min(len(others), max(1, len(self._people) // _AWAY))))
        await asyncio.gather(*(self._people[number].leave() for number in self._away))
        return len(self._away)

    async def come_back(self) -> None:
        """Who was away is there again."""
        await asyncio.gather(*(self._people[number].come_back() for number in self._away))
        self._away.clear()

    async def move(self, rooms: dict[str, list[int]], relay: str) -> int:
        """Those of ours who opened rooms go to another relay and take them along; how many did."""
        openers = {first for first, *_ in rooms.values()} & self._people.keys()
        await asyncio.gather(*(self._people[number].client.account.move_relay(relay) for number in openers))
        return len(openers)

    async def quiet(self) -> None:
        """Say nothing more."""
        assert self._speaking is not None
        self._speaking.cancel()
        await asyncio.gather(self._speaking, return_exceptions=True)

    async def said(self) -> list[Line]:
        """Everything that ours have said so far."""
        return [(title, one.account, text, at) for one in self._people.values() for title, text, at in one.said]

    async def expect(self, rooms: dict[str, list[int]], said: list[Line]) -> None:
        """From now on `lacking` and `waiting` count these lines."""
        self._due = {number: set() for number in self._people}
        for number, (title, account, text, _) in self._deliveries(rooms, said):
            self._due[number].add((title, account, text))

    async def lacking(self) -> int:
        """How many of the lines that are expected were not shown yet, over all of ours."""
        return self._lacks(self._due)

    async def waiting(self) -> int:
        """How many of them wait for those of ours who are away."""
        return self._lacks(self._away)

    async def slowest(self, rooms: dict[str, list[int]], said: list[Line], since: float) -> float:
        """The longest that one of these lines took to one of ours, counted from ``since`` if it was said before.

        Lines that were never shown are not counted. Moments are those of `time.monotonic`, which all processes share.
        """
        slowest = 0.0
        for number, (title, account, text, at) in self._deliveries(rooms, said):
            shown = self._people[number].shown.get((title, account, text), since)
            slowest = max(slowest, shown - max(at, since))
        return slowest

    async def check(self, rooms: dict[str, list[int]], said: list[Line]) -> dict[str, int]:
        """Compare the histories with what was said: lines missing, lines that are there twice, lines nobody said."""
        found = {"missing": 0, "twice": 0, "forged": 0}
        lines: dict[str, Counter[tuple[str, str]]] = {title: Counter() for title in rooms}
        for title, account, text, _ in said:
            lines[title][account, text] += 1
        for title, members in rooms.items():
            for person in (self._people[number] for number in members if number in self._people):
                history = person.client.messages.page(title, limit=10_000)
                has = Counter((one.account.hex(), one.text) for one in history if one.kind == "text")
                found["missing"] += (lines[title] - has).total()
                found["twice"] += sum(count - 1 for line, count in has.items() if count > 1)
                found["forged"] += sum(line not in lines[title] for line in has)
        return found

    async def memory(self) -> int:
        """The most memory this process ever had, in KiB."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def _deliveries(self, rooms: dict[str, list[int]], said: list[Line]) -> Iterator[tuple[int, Line]]:
        """Each of ours with each line that somebody else said in a room of theirs."""
        for line in said:
            for number in rooms[line[0]]:
                person = self._people.get(number)
                if person is not None and person.account != line[1]:
                    yield number, line

    def _lacks(self, numbers: Collection[int]) -> int:
        for number in numbers:
            self._due[number].difference_update(self._people[number].shown)
        return sum(len(self._due[number]) for number in numbers)

    async def _talk(self, ours: list[tuple[str, int]], rate: float) -> None:
        loop = asyncio.get_running_loop()
        due, number = loop.time(), 0
        while True:
            due += self._dice.expovariate(rate)
            await asyncio.sleep(max(0.0, due - loop.time()))
            async with self._word:
                title, who = self._dice.choice([place for place in ours if place[1] not in self._away])
                person, number = self._people[who], number + 1
                text, at = f"{who}의 {number}번째 이야기, line {number}", time.monotonic()
                await person.client.messages.send(title, text)
                person.said.append((title, text, at))


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def name_of(number: int) -> str:
    """What number ``number`` is called, in letters of which no two look like others: such names are not registered."""
    letters = "abdefghkpt"
    return "crowd-" + "".join(letters[int(digit)] for digit in str(number))


async def _serve(folder: Path, first: int, count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, count * _FILES + 256)), hard))
    async with AsyncExitStack() as stack:
        crowd = Crowd(folder, first, count, stack)
        await obey(crowd, {"ready": count})


def main() -> None:
    """Run one crowd."""
    speak_utf8()
    folder, first, count = sys.argv[1:]
    uvloop.run(_serve(Path(folder), int(first), int(count)))


if __name__ == "__main__":
    main()
