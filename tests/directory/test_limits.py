"""Rate limits: bounded, forgiving with time, and without memory of who was looked up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nullabona.directory.core.limits import Bucket, PerHandle, Rate


def test_a_burst_is_taken_and_then_waits() -> None:
    """A bucket gives its burst at once, then says how long to wait, and keeps its word."""
    bucket = Bucket(Rate(burst=2, per_s=0.5), 0.0)
    assert [bucket.take(0.0), bucket.take(0.0), bucket.take(0.0)] == [0, 0, 2]
    assert bucket.take(2.0) == 0


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    """Time that runs backwards fills no bucket."""
    bucket = Bucket(Rate(burst=1, per_s=1), 100.0)
    assert [bucket.take(100.0), bucket.take(0.0)] == [0, 1]


@given(st.lists(st.floats(0, 5), max_size=50))
def test_no_pattern_gets_more_than_the_rate(pauses: list[float]) -> None:
    """However requests are spaced, no more are taken than burst plus rate times time."""
    bucket = Bucket(Rate(burst=3, per_s=1), 0.0)
    now, taken = 0.0, 0
    for pause in pauses:
        now += pause
        taken += bucket.take(now) == 0
    assert taken <= 3 + now + 1e-6


def test_handles_do_not_use_up_one_another() -> None:
    """One busy handle leaves another's budget alone."""
    handles = PerHandle(Rate(burst=1, per_s=0.1), most=10)
    assert [handles.take("a", 0.0), handles.take("a", 0.0), handles.take("b", 0.0)] == [0, 10, 0]


def test_memory_is_bounded() -> None:
    """With too many busy handles a new one waits; rested ones are forgotten."""
    handles = PerHandle(Rate(burst=1, per_s=0.1), most=2)
    assert [handles.take(name, 0.0) for name in "abc"] == [0, 0, 60]
    assert handles.take("c", 20.0) == 0
