"""The page of 26 million says of every line whether it was measured, simulated or assumed; and its arithmetic."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from bench.peers.clusters import EjabberdClusterSession, NatsClusterSession
from bench.scale import failures, page
from bench.scale.clusters import OURS, peers
from bench.scale.compare import Compared, Comparison, Life, compare
from bench.scale.failures import Assumed
from bench.scale.memory import Memory, Shape
from bench.scale.nodes import GIB, need
from bench.scale.people import POPULATIONS
from bench.scale.records import Held, Simulated
from bench.speed.needs import Costs
from bench.speed.records import Missing, Results, Server, Window

MARKS = {"measured", "simulated", "assumed", ""}
MEMORY = Memory("a machine", "7.0", 1_024, 1.0, [Shape(1_000, 1, 1_500.0, 1_490.0, 300.0)], 1.25)


def held(away: str, kept: int, *, trims: bool = True) -> Held:
    """The same of every population: 100 frames, and 200 in one hour."""
    return Held(away, kept, trims, 20.0, 80.0, [100.0] * 167 + [200.0], [4.0] * 168, 9.0, 0.0, 0.0, 0.0, 0.0)


def recorded() -> page.Recorded:
    """A small one, of everything."""
    lives = [held(away.name, kept) for away in POPULATIONS for kept in (1, 2, 7, 30)]
    lives.append(held("some", 30, trims=False))
    windows = [
        Window(peer.about.name, workload, turn, 1_000.0, 1.0, 0.5 * (place + 1), 0.5, 0.0)
        for place, peer in enumerate(peers()[:2])
        for workload in ("pair", "pairs-1", "pairs-32")
        for turn in range(2)
    ]
    servers = [Server(peer.about.name, "1", "", peer.about.answer, durable=False) for peer in peers()[:2]]
    gone = [Missing("ejabberd-cluster", "", "ejabberd is not installed")]
    run = Results("a machine", 1.0, 2, [0.1], [0.1], servers, windows, gone, [])
    compared = Comparison([Compared(Life("always", 2, 30, 8), (1.0, 1.0), (2.0, 2.0))])
    costs = Costs(*([100.0] * len(fields(Costs))))
    return page.Recorded(MEMORY, Simulated(1, 10, 21, 5, 12, lives, lives), compared, run, costs)


def test_every_line_says_where_it_is_from() -> None:
    """The last cell of each row; the table of clusters says it above."""
    text = page.write(recorded())
    tables = [line for line in text.partition("## Beside clusters")[0].splitlines() if line.startswith("|")]
    marks = [line.rstrip("|").rpartition("|")[2].strip() for line in tables if "---" not in line]
    assert set(marks) == MARKS
    assert len(marks) > 40


def test_what_was_not_measured_is_said() -> None:
    """With why."""
    assert "- not measured: ejabberd-cluster : ejabberd is not installed" in page.write(recorded())


def test_clusters_are_beside_ours() -> None:
    """Twice the processor time in every turn is twice."""
    row = next(line for line in page.write(recorded()).splitlines() if line.startswith("| nats-cluster-default"))
    assert row.count("2.00 ×") == 2
    assert any(line.startswith(f"| {OURS} ") and "1.00 ×" in line for line in page.write(recorded()).splitlines())


def test_nodes_are_frames_and_boxes_by_what_they_take() -> None:
    """Of the fullest hour, for those who write more, with both copies."""
    found = need(held("some", 7), held("some", 7), MEMORY, people=1_000, messages=40.0)
    assert 800.0 == found.frames
    assert 19.0 == found.boxes
    assert 1_000 * (800 * 1_200 + 19 * 300) * 1.25 == found.memory_bytes
    assert 2 * found.memory_bytes / (64 * GIB * 0.75) == found.nodes(64)


def test_a_year_is_the_same_for_the_same_seed() -> None:
    """And as many nodes are lost as is assumed, and a shard empties only when both copies are lost."""
    assumed = Assumed()
    years = failures.years(100, assumed, 20)
    assert years == failures.years(100, assumed, 20)
    lost = sum(year.lost for year in years) / 20
    assert 0.9 < lost / (200 * 365 / assumed.lost_every_days) < 1.1
    never = failures.year(50, Assumed(lost_every_days=1e9), 1)
    assert (0, 0, 0) == (never.lost, never.failovers, never.emptied)
    assert failures.year(50, Assumed(lost_every_days=2.0, back_s=86_400.0), 1).emptied > 100


def test_an_upgrade_takes_a_copy_away_for_a_while() -> None:
    """What is lost then empties the shard; without upgrades, or if no node is ever lost, none empties so."""
    often = Assumed(lost_every_days=20.0, handed_over_every_days=2.0, back_s=7_200.0)
    busy = failures.year(50, often, 1)
    assert 0 < busy.upgrading < busy.emptied
    seldom = failures.year(50, replace(often, handed_over_every_days=1e9), 1)
    assert seldom.upgrading == 0 < seldom.emptied < busy.emptied
    never = failures.year(50, replace(often, lost_every_days=1e9), 1)
    assert (0, True) == (never.emptied, never.handovers > 50 * 365 / 2 * 0.9)


def test_ends_of_a_pair_are_at_different_nodes() -> None:
    """The next connection is to the next node."""
    ejabberd, nats = EjabberdClusterSession([1, 2, 3]), NatsClusterSession([1, 2, 3])
    assert [1, 2, 3, 1] == [ejabberd._port for _ in range(4)]
    assert [1, 2, 3, 1] == [next(nats._nodes) for _ in range(4)]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["always", "nights", "desk", "trip", "gone"])
def test_the_simulation_does_what_whole_clients_do(name: str) -> None:
    """As many frames come, and about as many are held, while nobody is away for longer than they are kept."""
    found = compare(Life(name, 2, 30, 8), 16)
    assert found.came[0] == pytest.approx(found.came[1], rel=0.1)
    assert found.held[0] == pytest.approx(found.held[1], rel=0.4)


def test_the_simulation_does_what_whole_clients_do_in_three_days() -> None:
    """The same, in short."""
    found = compare(Life("nights", 2, 30, 2), 6)
    assert found.came[0] == pytest.approx(found.came[1], rel=0.25)
