"""The campaign by roles in small, and its page: what is published is what the data beside it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.leakage.cells import page, rows
from bench.leakage.cells.__main__ import main
from bench.leakage.cells.attackers.accomplice import helpers
from bench.leakage.cells.campaign import (
    DIRECT,
    HELPED,
    HOLDING,
    LEARNS,
    PLAIN,
    PROBING,
    RELEASES,
    Case,
    Society,
    of_town,
    report,
    teach,
)  # fmt: skip
from bench.leakage.cells.talking import Crowd, make
from bench.leakage.role_views import INGRESS, INGRESS_DIRECTORY, RELAY

ROOT = Path(__file__).parents[2]
SMALL = Crowd(16, 2, 12.0)
CASES = (replace(PLAIN, views=(INGRESS, INGRESS_DIRECTORY)), HOLDING)


def silent(_text: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def society() -> Society:
    return of_town(make(1, SMALL))


@pytest.mark.slow
def test_attackers_are_chosen_elsewhere_and_all_are_kept(society: Society) -> None:
    """Of each case and view one is reported, others stay in the data; what two see together says more than one."""
    chosen, learned = teach(CASES, [of_town(make(seed, SMALL)) for seed in (101, 102)], silent)
    scores, reported = report(CASES, society, chosen, learned, silent, over_time=False)
    assert len(reported) == len(chosen) == 3
    assert {(row.score.deployment, row.score.view): row.score.attacker for row in reported} == chosen
    names = {(row.deployment, row.attacker) for row in scores}
    assert (HOLDING.name, RELEASES) in names
    assert (PLAIN.name, LEARNS) in names
    assert (PLAIN.name, RELEASES) not in names
    by_view = {(row.score.deployment, row.score.view): row.score.precision for row in reported}
    assert by_view[PLAIN.name, INGRESS_DIRECTORY.name] > by_view[PLAIN.name, INGRESS.name]


@pytest.mark.parametrize("case", [PROBING, DIRECT])
def test_every_case_makes_a_recording_of_its_own(case: Case, society: Society) -> None:
    """And leaves that of the society as it is."""
    before = society.recording.live.copy()
    made = case.made(society)
    assert (before == society.recording.live).all()
    assert made.live.shape != before.shape or (made.live["who"] != before["who"]).any()


def test_what_was_chosen_elsewhere_is_reported_beside_all_others(society: Society) -> None:
    """One row of each view is reported, no matter who did best here; two roles in one hand say more than one."""
    chosen = {(PLAIN.name, INGRESS.name): "co-starts", (PLAIN.name, INGRESS_DIRECTORY.name): "matched look-ups"}
    scores, reported = report(CASES[:1], society, chosen, {}, silent, over_time=False)
    assert [row.score.attacker for row in reported] == ["co-starts", "matched look-ups"]
    assert all(row.score in scores for row in reported)
    assert len(scores) > 10
    assert reported[1].score.precision > reported[0].score.precision


def test_helpers_are_no_question(society: Society) -> None:
    """Pairs with one of them count neither as found nor as missed."""
    chosen = {(HELPED.name, INGRESS.name): "two alone"}
    _, [row] = report((HELPED,), society, chosen, {}, silent, over_time=True)
    helping = helpers(1, SMALL.accounts)
    edges = sum(not helping & set(pair) for pair in society.truth.talks)
    others = SMALL.accounts - len(helping)
    assert row.score.base == pytest.approx(edges / (others * (others - 1) / 2))
    assert row.found_by == {}


def test_nobody_interferes_with_what_was_lived(society: Society) -> None:
    """The real client's recordings are what they are."""
    with pytest.raises(TypeError):
        PROBING.made(replace(society, town=None))


def test_days_are_counted_for_each_person(society: Society) -> None:
    """Shares of people by day do not fall, and the last day has what the median says."""
    case = replace(PLAIN, views=(INGRESS_DIRECTORY,))
    chosen = {(case.name, INGRESS_DIRECTORY.name): "matched look-ups"}
    _, [row] = report((case,), society, chosen, {}, silent, over_time=True)
    shares = list(row.found_by.values())
    assert list(row.found_by) == ["1", "2"]
    assert 0.5 < shares[0] <= shares[1] <= 1.0
    assert row.median_days == 1.0


def test_the_page_is_what_the_data_says() -> None:
    """Nothing on it is written by hand."""
    assert page.write(ROOT / "docs" / "leakage-roles") == (ROOT / "docs" / "leakage-roles.md").read_text("utf-8")


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = rows.read(next(iter(sorted((ROOT / "docs" / "leakage-roles").glob("*.json")))))
    run.write(tmp_path / "again.json")
    assert rows.read(tmp_path / "again.json") == run


@pytest.mark.slow
def test_one_command_measures_and_writes_the_page(tmp_path: Path) -> None:
    """As the page says, for a small society; what it names as its command is what was given."""
    folder, written = tmp_path / "data", tmp_path / "page.md"
    given = ["--accounts", "16", "--days", "2", "--pace", "12", "--seeds", "1", "--taught", "1", "--no-time"]
    main([*given, "--folder", str(folder), "--page", str(written)])
    run = rows.read(folder / "requests-16x2x12.json")
    assert run.command == f"python -m bench.leakage.cells {' '.join(given)}"
    assert {row.score.view for row in run.reported} >= {view.name for view in (INGRESS, RELAY)}
    assert f"`{run.command}`" in written.read_text("utf-8")
