"""The arithmetic of the page of speed: percentiles, spreads, ratios, bars."""

from __future__ import annotations

import pytest

from bench.speed import tables
from bench.speed.arithmetic import Spread, percentile, ratios, spread
from bench.speed.bars import BARS, Verdict, verdicts
from bench.speed.records import Results, Window


def window(peer: str, workload: str, turn: int, value: float, server_cores: float = 0.5) -> Window:
    return Window(peer, workload, turn, value, 1.0, server_cores, 0.4, 0.0)


def results(*windows: Window) -> Results:
    turns = 1 + max(window.turn for window in windows)
    return Results("a machine", 1.0, turns, [0.1] * turns, [0.2] * turns, [], list(windows), [], [])


@pytest.mark.parametrize(
    ("share", "expected"), [(0.01, 1), (0.25, 1), (0.26, 2), (0.5, 2), (0.75, 3), (0.99, 4), (1, 4)]
)
def test_a_percentile_is_a_value_that_was_measured(share: float, expected: float) -> None:
    """Nearest rank: the smallest value that so large a share does not exceed."""
    assert expected == percentile([4, 1, 3, 2], share)


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 0), ([1.0], 1.01)])
def test_a_percentile_of_nothing_is_refused(values: list[float], share: float) -> None:
    """So is a share outside of what a share can be."""
    with pytest.raises(ValueError, match="a percentile needs values"):
        percentile(values, share)


def test_a_spread_is_the_median_and_the_ends() -> None:
    """In whatever order the repetitions came."""
    assert Spread(3, 1, 10, 4) == spread([4, 1, 10, 2])


def test_only_what_was_measured_side_by_side_is_divided() -> None:
    """A turn that one of the two missed gives no ratio."""
    assert [2.0, 3.0] == ratios({0: 2, 1: 9, 3: 30}, {3: 10, 0: 1, 2: 5})


def test_a_bar_is_judged_by_the_median_of_the_ratios_of_turns() -> None:
    """Not by the ratio of medians, which would divide figures of different turns."""
    mine, theirs = [100, 200, 900], [100, 500, 300]
    run = results(
        *(window("nullabona", "pairs-32", turn, value) for turn, value in enumerate(mine)),
        *(window("prototype", "pairs-32", turn, value) for turn, value in enumerate(theirs)),
    )
    assert verdicts(run)[0] == Verdict("pairs-32: nullabona ÷ prototype", "≥ 0.5", Spread(1, 0.4, 3, 3), met=True)


def test_where_less_is_better_the_bar_is_above() -> None:
    """Memory of idle clients: 12 KiB against 10 is too much."""
    run = results(window("nullabona", "idle", 0, 12), window("ejabberd", "idle", 0, 10))
    place = next(n for n, bar in enumerate(BARS) if bar.workload == "idle")
    assert verdicts(run)[place].met is False


def test_a_bar_without_its_other_side_is_not_met() -> None:
    """It is said to be unmeasured."""
    run = results(window("nullabona", "pairs-32", 0, 1))
    assert {None} == {verdict.met for verdict in verdicts(run)}


def test_the_durable_latency_is_judged_beyond_the_sync_of_the_same_turn() -> None:
    """0.45 ms with a sync of 0.2 is within 0.3 ms of it; 0.55 is not."""
    good, bad = (results(window("nullabona", "pair", 0, value)) for value in (0.45, 0.55))
    assert (True, False) == (verdicts(good)[-2].met, verdicts(bad)[-2].met)


def test_the_cost_of_a_message_is_the_servers_cpu_time() -> None:
    """Half a core at 20,000 messages a second is 25 microseconds for each."""
    assert tables.cost_us(window("x", "pairs-32", 0, 20_000)) == pytest.approx(25)
