"""What the page of roles says of bars, costs and steps follows from the data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.leakage.cells import page, rows
from bench.leakage.cells.campaign import BY_STEP
from bench.leakage.cells.habits import STEPS, TODAY
from bench.leakage.role_views import OPERATOR

FOLDER = Path(__file__).parents[2] / "docs" / "leakage-roles"


@pytest.fixture
def run() -> rows.Run:
    return rows.read(FOLDER / "steps-60x4x2.json")


def _with(run: rows.Run, precision: float, step: str = TODAY) -> rows.Run:
    """The run, in which one operator reached so much after a step."""
    key = BY_STEP[step].name, OPERATOR.name
    return replace(run, reported=[
        replace(row, score=replace(row.score, precision=precision))
        if (row.score.deployment, row.score.view) == key else row
        for row in run.reported
    ])  # fmt: skip


@pytest.mark.parametrize(("precision", "word"), [(0.14, "held"), (0.16, "**missed**")])
def test_a_bar_is_held_or_missed(run: rows.Run, precision: float, word: str) -> None:
    [line] = [line for line in page._asked_of_it([_with(run, precision)]).splitlines() if "60 people" in line]
    assert f"| 0.15 | {precision:.4f} |" in line
    assert line.endswith(f"{word} |")


def test_where_todays_client_was_not_run_the_last_one_before_it_is_named(run: rows.Run) -> None:
    """Not one that is not built."""
    before = list(STEPS)[list(STEPS).index(TODAY) - 1]
    kept = [row for row in run.reported if row.score.deployment != BY_STEP[TODAY].name]
    assert f"| {before} | 0.15 |" in page._asked_of_it([replace(run, reported=kept)])


def test_each_step_has_its_gain_beside_its_cost(run: rows.Run) -> None:
    table = page._costs([_with(run, 0.0321)])
    [line] = [line for line in table.splitlines() if line.startswith(f"| {TODAY} |")]
    assert line.startswith(f"| {TODAY} | 0.032 (0.032–0.032) | {STEPS[TODAY].time} | {STEPS[TODAY].costs} |")
    assert "rooms of 2: 2.7 before" in table


def test_a_recording_is_compared_with_requests_alone() -> None:
    lived = rows.read(FOLDER / "lived-60x4x2.json")
    said = page._section(lived)
    assert "| real client | " in said
    assert f"| requests alone | {lived.asked['requests alone']['frames written']:.1f} |" in said
