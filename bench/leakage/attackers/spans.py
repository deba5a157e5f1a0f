"""When each of many people is there, for many questions: who is at these moments, and for how long between two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

BLOCK: Final = 4_096
"""After so many comings and goings the state is kept, so that no question begins at the first."""

Floats = NDArray[np.float64]


class Spans:
    """Times from and until which each person is there, with ``slack`` seconds more before and after, as moments at
    which somebody comes or goes. Numbers of people are places in ``people``.
    """

    def __init__(self, hours: Mapping[int, Iterable[tuple[float, float]]], people: list[int], slack: float) -> None:
        self._people = len(people)
        spans = [(begin - slack, end + slack, at) for at, person in enumerate(people) for begin, end in hours[person]]
        begins, ends, whose = np.array(spans, np.float64).reshape(-1, 3).T
        moments, steps = np.concatenate([begins, ends]), np.repeat((1.0, -1.0), len(spans))
        order = np.argsort(moments, kind="stable")
        self._moments, self._whose = moments[order], np.tile(whose.astype(np.int64), 2)[order]
        self._steps = _Sums(steps[order], self._whose, self._people)
        self._times = _Sums(steps[order] * self._moments, self._whose, self._people)

    def there(self, times: Floats) -> NDArray[np.bool_]:
        """For each of ``times``, which are in order, and each person whether they are there."""
        shape = len(times), self._people
        if not len(times):
            return np.zeros(shape, bool)
        first, last = (self._passed(t) for t in (times[0], times[-1]))
        row = np.searchsorted(times, self._moments[first:last], side="left")
        at = row * self._people + self._whose[first:last]
        moved = np.zeros(shape[0] * shape[1])
        moved += np.bincount(at, self._steps.values[first:last], minlength=len(moved))
        moved[: self._people] += self._steps.first(first)
        return np.asarray(np.cumsum(moved.reshape(shape), axis=0) > 0)

    def seconds(self, low: float, high: float) -> Floats:
        """How long each person is there between two moments."""
        return self._until(high) - self._until(low)

    def _until(self, t: float) -> Floats:
        """How long each person was there before ``t``."""
        passed = self._passed(t)
        return np.asarray(t * self._steps.first(passed) - self._times.first(passed))

    def _passed(self, t: float) -> int:
        return int(np.searchsorted(self._moments, t, side="right"))


class _Sums:
    """Sums of the first so many of ``values``, by whose they are."""

    def __init__(self, values: Floats, whose: NDArray[np.int64], people: int) -> None:
        self.values = values
        self._whose, self._people = whose, people
        rows = -(-len(values) // BLOCK)
        at = np.arange(len(values)) // BLOCK * people + whose
        sums = np.bincount(at, values, minlength=rows * people).reshape(rows, people)
        self._blocks = np.concatenate([np.zeros((1, people)), np.cumsum(sums, axis=0)])

    def first(self, count: int) -> Floats:
        """One sum for each person."""
        block = count // BLOCK
        rest = slice(block * BLOCK, count)
        more = np.bincount(self._whose[rest], self.values[rest], minlength=self._people)
        return np.asarray(self._blocks[block] + more, np.float64)
