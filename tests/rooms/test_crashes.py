"""Death between any two writes: nothing is lost or doubled, no ratchet position is used twice, no room is stuck.

Every step is one transaction, so a device may die at any write in it, or in the commit: before it happened or after.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from nullabona.client.core import commands
from nullabona.client.core.step import Step
from nullabona.client.mls import Mls
from tests.rooms.audit import audit_rest
from tests.rooms.faults import FailingStore, MortalWorld, watched_ratchets
from tests.rooms.hostile import kinds, people
from tests.rooms.mortal import MortalStory, die, places, survived
from tests.rooms.world import Person

HOUR = 3_600_000


class Story(MortalStory):
    """Sending, receiving, committing, merging, losing a race, joining and rejoining, with one device that dies."""

    def __init__(self, mortal: int) -> None:
        super().__init__(MortalWorld(77), 4)
        self.a, self.b, self.c, self.d = self.people
        self.make_mortal(mortal)
        for person in (self.b, self.c, self.d):
            self.world.befriend(self.a, person)

    def tell(self) -> None:
        """From an empty profile to the end."""
        self._found()
        self.world.settle(span=60_000)
        for number in range(2):
            for person in self.people[:3]:
                self.say(person, f"{person.name} {number}")
        self._race()
        self.world.settle(span=60_000)
        self._fall_out()
        self.world.settle(span=3 * HOUR, most=2_000)

    def _found(self) -> None:
        def create(step: Step) -> None:
            if not step.store.rooms():
                commands.create_group(step, "family")

        self.until_done(self.a, create)
        (self.room,) = self.a.engine.rooms()
        self._invite(self.b)
        self._invite(self.c)

    def _invite(self, person: Person) -> None:
        self.until_done(self.a, lambda step: commands.add_account(step, self.room, person.card))

    def _race(self) -> None:
        """Everybody commits at once, and d is added."""
        self._invite(self.d)
        for person in self.people[:3]:
            self.until_done(person, lambda step: commands.update_keys(step, self.room))
            self.say(person, f"{person.name} in the race")
        for person in self.people[:3]:
            for item in self.world.queues(person):
                self.world.post(person, item, lose_answer=True)

    def _fall_out(self) -> None:
        """The relay shows two histories, in which others win, then loses everything: some must rejoin."""
        lie = self.world.relay.copy()
        self.b.relay = lie
        for person in (self.a, self.b):
            self.until_done(person, lambda step: commands.update_keys(step, self.room))
            self.say(person, f"{person.name} apart")
        self.world.settle(span=60_000)
        self.b.relay = None
        self.world.relay.wipe()
        self.say(self.c, "together again")

    def check(self) -> None:
        """Everybody is in the same place and has everything once."""
        everywhere = {(p.phase(self.room), p.where(self.room)) for p in self.people}
        assert len(everywhere) == 1, everywhere
        first = set(self.said[:6])
        for person in self.people:
            late = person is self.d
            texts = Counter(person.texts(self.room))
            expected = Counter(text for text in self.said if not late or text not in first)
            shown = [data["message"] for kind, _, data in person.events() if kind == "message"]
            assert len(shown) == len(set(shown))
            assert set(expected) - {t for t in expected if late and "race" in t} <= set(texts)
            assert set(texts.values()) == {1}
            assert kinds(person, self.room, "joined") == ["joined"]
        audit_rest(self.world, self.room)


@cache
def measure(mortal: int) -> FailingStore:
    return survived(Story(mortal))


@pytest.mark.parametrize("mortal", range(4))
def test_the_story_without_a_death(mortal: int) -> None:
    """It has the rejoin in it, and enough writes to be worth dying at."""
    store = measure(mortal)
    assert store.writes > 100
    assert store.commits > 20


@pytest.mark.parametrize("mortal", range(4))
@pytest.mark.parametrize("late", [False, True], ids=["did-not-happen", "did-happen"])
def test_death_in_some_commits(monkeypatch: pytest.MonkeyPatch, mortal: int, *, late: bool) -> None:
    """A few commits of each device; the slow tests take every one."""
    total = measure(mortal).commits
    for commit in places(total, 7, max(1, total // 2)):
        assert die(monkeypatch, lambda: Story(mortal), commit=commit, late=late) <= 1


@pytest.mark.parametrize("mortal", range(4))
@pytest.mark.parametrize("restarts", [False, True], ids=["goes-on", "starts-again"])
def test_failure_at_some_writes(monkeypatch: pytest.MonkeyPatch, mortal: int, *, restarts: bool) -> None:
    """A few writes of each device, whether the process ends over it or goes on; the slow tests take every one."""
    total = measure(mortal).writes
    for write in places(total, 11 + restarts, max(1, total // 2)):
        assert die(monkeypatch, lambda: Story(mortal), write=write, restarts=restarts) <= 1


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mortal", range(4))
@pytest.mark.parametrize("chunk", range(6))
def test_failure_at_every_write(monkeypatch: pytest.MonkeyPatch, mortal: int, chunk: int) -> None:
    """Every single write of the device, in six parts; every second time the process goes on with what it has."""
    for write in places(measure(mortal).writes, chunk, 6):
        assert die(monkeypatch, lambda: Story(mortal), write=write, restarts=write // 6 % 2 == 0) <= 1


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mortal", range(4))
@pytest.mark.parametrize("late", [False, True], ids=["did-not-happen", "did-happen"])
@pytest.mark.parametrize("chunk", range(4))
def test_death_in_every_commit(monkeypatch: pytest.MonkeyPatch, mortal: int, chunk: int, *, late: bool) -> None:
    """Every single transaction of the device, in four parts: it failed and did not happen, or failed and did."""
    for commit in places(measure(mortal).commits, chunk, 4):
        assert die(monkeypatch, lambda: Story(mortal), commit=commit, late=late) <= 1


def test_the_watch_on_ratchets_bites(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that sends before it stores its ratchet uses a position twice after its death, and that is seen."""
    with watched_ratchets(monkeypatch) as reused:
        world = MortalWorld(78)
        a, b = people(world, 2)
        room = world.group(a, b)
        with monkeypatch.context() as patch:
            patch.setattr(Mls, "flush", lambda self: None)
            a.send(room, "one")
        a.crash()
        a.send(room, "two")
        world.settle()
    assert [b.mls.identity] == [receiver for receiver, _ in reused]
