"""When many people are there: the same as if each were asked by themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.leakage.attackers import spans
from bench.leakage.attackers.spans import Spans

SLACK = 45.0

span = st.tuples(st.integers(0, 1_000), st.integers(0, 300)).map(lambda drawn: (float(drawn[0]), float(sum(drawn))))
hours = st.lists(st.lists(span, max_size=4), min_size=1, max_size=5)
moments = st.lists(st.integers(0, 1_500), max_size=6)


@given(hours, moments, st.integers(1, 9))
def test_who_is_there_and_how_long(drawn: list[list[tuple[float, float]]], times: list[int], block: int) -> None:
    """From a little before they came until a little after they went; where two of their times overlap, both count."""
    its = {7 * at: sorted(spans) for at, spans in enumerate(drawn)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spans, "BLOCK", block)
        asked = Spans(its, sorted(its), SLACK)
    wide = [[(begin - SLACK, end + SLACK) for begin, end in its[person]] for person in sorted(its)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spans, "BLOCK", block)
        found = asked.there(np.array(sorted(times), np.float64))
        wanted = [[any(begin <= t < end for begin, end in each) for each in wide] for t in sorted(times)]
        assert np.array_equal(np.array(wanted, bool).reshape(found.shape), found)
        if times:
            low, high = min(times), max(times)
            lasted = [sum(max(0.0, min(end, high) - max(begin, low)) for begin, end in each) for each in wide]
            assert asked.seconds(low, high) == pytest.approx(lasted)


def test_of_nobody_there_is_nothing() -> None:
    """Without people there is no column, and without spans nobody is there."""
    assert Spans({}, [], SLACK).there(np.array([1.0])).shape == (1, 0)
    alone = Spans({3: []}, [3], SLACK)
    assert not alone.there(np.array([1.0, 2.0])).any()
    assert alone.seconds(0.0, 100.0).tolist() == [0.0]
