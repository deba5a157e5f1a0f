"""The list of mutants fits the code, and covers what it must. `make drill-mutants` plays them."""

from __future__ import annotations

import pkgutil
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from tests.drills import mutants
from tests.drills.mutants import MUTANTS, Edit, Mutant
from tools import drill_mutants
from tools.drill_digest import digest_of
from tools.drill_mutants import Played, StaleMutant, edited, key_of, load_results, mutate


@pytest.mark.parametrize("mutant", MUTANTS, ids=key_of)
def test_every_edit_fits_the_code(mutant: Mutant) -> None:
    """Each place is there once, and what comes of it is a program."""
    for file, text in edited(mutant).items():
        if file.endswith(".py"):
            compile(text, file, "exec", dont_inherit=True)


def test_an_edit_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    """No place, or more than one: the list would prove nothing."""
    for text in ("nothing", "here here"):
        (tmp_path / "a.py").write_text(text)
        with pytest.raises(StaleMutant, match="places for the edit"):
            mutate(Mutant("a", "tap", frozenset({"T-10"}), (Edit("a.py", "here", "there"),)), tmp_path)


def test_each_module_has_the_mutants_of_its_drill() -> None:
    """A mutant of another drill would be looked for in vain."""
    for module in pkgutil.iter_modules(mutants.__path__):
        listed = getattr(import_module(f"{mutants.__name__}.{module.name}"), "MUTANTS", ())
        assert {one.drill for one in listed} <= {module.name.replace("_", "-")}, module.name


def test_mutants_name_drills_and_lines_that_are_there() -> None:
    """At least a hundred and twenty, no two of a drill alike; each names lines that its drill puts to the test."""
    assert len(MUTANTS) >= 120
    assert max(Counter(map(key_of, MUTANTS)).values()) == 1
    for mutant in MUTANTS:
        assert mutant.fails <= drill_mutants.lines_of(mutant.drill), mutant.name


def test_every_line_that_a_drill_defends_has_two_mutants_that_were_chosen_without_it() -> None:
    """Chosen from the line and the code, before the drill's checks were read. Left out are lines that only admit."""
    blind = Counter(line for mutant in MUTANTS if mutant.blind for line in mutant.fails)
    defended = {line for mutant in MUTANTS for line in mutant.fails} & drill_mutants.measured()
    assert drill_mutants.ADMITTED.isdisjoint(defended)
    assert drill_mutants.measured() - drill_mutants.ADMITTED == defended
    assert {} == {line: blind[line] for line in defended if blind[line] < 2 and line not in drill_mutants.ONE_CHOSEN}


def test_what_is_kept_is_of_mutants_that_are_there() -> None:
    """None of one that is gone; which are not played yet the page says."""
    assert {*load_results()} <= {*map(key_of, MUTANTS)}


def test_a_result_is_of_one_mutant_and_one_drill() -> None:
    """Another edit, or another line, is another mutant; the same gives the same hash."""
    one, other, *_ = MUTANTS
    assert digest_of(one) == digest_of(one) != digest_of(other)


def test_each_drill_is_played_without_a_mutant_first() -> None:
    """Once for all mutants with the same arguments, over all their lines; nothing is taken out then."""
    groups = drill_mutants.groups_of(MUTANTS)
    assert sorted(map(key_of, MUTANTS)) == sorted(key_of(one) for group in groups for one in group)
    for group in groups:
        control = drill_mutants.control_of(group)
        assert not control.edits
        assert {(control.drill, control.more)} == {(one.drill, one.more) for one in group}
        assert control.fails == {line for one in group for line in one.fails}


def test_the_line_that_is_known_soonest_is_played_first() -> None:
    """Every line in the end, unless one before it has failed; the control has all of them at once."""
    for one in MUTANTS:
        lines = [line for turn in drill_mutants.turns(one) for line in turn]
        assert sorted(lines) in ([], sorted(one.fails))
    both = next(one for one in MUTANTS if one.fails == {"D-13", "R-14"})
    assert drill_mutants.turns(both) == [("D-13",), ("R-14",)]
    assert drill_mutants.turns(drill_mutants.control_of([both])) == [("D-13", "R-14")]


def test_several_share_a_run_only_if_each_line_can_name_its_own() -> None:
    """Each has a trace, and no line names two alike; who is not named is played alone."""
    bundles = drill_mutants.bundles(MUTANTS)
    assert sorted(map(key_of, MUTANTS)) == sorted(key_of(one) for bundle in bundles for one in bundle)
    shared = [bundle for bundle in bundles if len(bundle) > 1]
    assert shared
    for bundle in shared:
        assert all(one.trace for one in bundle)
        assert len({(one.drill, one.more) for one in bundle}) == 1
        named = [(line, one.trace) for one in bundle for line in one.fails]
        assert len({*named}) == len(named)
    one = shared[0][0]
    other = next(each for each in shared[0] if drill_mutants.turns(each)[0] != drill_mutants.turns(one)[0])
    (line,), (others,) = drill_mutants.turns(one)[0], drill_mutants.turns(other)[0]
    said = {line: f"No such thing: {one.trace}", others: "No such thing: something else"}
    run = Played(drill_mutants.together([one, other]), frozenset(said), ended=True, seconds=8, words=said)
    apart = drill_mutants.told_apart(one, run, 2)
    assert apart is not None
    assert apart.noticed
    assert (frozenset({line}), 4) == (apart.failed, apart.seconds)
    assert drill_mutants.told_apart(other, run, 2) is None


def test_what_counts_as_noticed() -> None:
    """A line that must fail; or no end, where that may be."""
    tap = next(mutant for mutant in MUTANTS if mutant.drill == "tap" and not mutant.stuck)
    stuck = next(mutant for mutant in MUTANTS if mutant.stuck)
    assert Played(tap, tap.fails, ended=True, seconds=1).noticed
    assert not Played(tap, frozenset({"T-99"}), ended=True, seconds=1).noticed
    assert not Played(tap, frozenset(), ended=False, seconds=1).noticed
    assert Played(stuck, frozenset(), ended=False, seconds=1, last="mina could not has: fewer came [unmet]").noticed
    for busy in ("nothing within 600 s", "mina does not answer (say)", "mina's process ended (begin)",
                 "a process did not start: ", "mina could not keep: nobody is there [drill-failed]",
                 "operator could not enter: too early [busy]"):  # fmt: skip
        assert not Played(stuck, frozenset(), ended=False, seconds=1, last=busy).noticed
    assert not Played(stuck, frozenset(), ended=True, seconds=1).noticed
