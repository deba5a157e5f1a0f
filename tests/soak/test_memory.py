"""The watch over a relay's memory: its tool runs for some seconds, and tells what grows from what does not."""

from __future__ import annotations

import asyncio

import pytest

from bench.soak.memory import judged, watch


def test_what_is_flat_and_what_grows() -> None:
    """Two hours of samples about one level, and two hours that end 10 MiB higher."""
    flat = [(1_000.0 + 5 * at, 60.0 + at % 2) for at in range(1_440)]
    rising = [(at, mib + (at - 1_000) / 720) for at, mib in flat]
    assert abs(judged(flat, 1_000.0, 0).per_hour) < 0.5
    seen = judged(rising, 1_000.0, 5)
    assert 4.5 < seen.per_hour < 5.5
    assert seen.error < 0.1
    assert (5, 120) == (seen.requests, round(seen.minutes))


def test_what_comes_before_the_warm_up_does_not_count() -> None:
    """Caches fill in the first minutes."""
    found = [(5.0 * at, 20.0 + min(at, 100)) for at in range(1_440)]
    assert (120.0, 120.0) == (judged(found, 0.0, 0).first, judged(found, 0.0, 0).most)


@pytest.mark.slow
def test_a_relay_is_watched() -> None:
    """For half a minute: it is used, it is heard, and there are figures."""
    seen = asyncio.run(watch(0.5, 30.0))
    assert seen.requests > 50
    assert 20 < seen.first <= seen.most < 200
