"""The list of mutants fits the code, and covers what it must. `make drill-mutants` plays them."""

from __future__ import annotations

import py_compile
import shutil
from pathlib import Path

import pytest

from nullabona.drills.registry import DRILLS
from tests.drills.mutants import MUTANTS, Edit, Mutant
from tools.drill_mutants import SOURCE, Played, StaleMutant, mutate


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_edit_fits_the_code(mutant: Mutant, tmp_path: Path) -> None:
    """Each place is there once, and what comes of it is a program."""
    for edit in mutant.edits:
        (tmp_path / edit.file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SOURCE / edit.file, tmp_path / edit.file)
    mutate(mutant, tmp_path)
    for file in {edit.file for edit in mutant.edits if edit.file.endswith(".py")}:
        py_compile.compile(str(tmp_path / file), cfile=str(tmp_path / "out.pyc"), doraise=True)


def test_an_edit_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    """No place, or more than one: the list would prove nothing."""
    for text in ("nothing", "here here"):
        (tmp_path / "a.py").write_text(text)
        with pytest.raises(StaleMutant, match="places for the edit"):
            mutate(Mutant("a", "tap", frozenset({"T-10"}), (Edit("a.py", "here", "there"),)), tmp_path)


def test_mutants_name_drills_and_lines_that_are_there() -> None:
    """At least twenty-five, no two alike; each names lines that its drill puts to the test."""
    assert len(MUTANTS) >= 25
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    for mutant in MUTANTS:
        played = {*DRILLS[mutant.drill]}
        if mutant.drill == "demo":
            played |= {*DRILLS["seizure"], *DRILLS["warrant"]}
        assert mutant.fails <= played, mutant.name


def test_what_counts_as_noticed() -> None:
    """A line that must fail; or no end, where that may be."""
    tap = next(mutant for mutant in MUTANTS if mutant.drill == "tap" and not mutant.stuck)
    stuck = next(mutant for mutant in MUTANTS if mutant.stuck)
    assert Played(tap, tap.fails, ended=True, seconds=1).noticed
    assert not Played(tap, frozenset({"T-99"}), ended=True, seconds=1).noticed
    assert not Played(tap, frozenset(), ended=False, seconds=1).noticed
    assert Played(stuck, frozenset(), ended=False, seconds=1).noticed
    assert not Played(stuck, frozenset(), ended=True, seconds=1).noticed
