"""Names exchanged freely, within households, and households as a whole: each chance level is what it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.leakage.cells.exchange import Exchange, chance_by, freely, whole_households, within_households
from bench.leakage.cells.scores import apart_from_homes, days_until, found_people, moments, ranking_of, recall_at
from bench.leakage.guess import Pairs
from bench.leakage.measure import average_precision
from bench.leakage.trace import Owners, Pair, Truth

WAYS = (freely, within_households, whole_households)
households = st.lists(st.integers(0, 5), min_size=1, max_size=12).map(lambda each: np.array(each, np.int64))


def truth(accounts: int, *talks: Pair) -> Truth:
    return Truth(accounts, frozenset(talks), [], {}, (), Owners([]), {})


def guess(*pairs: Pair) -> Pairs:
    """The earlier the surer."""
    return Pairs.of({pair: 1.0 / (1 + place) for place, pair in enumerate(pairs)})


@given(households, st.integers(0, 1_000))
@pytest.mark.parametrize("way", WAYS)
def test_every_name_is_given_once(
    way: Exchange, household: np.ndarray[tuple[int], np.dtype[np.int64]], seed: int
) -> None:
    names = way(np.random.default_rng(seed), household)
    assert sorted(names.tolist()) == list(range(len(household)))


@given(households, st.integers(0, 1_000))
def test_within_households_nobody_moves_out(household: np.ndarray[tuple[int], np.dtype[np.int64]], seed: int) -> None:
    names = within_households(np.random.default_rng(seed), household)
    assert household[names].tolist() == household.tolist()


@given(households, st.integers(0, 1_000))
def test_whole_households_stay_together(household: np.ndarray[tuple[int], np.dtype[np.int64]], seed: int) -> None:
    """Two live together afterwards if and only if they did before."""
    names = whole_households(np.random.default_rng(seed), household)
    before = household[:, None] == household[None, :]
    assert np.array_equal(before, household[names][:, None] == household[names][None, :])


def test_within_households_moves_everybody_who_lives_with_somebody() -> None:
    """Each of two as often as not; who lives alone keeps their name."""
    home = np.array([0, 0, 1])
    drawn = [within_households(np.random.default_rng(seed), home).tolist() for seed in range(200)]
    assert 60 < sum(names[0] == 1 for names in drawn) < 140
    assert {names[2] for names in drawn} == {2}


def test_whole_households_change_places() -> None:
    """Each of three who live alone is any of them, and a couple is not one of them."""
    home = np.array([0, 1, 2, 3, 3])
    drawn = [whole_households(np.random.default_rng(seed), home).tolist() for seed in range(300)]
    assert [{names[place] for names in drawn} for place in (0, 3)] == [{0, 1, 2}, {3, 4}]


def test_what_each_chance_leaves_to_a_perfect_guess() -> None:
    """Of two couples of whom one of each talks with one of the other: which households talk stays known within, so one
    guess in four is right; freely it is one in six. A guess about who lives together keeps all where they stay so.
    """
    home = np.array([0, 0, 1, 1])
    across, at_home = truth(4, (0, 2)), truth(4, (0, 1), (2, 3))
    one_of = {
        way: _certain(chance_by(way, ranking_of(guess((0, 2)), across), across, home, 600).mean, 6) for way in WAYS
    }
    assert one_of[within_households] == pytest.approx(1 / 4, abs=0.06)
    assert one_of[freely] == pytest.approx(1 / 6, abs=0.06)
    lives = ranking_of(guess((0, 1), (2, 3)), at_home)
    assert [chance_by(way, lives, at_home, home, 50).mean for way in WAYS[1:]] == [1.0, 1.0]
    assert chance_by(freely, lives, at_home, home, 400).mean == pytest.approx(1 / 3 + 2 / 3 * 1 / 3, abs=0.06)


def _certain(mean: float, pairs: int) -> float:
    """How often one guess was right, where a wrong one still counts what naming all ``pairs`` does."""
    return (mean - 1 / pairs) / (1 - 1 / pairs)


def test_a_guess_that_says_nothing_is_worth_the_base() -> None:
    nothing = ranking_of(Pairs.none(), truth(4, (0, 1)))
    assert [chance_by(way, nothing, truth(4, (0, 1)), np.zeros(4, np.int64)).mean for way in WAYS] == [1 / 6] * 3


def test_homes_can_be_left_out_of_the_question() -> None:
    """A guess that names only who lives together says nothing then, right or wrong."""
    its = truth(4, (0, 1), (1, 2))
    ranking = apart_from_homes(ranking_of(guess((0, 1), (2, 3)), its), its, np.array([0, 0, 1, 1]))
    assert (len(ranking.score), ranking.pairs, ranking.edges) == (0, 4, 1)
    assert average_precision(ranking) == ranking.base == 1 / 4


def test_recall_stops_at_the_alarms() -> None:
    """One false pair of 200 is half a percent of them; two would be one; what has the same score counts whole."""
    its = truth(21, (0, 1), (0, 2), (0, 3))
    ranking = ranking_of(guess((0, 1), (5, 6), (0, 2), (5, 7), (5, 8), (0, 3)), its)
    assert recall_at(ranking, 0.01) == pytest.approx(2 / 3)
    assert recall_at(ranking, 0.0) == pytest.approx(1 / 3)
    alike = ranking_of(Pairs(np.array([0, 5]), np.array([1, 6]), np.ones(2)), its)
    assert recall_at(alike, 0.0) == 0.0


def test_people_are_found_by_their_best_guess() -> None:
    """Sora's best guess is wrong though a later one is right."""
    its = truth(4, (0, 1), (1, 2))
    assert found_people(ranking_of(guess((0, 1), (2, 3), (1, 2)), its), its) == pytest.approx(2 / 3)


def test_days_until_a_partner_is_named() -> None:
    """The first day from which on the best guess was once right; never is never."""
    its = truth(5, (0, 1), (1, 2), (3, 4))
    by_day = {1: guess((0, 2)), 2: guess((0, 1)), 4: guess((0, 2)), 5: guess((1, 2))}
    found = days_until(lambda day: ranking_of(by_day[int(day)], its), its, 5)
    assert moments(5) == [1, 2, 4, 5]
    assert found == {0: 2.0, 1: 2.0, 2: 5.0, 3: np.inf, 4: np.inf}


@given(st.data(), st.integers(2, 9))
@pytest.mark.parametrize("way", WAYS)
def test_chance_is_the_mean_over_guesses_with_names_exchanged(
    way: Exchange, data: st.DataObject, accounts: int
) -> None:
    """However it is counted: with ties, with pairs that nobody named, and with each way of exchanging names."""
    every = [(low, high) for high in range(accounts) for low in range(high)]
    talks = data.draw(st.lists(st.sampled_from(every), min_size=1, unique=True))
    named = data.draw(st.dictionaries(st.sampled_from(every), st.integers(0, 3), min_size=1))
    home = np.array(data.draw(st.lists(st.integers(0, 3), min_size=accounts, max_size=accounts)), np.int64)
    known, ranking = truth(accounts, *talks), ranking_of(Pairs.of({pair: float(by) for pair, by in named.items()}),
                                                         truth(accounts, *talks))  # fmt: skip
    dice, found = np.random.default_rng(0), []
    for _ in range(3):
        whose = way(dice, home).tolist()
        moved = {(whose[low], whose[high]): float(by) for (low, high), by in named.items()}
        found.append(
            average_precision(ranking_of(Pairs.of({_ordered(*pair): by for pair, by in moved.items()}), known))
        )
    assert chance_by(way, ranking, known, home, 3).mean == pytest.approx(np.mean(found))


def _ordered(one: int, two: int) -> Pair:
    return min(one, two), max(one, two)
