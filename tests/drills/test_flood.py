"""The drill ``flood`` for a few seconds, on real processes; then what its report makes of other outcomes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from nullabona.drills.flood.findings import Flood, Phase
from nullabona.drills.flood.report import REFUSED_S, STARVED, report_of
from nullabona.drills.flood.scenario import play
from nullabona.drills.registry import DRILLS
from nullabona.drills.reporting.report import Verdict

PROVES = DRILLS["flood"].proves

ONE = Phase(1, [0.4, 0.5, 0.6], {"append": 0.1}, 100, Counter(frames=1_000), 900.0, 20, 0, 0.0)
MANY = Phase(50, [0.5, 0.6, 0.7], {"append": 1.0}, 100, Counter(frames=9_000), 1_200.0, 20, 0, 0.0)
GOOD = Flood(0.7, [0.4, 0.5, 0.6], [ONE, MANY], 50.0, 150.0, 1.0, 90.0, 3.0)


def failed(flood: Flood) -> dict[str, Verdict]:
    return {check.id: check.verdict for check in report_of(flood).checks if check.verdict is not Verdict.HELD}


def with_many(**changed: object) -> Flood:
    return replace(GOOD, phases=[ONE, replace(MANY, **changed)])  # type: ignore[arg-type]


def test_a_good_outcome_holds_every_line() -> None:
    """And says all of them, in both languages."""
    made = report_of(GOOD)
    assert PROVES == tuple(check.id for check in made.checks)
    assert ({}, True) == (failed(GOOD), made.held)
    assert made.render("ko") != made.render("en")


@pytest.mark.parametrize(
    ("bad", "line"),
    [
        (with_many(latencies=[1.1, 1.1, 1.1]), "Q-10"),
        (with_many(slowest={"registration": REFUSED_S + 1}), "Q-11"),
        (replace(GOOD, memory_mb=400.0), "Q-12"),
        (replace(GOOD, disk_mb=9_000.0), "Q-13"),
        (with_many(heard_bytes_s=6_000.0), "Q-14"),
        (with_many(lacking=1), "Q-14"),
        (replace(GOOD, normal_s=61.0), "Q-15"),
    ],
)
def test_each_line_fails_by_itself(bad: Flood, line: str) -> None:
    """One thing goes wrong, and just that line says so."""
    assert {line: Verdict.FAILED} == failed(bad)


def test_a_busy_machine_proves_nothing_against_a_relay() -> None:
    """What is slow there is not proven; what holds too much fails all the same; and what held, held."""
    slow = {"latencies": [9.0], "slowest": {"append": 99.0}}
    assert {"Q-10", "Q-11"} == set(failed(with_many(**slow)))
    busy = with_many(**slow, starved=STARVED + 0.01, lacking=1)
    assert {"Q-10": Verdict.UNPROVEN, "Q-11": Verdict.UNPROVEN, "Q-14": Verdict.FAILED} == failed(busy)
    assert {} == failed(with_many(starved=0.9))


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_short_flood_is_played() -> None:
    """Everything is there: people talk, the stranger does harm and is refused some, bystanders ask and hear."""
    flood = play(lambda _: None, 0.2)
    assert [1, 50] == [phase.connections for phase in flood.phases]
    assert all(phase.latencies and phase.asked and phase.appended for phase in flood.phases)
    assert flood.taken["frames"] > 0
    assert {"Q-12", "Q-13", "Q-14"}.isdisjoint(failed(flood))
