"""Counts explained as a sum over people: the solution is that of the whole problem, however many join it at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import nnls

from bench.leakage.attackers import explained
from bench.leakage.attackers.explained import explain


def _drawn(seed: int, rows: int, people: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Who was there, and what three of them and some noise make of it."""
    dice = np.random.default_rng(seed)
    there = (dice.random((rows, people)) < dice.random(people) / 3).astype(np.float64)
    return there, there[:, :3].sum(axis=1) + dice.poisson(0.3, rows)


@given(st.integers(0, 10_000), st.integers(0, 60), st.integers(0, 40), st.integers(1, 9))
def test_nothing_better_is_left(seed: int, rows: int, people: int, join: int) -> None:
    """The conditions under which no other weights explain more (Karush, Kuhn and Tucker)."""
    there, counts = _drawn(seed, rows, people)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explained, "JOIN", join)
        found = explain(there, counts, range(people))
    weight = np.array([found.get(person, 0.0) for person in range(people)])
    assert (weight >= 0).all()
    goes = there.T @ (counts - there @ weight)
    assert (goes < 1e-6).all()
    assert (np.abs(goes[weight > 0]) < 1e-6).all()


@pytest.mark.parametrize("rows", [500, 2_000])
def test_it_is_what_the_library_finds_for_all_at_once(rows: int) -> None:
    """Where there is one solution only; 2,000 rows are more than twice those who join."""
    there, counts = _drawn(1, rows, 300)
    found = explain(there, counts, range(100, 400))
    wanted, _ = nnls(there, counts)
    assert found.keys() == set((np.flatnonzero(wanted) + 100).tolist())
    for person, weight in found.items():
        assert weight == pytest.approx(wanted[person - 100], abs=1e-9)


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_solution_that_stops_short_is_made_good(monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    """Nobody comes and goes for ever by rounding, and what is found is no worse than what all at once give."""
    there, counts = _drawn(1, 40, 30)
    real = explained._least_squares
    monkeypatch.setattr(explained, "_least_squares", lambda columns, counts: share * real(columns, counts))
    wanted, _ = nnls(there, counts)
    assert explain(there, counts, range(30)) == {at: weight for at, weight in enumerate(wanted.tolist()) if weight > 0}
