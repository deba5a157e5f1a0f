"""B-cubed for groups that overlap: cases by hand, and what must hold of any guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.leakage.bcubed import BCubed, bcubed, bcubed_chance

groups = st.lists(st.sets(st.integers(0, 6), min_size=1, max_size=5), max_size=6)


def test_one_group_cut_in_two() -> None:
    """Nobody is wrongly together, each finds half of the others: {0,1,2,3} guessed as {0,1} and {2,3}."""
    assert bcubed([{0, 1}, {2, 3}], [{0, 1, 2, 3}], 4) == BCubed(1.0, 0.5)


def test_two_groups_taken_for_one() -> None:
    """Everybody is found, half of those together are wrong."""
    assert bcubed([{0, 1, 2, 3}], [{0, 1}, {2, 3}], 4) == BCubed(0.5, 1.0)


def test_a_group_guessed_twice_is_half_wrong() -> None:
    """Amigo's multiplicity: two people said to share two groups who share one."""
    assert bcubed([{0, 1}, {0, 1}], [{0, 1}], 2) == BCubed(0.5, 1.0)


def test_nothing_guessed_scores_nothing() -> None:
    """And nothing to find neither."""
    assert bcubed([], [{0, 1, 2}], 3).f1 == 0.0
    assert bcubed([], [], 3).f1 == 0.0


@given(groups.filter(bool))
def test_the_truth_scores_one(rooms: list[set[int]]) -> None:
    """Whatever the rooms."""
    assert bcubed(rooms, rooms, 7).f1 == pytest.approx(1.0)


@given(groups, groups)
def test_precision_and_recall_change_places(one: list[set[int]], two: list[set[int]]) -> None:
    """If guess and truth do."""
    forth, back = bcubed(one, two, 7), bcubed(two, one, 7)
    assert (forth.precision, forth.recall) == pytest.approx((back.recall, back.precision))


def test_chance_is_worse_than_the_truth() -> None:
    """The same groups of other people fit less."""
    rooms = [{0, 1, 2}, {3, 4, 5}, {6, 7, 8}, {0, 9, 10}]
    assert bcubed_chance(rooms, rooms, 30) < 0.5
