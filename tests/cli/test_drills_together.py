"""``nulla drill all``: several drills at a time, each in a process of its own, and what came of each in its place."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from nullabona.cli import drill
from nullabona.cli.drills_together import Came, Turn, play_all
from nullabona.drills.registry import DRILLS
from nullabona.drills.reporting.report import Check, Report
from nullabona.drills.reporting.text import Text


def unplayable(name: str, folder: Path) -> Turn:
    """A drill whose folder holds no relay."""
    options = {"data": folder, "handle": "mina@relay.example"}
    more = {"pid": None, "secrets": folder / "none", "also": (), "control": None}
    return Turn(name, options if name == "warrant" else {"data": folder, **more}, "en", as_json=False)


def test_what_came_of_each_is_told_in_its_place(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Also if it could not be played, which is said once, by its own process."""
    turns = [unplayable("warrant", tmp_path), unplayable("seizure", tmp_path), unplayable("warrant", tmp_path)]
    came = list(play_all(turns, jobs=2))
    assert [(turn, None) for turn in turns] == [(each.turn, each.played) for each in came]
    assert all(each.seconds > 0 for each in came)
    assert 3 == capfd.readouterr().err.count("error:")


def test_those_that_measure_time_play_alone_and_last() -> None:
    """The rows of the registry say so."""
    assert {"failover", "insider", "loss", "flood"} == {row.name for row in DRILLS.values() if row.alone}


@pytest.mark.parametrize(("held", "mark"), [(True, "✓"), (False, "✗")])
def test_the_page_at_the_end_has_a_line_for_each(held: bool, mark: str) -> None:  # noqa: FBT001
    """With what failed or could not be played by name."""
    turn = Turn("tap", {}, "en", as_json=False)
    report = Report("tap", Text("", ""), checks=[Check.of("T-01", Text("", ""), held=held)])
    line = drill._line(Came(turn, report, 61.2), "en")
    assert line.startswith(f"{mark} tap ")
    assert ("failed: T-01" in line) is not held
    assert " 61 s " in line
    assert "could not be played" in drill._line(Came(turn, None, 1.0), "en")


def test_a_report_comes_whole_from_another_process() -> None:
    """What a machine reads of it is the same."""
    report = Report("tap", Text("a", "가"), checks=[Check.of("T-01", Text("b", "나"), held=True)], data={"n": 1})
    assert json.dumps(report.encode()) == json.dumps(pickle.loads(pickle.dumps(report)).encode())
