"""When `drain` asks a replica to lead: not while votes of its last election would count again (spec/engine.md §6)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Self, cast

import pytest

from nullabona.operating.engine.leaving import GIVEN_UP_S, Patience, drain_node, followed_s, settled_s
from nullabona.operating.engine.node import Answer, NodeRefused, Reach
from nullabona.relay.shelves.engine.driver import SLOTS

OLD, NEW = "192.0.2.1:7000", "192.0.2.2:7000"
LINK = "id=9 addr=192.0.2.1:7000 laddr=192.0.2.2:40112 fd=11 name= age={age} idle=0 flags=M db=0 user=(superuser)\n"


class Pair:
    """A primary and its replica, which change places when the replica is asked to lead.

    ``ages``: of the links at the beginning; None: the operator may not ask. ``changes_s``: when they change places by
    themselves. ``deaf``: so often the replica is asked in vain.
    """

    def __init__(self, ages: Sequence[int] | None, *, changes_s: float = math.inf, deaf: int = 0) -> None:
        self.ages, self.changes_s, self.deaf = ages, changes_s, deaf
        self.led, self.now = OLD, 0.0
        self.asked_at: list[float] = []

    @property
    def leads(self) -> str:
        return NEW if self.now >= self.changes_s else self.led

    def open(self, node: str) -> Connection:
        return Connection(self, node)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def drain(self) -> list[str]:
        """What `drain` finds."""
        patience = Patience(60, clock=lambda: self.now, sleep=self.sleep)
        return [each.key for each in drain_node(OLD, [], cast(Reach, self), patience)]


class Connection:
    """To one of both."""

    def __init__(self, pair: Pair, node: str) -> None:
        self.pair, self.node = pair, node

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def ask(self, *words: str) -> Answer:
        assert (("CLUSTER", "FAILOVER"), NEW) == (words, self.node)
        self.pair.asked_at.append(round(self.pair.now))
        if len(self.pair.asked_at) > self.pair.deaf:
            self.pair.led = NEW
        return b"OK"

    def text(self, *words: str) -> str:
        if words == ("CLUSTER", "NODES"):
            return "\n".join(map(self._row, (OLD, NEW)))
        assert ("CLIENT", "LIST", "TYPE", "replica") == words
        if self.pair.ages is None:
            raise NodeRefused(self.node, "CLIENT", "NOPERM")
        return "".join(LINK.format(age=int(age + self.pair.now)) for age in self.pair.ages)

    def info(self, section: str) -> Mapping[str, str]:
        assert section == "replication"
        return {"master_link_status": "up", "slave_repl_offset": "7"}

    def settings(self, *names: str) -> Mapping[str, str]:
        return dict.fromkeys(names, "1000")

    def _row(self, node: str) -> str:
        leads = node == self.pair.leads
        follows, slots = ("-", f" 0-{SLOTS - 1}") if leads else (self.pair.leads, "")
        return f"{node} {node}@17000 {'master' if leads else 'slave'} {follows} 0 0 1 connected{slots}"


@pytest.mark.parametrize(("timeout_ms", "seconds"), [(500, 4), (1_000, 4), (1_001, 5), (2_000, 8), (15_000, 60)])
def test_how_long_a_replica_must_have_followed(timeout_ms: int, seconds: int) -> None:
    """Four times the time after which a node is missed, four seconds at least, and no part of a second less."""
    assert seconds == settled_s(timeout_ms)


def test_since_when_replicas_follow_is_read_from_their_links() -> None:
    """The youngest of them, and a second less than the server says, as it leaves out parts of seconds."""
    assert 2 == followed_s(LINK.format(age=30) + LINK.format(age=3))
    assert (0, 0, None) == (followed_s(LINK.format(age=1)), followed_s(LINK.format(age=0)), followed_s("\n"))


@pytest.mark.parametrize(
    ("ages", "waits_s"), [([5], 0), ([4], 1), ([0], 5), ([5, 9], 0), ([9, 3], 2), ([], 4), (None, 4)]
)
def test_places_are_not_changed_twice_within_the_time_of_an_election(ages: list[int] | None, waits_s: int) -> None:
    """It says so and waits; for the whole time where a node does not let the operator ask, or no replica is there."""
    pair = Pair(ages)
    said = pair.drain()
    assert [waits_s] == pair.asked_at
    assert [*["engine-drain-waits-here"][: min(waits_s, 1)], "engine-drain-begins-here", "engine-drained-here"] == said


def test_a_node_whose_place_was_taken_meanwhile_is_asked_nothing() -> None:
    """It is a replica by the end of the wait, and may be stopped."""
    pair = Pair([1], changes_s=2)
    assert ["engine-drain-waits-here", "engine-drain-last-replica", "engine-drained-here"] == pair.drain()
    assert [] == pair.asked_at


def test_a_replica_that_was_asked_in_vain_is_asked_again() -> None:
    """Once the engine has given up and the votes are old; not before."""
    pair = Pair([9], deaf=1)
    assert ["engine-drain-begins-here", "engine-drained-here"] == pair.drain()
    assert [0, GIVEN_UP_S + 4] == pair.asked_at
    assert "engine-drain-late" == Pair([9], deaf=99).drain()[-1]
