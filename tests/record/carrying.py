"""People with real cards, one real directory in memory, and proofs that they carry to one another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from nullabona.client.core.account import own_devices
from nullabona.client.core.directory import own_answer
from nullabona.client.core.directory.keeping import note_own_card
from nullabona.client.core.identity import claims
from nullabona.client.core.step import Timing
from nullabona.client.runner.fetches import Fetches
from nullabona.wire.carried import encode_carried
from nullabona.wire.messages import CardFound, DescribeLog, LogFile, LookupCard, WatchHandle
from tests.record.devices import Device
from tests.record.directories import PERIOD_S, Directory
from tests.rooms.test_claims import take
from tests.rooms.test_people import next_card
from tests.rooms.world import START, Person, World

T = TypeVar("T")
DAY_S = 86_400


class Town:
    """A world whose people have their cards in one directory; ``mina`` is asked, ``jun`` asks."""

    def __init__(self, seed: int = 1) -> None:
        self.world = World(seed, timing=Timing(claim=30_000, card=1_000))
        self.directory = Directory(START // 1_000, START // 86_400_000)
        self.mina, self.jun = self.world.person("mina"), self.world.person("jun")
        self.device = Device(self.directory, self.mina)

    async def publish(self, *people: Person) -> None:
        """Their newest cards are in the record one period later."""
        for person in people:
            await self.directory.publish(person.card.encoded)
        await self.advance()

    def renew(self, person: Person) -> None:
        """Somebody makes their next card."""
        person.card = next_card(person)
        with person.store.transaction():
            own_devices.note_card(person.store, person.card.encoded)

    async def advance(self, periods: int = 1) -> None:
        """Time passes, and an epoch is closed in each period."""
        for _ in range(periods):
            await self.directory.advance()
        self.world.now = self.directory.now * 1_000

    async def sleep(self, seconds: int) -> None:
        """Time passes for everybody but the directory's epochs, and one is closed at the end."""
        self.directory.now += seconds - PERIOD_S
        await self.advance()

    async def watch(self, person: Person | None = None) -> Device:
        """A device of this person looks at its handle, as once or twice a day, and reads the lists."""
        device = self.device if person is None else Device(self.directory, person)
        with device.store.transaction():
            note_own_card(device.store, device.person.card.hash)
        await device.directories.begin("relay.example")
        await device.own_key_monitor._watch_through(device.person.card.handle, whole=True)
        await device.own_key_monitor._watch_through(device.person.card.handle)
        return device

    async def proof_of(self, person: Person) -> bytes:
        """As anybody can have it from the directory."""
        found = await self.found(person)
        return encode_carried(found.proof)

    async def found(self, person: Person) -> CardFound:
        return await self.directory.look_up(person.card.handle.name)

    def kept(self, person: Person) -> bytes:
        """The proof that a person's device would carry now."""
        with person.store.transaction():
            return own_answer.to_carry(person.store, person.card.encoded, self.world.now // 1_000)

    def read(self) -> None:
        """Mina's device reads what came; nothing is looked up meanwhile."""
        take(self.world, self.mina)

    def standing(self, person: Person) -> str:
        """How the claim of this person stands on Mina's device."""
        with self.mina.engine.step(self.world.now) as step:
            return claims.standing(step, person.account)

    async def fetch(self, person: Person) -> list[str]:
        """Mina's device does now what it would do when the look-up of this person is due; what it asks."""
        before = len(self.device.asked)
        await Fetches(cast(Any, self.device), self.device.directories).fetch_card(str(person.card.handle))
        return [named(each) for each in self.device.asked[before:]]


def named(asked: object) -> str:
    """A question in short: whether it names a handle is what matters."""
    match asked:
        case LookupCard(name=name) | WatchHandle(name=name):
            return name
        case LogFile(path=path):
            return path
        case DescribeLog():
            return "log"
        case _:
            return type(asked).__name__


def play(story: Callable[[Town], Awaitable[T]], seed: int = 1) -> T:
    """The story, in a town whose directory has closed its first epoch."""

    async def whole() -> T:
        town = Town(seed)
        try:
            await town.directory.service.advance()
            return await story(town)
        finally:
            await town.directory.service.close()

    return asyncio.run(whole())
