"""Several people, each in a process and at an address of their own, who come to know one another."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import ClassVar, Final

from nullabona.drills.actors.actor import Actor, Person

GREETING: Final = "안녕하세요, 여기로 옮겼어요 (I have moved here)"


class Member(Actor):
    """One of them."""

    PROGRAM: ClassVar[str] = "nullabona.drills.actors.observer"


class Company:
    """People by handle name. They are stopped with ``stack``."""

    def __init__(
        self, folder: Path, stack: AsyncExitStack, people: Mapping[Person, str], kind: type[Actor] = Member
    ) -> None:
        folder.mkdir(exist_ok=True)
        self._kind = kind
        self.phrases: dict[str, str] = {}
        self.members: dict[str, Actor] = {}
        for person, address in people.items():
            self.members[person.handle_name] = member = self.make(person, folder, address)
            stack.push_async_callback(member.stop)

    def make(self, person: Person, folder: Path, address: str) -> Actor:
        """One member; their process begins with `enrol`."""
        return self._kind(person, folder, address)

    def __getitem__(self, name: str) -> Actor:
        return self.members[name]

    def some(self, names: Iterable[str]) -> list[Actor]:
        """Those of these names."""
        return [self.members[name] for name in names]

    async def enrol(self, host: str, relay: str, names: Iterable[str]) -> None:
        """Make accounts at the directory of ``host`` with rooms on ``relay``."""
        called = list(names)
        phrases = await asyncio.gather(*(self.members[name].enrol(host, relay) for name in called))
        self.phrases |= zip(called, phrases, strict=True)

    async def befriend(self, asker: str, asked: str, greeting: str = GREETING) -> None:
        """Make the two contacts, so that they can write to each other."""
        one, other = self.members[asker], self.members[asked]
        await one.do("ask", handle=other.handle, greeting=greeting)
        await other.do("accept", handle=one.handle)
        await one.do("befriended", handle=other.handle)
        await other.do("befriended", handle=one.handle)

    async def group(self, name: str, first: str, *others: str) -> None:
        """A group that everybody has joined."""
        await self[first].do("group", name=name, handles=[self[other].handle for other in others])
        for member in (first, *others):
            await self[member].do("joined", room=name, members=len(others) + 1)

    async def say(self, lines: Sequence[tuple[str, str, str]]) -> None:
        """Lines of who says what where (``@name``: between two)."""
        for name, where, text in lines:
            room = self[where[1:]].handle if where.startswith("@") else where
            await self[name].do("say", room=room, text=text)

    async def settle(self, names: Iterable[str]) -> None:
        """Wait until nothing is under way."""
        await asyncio.gather(*(self[name].do("sync") for name in names))
