"""Backoff: pauses grow to a bound, differ between clients, and start over after a steady connection."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nullabona.client.net.backoff import Backoff, Policy

POLICY = Policy(first_s=1.0, most_s=8.0, steady_s=30.0)


def test_pauses_double_up_to_the_longest() -> None:
    """With chance at its middle the pauses are three quarters of 1, 2, 4, 8, 8 seconds."""
    state, pauses = Backoff(POLICY), []
    for _ in range(5):
        state = state.lost(100.0, 0.5)
        pauses.append(state.wait(100.0))
    assert pauses == [0.75, 1.5, 3.0, 6.0, 6.0]


def test_the_first_attempt_is_at_once() -> None:
    """Nothing is waited for before anything failed, and a pause ends."""
    assert Backoff().wait(-5.0) == 0.0
    assert Backoff(POLICY).lost(0.0, 0.0).wait(0.5) == 0.0


def test_a_steady_connection_starts_over_and_a_flapping_one_does_not() -> None:
    """A relay that accepts and drops is not hammered."""
    tired = Backoff(POLICY, failures=3)
    assert tired.connected(0.0).lost(29.0, 0.0).failures == 4
    assert tired.connected(0.0).lost(30.0, 0.0).failures == 1


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=2_000))
def test_no_run_of_bad_luck_leaves_the_bounds(chances: list[float]) -> None:
    """Every pause lies between half the shortest and the longest."""
    state = Backoff(POLICY)
    for rng in chances:
        state = state.lost(0.0, rng)
        assert 0.5 <= state.wait(0.0) <= POLICY.most_s
