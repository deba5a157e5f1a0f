"""When `drain` asks a replica to lead: not while votes of its last election would count again (spec/engine.md §6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self, cast

import pytest

from nullabona.operating.engine.leaving import Patience, drain_node, followed_s, settled_s
from nullabona.operating.engine.node import Answer, NodeRefused, Reach
from nullabona.relay.shelves.engine.driver import SLOTS

OLD, NEW = "192.0.2.1:7000", "192.0.2.2:7000"
LINK = "id=9 addr=192.0.2.1:7000 laddr=192.0.2.2:40112 fd=11 name= age={age} idle=0 flags=M db=0 user=(superuser)\n"


class Pair:
    """A primary and its replica, which change places when the replica is asked to lead."""

    def __init__(self, links: str | None, timeout_ms: int = 1_000) -> None:
        self.links, self.timeout_ms = links, timeout_ms
        self.leads, self.now = OLD, 0.0
        self.asked_at: float | None = None

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
        self.pair.leads, self.pair.asked_at = NEW, self.pair.now
        return b"OK"

    def text(self, *words: str) -> str:
        if words == ("CLUSTER", "NODES"):
            return "\n".join(map(self._row, (OLD, NEW)))
        assert (("CLIENT", "LIST", "TYPE", "master"), NEW) == (words, self.node)
        if self.pair.links is None:
            raise NodeRefused(self.node, "CLIENT", "NOPERM")
        return self.pair.links

    def info(self, section: str) -> Mapping[str, str]:
        assert section == "replication"
        return {"master_link_status": "up", "slave_repl_offset": "7"}

    def settings(self, *names: str) -> Mapping[str, str]:
        return {name: str(self.pair.timeout_ms) for name in names}

    def _row(self, node: str) -> str:
        leads = node == self.pair.leads
        follows, slots = ("-", f" 0-{SLOTS - 1}") if leads else (self.pair.leads, "")
        return f"{node} {node}@17000 {'master' if leads else 'slave'} {follows} 0 0 1 connected{slots}"


@pytest.mark.parametrize(("timeout_ms", "seconds"), [(500, 4), (1_000, 4), (1_001, 5), (2_000, 8), (15_000, 60)])
def test_how_long_a_replica_must_have_followed(timeout_ms: int, seconds: int) -> None:
    """Four times the time after which a node is missed, four seconds at least, and no part of a second less."""
    assert seconds == settled_s(timeout_ms)


def test_since_when_a_replica_follows_is_read_from_its_links() -> None:
    """The youngest of them, and None if it follows nobody."""
    assert (3, 0, None) == (followed_s(LINK.format(age=30) + LINK.format(age=3)), followed_s(LINK.format(age=0)),
                            followed_s("\n"))  # fmt: skip


@pytest.mark.parametrize(
    ("links", "waits_s"),
    [(LINK.format(age=4), 0), (LINK.format(age=3), 1), (LINK.format(age=0), 4), ("", 4), (None, 4)],
)
def test_places_are_not_changed_twice_within_the_time_of_an_election(links: str | None, waits_s: int) -> None:
    """It says so and waits; for the whole time where a node does not let the operator ask."""
    pair = Pair(links)
    said = pair.drain()
    assert waits_s == pair.asked_at
    assert [*["engine-drain-waits-here"][: min(waits_s, 1)], "engine-drain-begins-here", "engine-drained-here"] == said
