"""Death between any two writes of a move: of who orders it, of who follows, of who comes late."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache

import pytest

from nullabona.client.core import commands
from nullabona.client.core.devices import own
from nullabona.client.core.step import Step
from tests.rooms.audit import audit_rest
from tests.rooms.faults import FailingStore, MortalWorld, make_mortal, watched_ratchets
from tests.rooms.hostile import people
from tests.rooms.moves import TWO, burn, card_at, homes, move_in
from tests.rooms.world import Person

MINUTE = 60_000
HOUR = 60 * MINUTE


@dataclass
class Story:
    """Three people whose relay dies with a commit and messages under way; the third comes an hour later."""

    mortal: int
    world: MortalWorld = field(default_factory=lambda: MortalWorld(91))
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.people = people(self.world, 3)
        self.a, self.b, self.c = self.people
        self.room = self.world.group(self.a, self.b, self.c)
        self.store = make_mortal(self.people[self.mortal])

    def tell(self) -> None:
        """From the death of the relay to the end."""
        self._say(self.a, "before")
        self.world.settle(span=MINUTE)
        self.c.online = False
        for person in self.people:
            self._say(person, f"{person.name} under way")
        self._until_done(self.b, lambda step: commands.update_keys(step, self.room))
        burn(self.world)
        for person in (self.b, self.a):
            self._move(person)
            self._say(person, f"{person.name} at two")
        self.world.settle(span=HOUR)
        self.c.online = True
        self._move(self.c)
        self.world.settle(span=2 * HOUR)

    def _say(self, person: Person, text: str) -> None:
        def send(step: Step) -> None:
            commands.send_text(step, self.room, text)

        while not self.world.do(person, self.room, command=send):
            if text in person.texts(self.room):
                break
        self.said.append(text)

    def _until_done(self, person: Person, command: object) -> None:
        while not self.world.do(person, self.room, command=command):  # type: ignore[arg-type]
            pass

    def _move(self, person: Person) -> None:
        """A person whose device died over it looks whether it happened."""
        left = person.engine.me.relay
        while person.engine.me.relay != TWO:
            card = card_at(self.world, person, TWO)
            self.world.do(person, command=lambda step, card=card: move_in(step, card, left))  # type: ignore[misc]
        person.me = person.engine.me
        with person.store.transaction():
            taken = own.card(person.store)
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
    """The story without a death: how many writes and commits there are to die at."""
    story = Story(mortal)
    story.tell()
    story.check()
    assert story.world.deaths == 0
    return story.store


def die(
    patch: pytest.MonkeyPatch,
    mortal: int,
    *,
    write: int | None = None,
    commit: int | None = None,
    late: bool = False,
    restarts: bool = True,
) -> None:
    """The story with one death: everything holds at the end, and no ratchet position was used twice."""
    with watched_ratchets(patch) as reused:
        story = Story(mortal)
        story.world.restarts = restarts
        story.store.die_at_write, story.store.die_at_commit, story.store.late = write, commit, late
        story.tell()
        story.check()
    assert [] == reused
    assert story.world.deaths == 1


def places(total: int, chunk: int, chunks: int) -> range:
    return range(1 + chunk, total + 1, chunks)


@pytest.mark.parametrize("mortal", range(3))
@pytest.mark.parametrize("late", [False, True], ids=["did-not-happen", "did-happen"])
def test_death_in_some_commits(monkeypatch: pytest.MonkeyPatch, mortal: int, *, late: bool) -> None:
    """A few commits of each device; the slow tests take every one."""
    total = measure(mortal).commits
    for commit in places(total, 3, max(1, total // 2)):
        die(monkeypatch, mortal, commit=commit, late=late)


@pytest.mark.parametrize("mortal", range(3))
@pytest.mark.parametrize("restarts", [False, True], ids=["goes-on", "starts-again"])
def test_failure_at_some_writes(monkeypatch: pytest.MonkeyPatch, mortal: int, *, restarts: bool) -> None:
    """A few writes of each device, whether the process ends over it or goes on; the slow tests take every one."""
    total = measure(mortal).writes
    for write in places(total, 7 + restarts, max(1, total // 2)):
        die(monkeypatch, mortal, write=write, restarts=restarts)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mortal", range(3))
@pytest.mark.parametrize("chunk", range(6))
def test_failure_at_every_write(monkeypatch: pytest.MonkeyPatch, mortal: int, chunk: int) -> None:
    """Every single write of the device, in six parts; every second time the process goes on with what it has."""
    for write in places(measure(mortal).writes, chunk, 6):
        die(monkeypatch, mortal, write=write, restarts=write // 6 % 2 == 0)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mortal", range(3))
@pytest.mark.parametrize("late", [False, True], ids=["did-not-happen", "did-happen"])
@pytest.mark.parametrize("chunk", range(4))
def test_death_in_every_commit(monkeypatch: pytest.MonkeyPatch, mortal: int, chunk: int, *, late: bool) -> None:
    """Every single transaction of the device, in four parts: it failed and did not happen, or failed and did."""
    for commit in places(measure(mortal).commits, chunk, 4):
        die(monkeypatch, mortal, commit=commit, late=late)
