"""Death between any two writes of a move: of who orders it, of who follows, of who comes late."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from nullabona.client.core import commands
from nullabona.client.core.account import own_devices
from tests.rooms.audit import audit_rest
from tests.rooms.faults import FailingStore, MortalWorld
from tests.rooms.mortal import MortalStory, die, places, survived
from tests.rooms.moves import TWO, burn, card_at, homes, move_in
from tests.rooms.world import Person

MINUTE = 60_000
HOUR = 60 * MINUTE


class Story(MortalStory):
    """Three people whose relay dies with a commit and messages under way; the third comes an hour later."""

    def __init__(self, mortal: int) -> None:
        super().__init__(MortalWorld(91), 3)
        self.a, self.b, self.c = self.people
        self.room = self.world.group(self.a, self.b, self.c)
        self.make_mortal(mortal)

    def tell(self) -> None:
        """From the death of the relay to the end."""
        self.say(self.a, "before")
        self.world.settle(span=MINUTE)
        self.c.online = False
        for person in self.people:
            self.say(person, f"{person.name} under way")
        self.until_done(self.b, lambda step: commands.update_keys(step, self.room))
        burn(self.world)
        for person in (self.b, self.a):
            self._move(person)
            self.say(person, f"{person.name} at two")
        self.world.settle(span=HOUR)
        self.c.online = True
        self._move(self.c)
        self.world.settle(span=2 * HOUR)

    def _move(self, person: Person) -> None:
        """A person whose device died over it looks whether it happened."""
        left = person.engine.local.relay
        while person.engine.local.relay != TWO:
            card = card_at(self.world, person, TWO)
            self.world.do(person, command=lambda step, card=card: move_in(step, card, left))  # type: ignore[misc]
        person.me = person.engine.local
        with person.store.transaction():
            taken = own_devices.card(person.store)
        assert taken is not None
        self.world.cards[person.me.handle] = taken

    def check(self) -> None:
        """Everybody is at the same place and has everything once."""
        assert {TWO} == homes(self.world, self.room)
        assert 1 == len({person.where(self.room) for person in self.people})
        for person in self.people:
            assert Counter(self.said) == Counter(person.texts(self.room)), person.name
            told = [data["relay"] for kind, _, data in person.events() if kind == "room-moved"]
            assert [TWO] == told
            assert (TWO, 1) == (person.info(self.room).relay, person.info(self.room).moves)
        audit_rest(self.world, self.room)


@cache
def measure(mortal: int) -> FailingStore:
    return survived(Story(mortal))


@pytest.mark.parametrize("mortal", range(3))
@pytest.mark.parametrize("late", [False, True], ids=["did-not-happen", "did-happen"])
def test_death_in_some_commits(monkeypatch: pytest.MonkeyPatch, mortal: int, *, late: bool) -> None:
    """A few commits of each device; the slow tests take every one."""
    total = measure(mortal).commits
    for commit in places(total, 3, max(1, total // 2)):
        assert die(monkeypatch, lambda: Story(mortal), commit=commit, late=late) == 1


@pytest.mark.parametrize("mortal", range(3))
@pytest.mark.parametrize("restarts", [False, True], ids=["goes-on", "starts-again"])
def test_failure_at_some_writes(monkeypatch: pytest.MonkeyPatch, mortal: int, *, restarts: bool) -> None:
    """A few writes of each device, whether the process ends over it or goes on; the slow tests take every one."""
    total = measure(mortal).writes
    for write in places(total, 7 + restarts, max(1, total // 2)):
        assert die(monkeypatch, lambda: Story(mortal), write=write, restarts=restarts) == 1


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mortal", range(3))
@pytest.mark.parametrize("chunk", range(6))
def test_failure_at_every_write(monkeypatch: pytest.MonkeyPatch, mortal: int, chunk: int) -> None:
    """Every single write of the device, in six parts; every second time the process goes on with what it has."""
    for write in places(measure(mortal).writes, chunk, 6):
        assert die(monkeypatch, lambda: Story(mortal), write=write, restarts=write // 6 % 2 == 0) == 1


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mortal", range(3))
@pytest.mark.parametrize("late", [False, True], ids=["did-not-happen", "did-happen"])
@pytest.mark.parametrize("chunk", range(4))
def test_death_in_every_commit(monkeypatch: pytest.MonkeyPatch, mortal: int, chunk: int, *, late: bool) -> None:
    """Every single transaction of the device, in four parts: it failed and did not happen, or failed and did."""
    for commit in places(measure(mortal).commits, chunk, 4):
        assert die(monkeypatch, lambda: Story(mortal), commit=commit, late=late) == 1
