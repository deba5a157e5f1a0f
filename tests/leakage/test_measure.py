"""How guesses are scored: hand-made cases, properties, and scikit-learn as a second opinion."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from bench.leakage.guess import Cast, Pairs
from bench.leakage.measure import among, average_precision, best_f1, chained, chance, identify, owners, rank
from bench.leakage.trace import EVENT, NOBODY, Events, Op, Owners, Pair, Truth, role_of


def truth(accounts: int, talks: set[Pair], conns: Sequence[int] = (), chain: tuple[Pair, ...] = ()) -> Truth:
    return Truth(accounts, frozenset(talks), [], {}, chain, Owners(conns), {})


def rows(*events: tuple[float, Op, int, int]) -> Events:
    """Events of time, kind, place and connection."""
    return np.array(
        [(t, op, place, conn, NOBODY, NOBODY, NOBODY, 0, role_of(op)) for t, op, place, conn in events], EVENT
    )


def same(accounts: int) -> dict[int, int]:
    """Every person of the cast is the account of that number."""
    return {account: account for account in range(accounts)}


def test_average_precision_by_hand() -> None:
    """Hit, miss, hit among six pairs of which two are edges: (1/1 + 2/3) / 2."""
    pairs = Pairs.of({(0, 1): 3.0, (0, 2): 2.0, (1, 2): 1.0})
    ranking = rank(pairs, same(4), truth(4, {(0, 1), (1, 2)}))
    assert average_precision(ranking) == pytest.approx((1 + 2 / 3) / 2)
    assert best_f1(ranking) == pytest.approx(2 * (2 / 3) / (2 / 3 + 1))


def test_pairs_that_were_not_guessed_share_the_last_rank() -> None:
    """One of two edges guessed alone, the other among the five left: 1/2 + 1/2 * 2/6."""
    ranking = rank(Pairs.of({(0, 1): 1.0}), same(4), truth(4, {(0, 1), (2, 3)}))
    assert average_precision(ranking) == pytest.approx(0.5 + 0.5 * 2 / 6)


def test_who_guesses_nothing_has_the_base_rate() -> None:
    """No pair guessed: average precision is the share of pairs that are edges."""
    ranking = rank(Pairs.none(), {}, truth(5, {(0, 1), (2, 4)}))
    assert average_precision(ranking) == ranking.base == 2 / 10


guesses = st.dictionaries(st.sampled_from(list(combinations(range(7), 2))), st.integers(1, 4).map(float), max_size=21)
edge_sets = st.sets(st.sampled_from(list(combinations(range(7), 2))), min_size=1, max_size=20)


@given(guesses, edge_sets)
def test_average_precision_agrees_with_scikit_learn(scores: dict[Pair, float], edges: set[Pair]) -> None:
    """For any scores, ties included, with 0 for what was not guessed."""
    everybody = list(combinations(range(7), 2))
    expected = average_precision_score([pair in edges for pair in everybody], [scores.get(p, 0.0) for p in everybody])
    assert average_precision(rank(Pairs.of(scores), same(7), truth(7, edges))) == pytest.approx(expected)


@given(edge_sets)
def test_a_perfect_guess_scores_one(edges: set[Pair]) -> None:
    """All edges and nothing else."""
    ranking = rank(Pairs.of(dict.fromkeys(edges, 1.0)), same(7), truth(7, edges))
    assert average_precision(ranking) == pytest.approx(1.0)
    assert best_f1(ranking) == pytest.approx(1.0)


@given(guesses, edge_sets, st.permutations(range(7)))
def test_names_do_not_matter(scores: dict[Pair, float], edges: set[Pair], names: list[int]) -> None:
    """Renaming everybody in guess and truth changes nothing."""

    def renamed(pair: Pair) -> Pair:
        one, two = sorted((names[pair[0]], names[pair[1]]))
        return one, two

    before = rank(Pairs.of(scores), same(7), truth(7, edges))
    after = rank(Pairs.of({renamed(p): s for p, s in scores.items()}), same(7), truth(7, {renamed(p) for p in edges}))
    assert average_precision(after) == pytest.approx(average_precision(before))
    assert best_f1(after) == pytest.approx(best_f1(before))


def test_a_random_guess_lies_within_chance() -> None:
    """Of 200 random rankings about 95 in 100 lie where `chance` says, and their mean is near the base rate."""
    dice = np.random.default_rng(1)
    everybody = list(combinations(range(30), 2))
    edges = {everybody[at] for at in dice.choice(len(everybody), 40, replace=False)}
    its = truth(30, edges)
    by_chance = chance(rank(Pairs.of(dict(zip(everybody, dice.random(435), strict=True))), same(30), its), its)
    found = [
        average_precision(rank(Pairs.of(dict(zip(everybody, dice.random(435), strict=True))), same(30), its))
        for _ in range(200)
    ]
    assert np.mean([by_chance.low <= value <= by_chance.high for value in found]) > 0.85
    assert np.mean(found) == pytest.approx(40 / 435, rel=0.25)
    assert by_chance.low < by_chance.mean < by_chance.high


def test_a_person_in_pieces_counts_once() -> None:
    """Of two people who are one account the one with more of its events stands for it, the other for nobody."""
    live = rows(*[(float(n), Op.READ, 0, 0) for n in range(3)], (9.0, Op.READ, 1, 1), (9.5, Op.READ, 2, 2))
    its = truth(3, {(0, 1)}, [0, 0, 1])
    cast = Cast(conns={0: 70, 1: 71, 2: 72})
    assert identify(cast, live, its) == {70: 0, 72: 1}


def test_who_is_named_is_who_they_are_said_to_be() -> None:
    """A name stands, and no pseudonym may stand for the same account."""
    live = rows((0.0, Op.READ, 0, 0), (1.0, Op.READ, 0, 1))
    its = truth(2, {(0, 1)}, [0, 1])
    assert identify(Cast(accounts={0: 5}, conns={0: 6, 1: 7}), live, its) == {5: 0, 7: 1}


def test_a_place_of_ones_own_is_the_surest_name() -> None:
    """A pseudonym with an inbox is whoever reads that, though most connections that were taken for theirs are not."""
    live = rows((0.0, Op.READ, 4, 0), *[(1.0 + n, Op.READ, 9, 1) for n in range(5)])
    cast = Cast(conns={0: 7, 1: 7}, places={4: 7})
    assert identify(cast, live, truth(2, set(), [0, 1])) == {7: 0}


def test_among_leaves_edges_out_of_the_question() -> None:
    """Neither found nor missed: of two edges one is asked for, and the other's place in the ranking is gone."""
    pairs = Pairs.of({(0, 1): 3.0, (1, 2): 2.0})
    ranking = among(pairs, same(3), truth(3, {(0, 1), (1, 2)}), {(0, 1)})
    assert (ranking.pairs, ranking.edges, average_precision(ranking)) == (2, 1, 1.0)


def test_two_people_taken_for_one_are_one() -> None:
    """Whoever merges two accounts has found only one of them."""
    live = rows((0.0, Op.READ, 0, 0), (1.0, Op.READ, 0, 1), (2.0, Op.READ, 0, 1))
    assert identify(Cast(conns={0: 9, 1: 9}), live, truth(2, set(), [0, 1])) == {9: 1}


def test_a_place_has_an_owner_if_one_account_reads_it() -> None:
    """Over several connections too; a place that two accounts read has none."""
    live = rows((0.0, Op.READ, 4, 0), (1.0, Op.READ, 4, 1), (2.0, Op.READ, 5, 0), (3.0, Op.DELIVER, 5, 2))
    assert owners(live, truth(2, set(), [0, 0, 1])) == {4: 0}


def test_chained_is_the_share_of_true_successions() -> None:
    """Wrong guesses do not help; a design whose rooms never move has no figure."""
    its = truth(2, set(), chain=((0, 1), (1, 2), (3, 4), (4, 5)))
    assert chained({(0, 1), (1, 2), (2, 3)}, its) == 0.5
    assert chained({(0, 1)}, truth(2, set())) is None
