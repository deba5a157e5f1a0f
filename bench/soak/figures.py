"""What may be claimed of a soak's figures: is memory flat, is latency flat; pure.

Memory: the slope of a line through the samples of every life of a process together, each life with a level of its own,
after its warm-up. Latency: a percentile of the last third of the run beside that of the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

Sample: TypeAlias = tuple[float, float]
"""When, and what."""
Span: TypeAlias = tuple[float, float]
"""Since when, and until when."""
HOUR_S: Final = 3_600.0


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that the run has to show."""

    name: str
    held: bool | None
    """None if the run was too short to say."""
    figure: str

    @property
    def failed(self) -> bool:
        """Whether the run has shown that it is not so, or has not shown what it should have."""
        return self.held is False


def unmeasured(name: str, *, is_long_enough: bool) -> Claim:
    """A claim for which there are no samples: that is a fault of a run which was long enough to have some."""
    if is_long_enough:
        return Claim(name, held=False, figure="not measured, though the run was long enough")
    return Claim(name, held=None, figure="not measured: too short")


@dataclass(frozen=True, slots=True)
class Growth:
    """Of the memory of one kind of process."""

    samples: int
    level_mib: float
    """Median."""
    mib_per_hour: float
    off_by: float
    """Standard error of that slope, in the same unit."""
    over_s: float
    """What the lives last together, without their warm-up."""

    def is_flat(self, most_mib_per_hour: float) -> bool:
        """Whether it grows no faster than that. A slope that is not more than twice its error is none."""
        return self.mib_per_hour <= max(most_mib_per_hour, 2 * self.off_by)


def growth(lives: Iterable[Sequence[Sample]], warm_up_s: float) -> Growth | None:
    """Of processes whose lives are given as samples of seconds and MiB; None if too little is left to say anything."""
    kept = [[one for one in life if one[0] - life[0][0] >= warm_up_s] for life in lives if life]
    kept = [life for life in kept if len(life) > 2]
    if not kept:
        return None
    centred = [one for life in kept for one in _centred(life)]
    spread = sum(at * at for at, _ in centred)
    slope = sum(at * level for at, level in centred) / spread
    # Samples of a process are no independent draws: memory moves in steps that stay.
    freedom = max(len(centred) / _ALIKE - len(kept) - 1, 1.0)
    rest = sum((level - slope * at) ** 2 for at, level in centred) / _ALIKE / freedom
    off_by = float((rest / (spread / _ALIKE)) ** 0.5)
    levels = sorted(level for life in kept for _, level in life)
    over_s = sum(life[-1][0] - life[0][0] for life in kept)
    return Growth(len(centred), levels[len(levels) // 2], slope * HOUR_S, off_by * HOUR_S, over_s)


_ALIKE: Final = 10.0
"""So many samples in a row count as one."""


def _centred(life: Sequence[Sample]) -> list[Sample]:
    when = sum(at for at, _ in life) / len(life)
    what = sum(level for _, level in life) / len(life)
    return [(at - when, level - what) for at, level in life]


@dataclass(frozen=True, slots=True)
class Drift:
    """A percentile in the first and in the last third of a run, in ms."""

    percent: int
    first_ms: float
    last_ms: float
    samples: int
    busier: float
    """How many times as busy the machine was in the last third, at least 1."""

    def is_flat(self, most_ratio: float, floor_ms: float) -> bool:
        """Whether the last third is at most so many times the first, and as much more as the machine was busier.

        What is under the floor counts as the floor.
        """
        return max(self.last_ms, floor_ms) <= most_ratio * self.busier * max(self.first_ms, floor_ms)


def thirds(calm: Sequence[Span]) -> tuple[Span, Span] | None:
    """The first and the last third of a run, from its first calm time to its last; None if there was none."""
    calm = [(since, until) for since, until in calm if since < until]
    if not calm:
        return None
    since, until = calm[0][0], calm[-1][1]
    third = (until - since) / 3
    return (since, since + third), (until - third, until)


def drift(
    delays: Sequence[Sample], calm: Sequence[Span], percent: int, stretches: Sequence[Sample] = ()
) -> Drift | None:
    """Of delays (when it was said, how long it took) that began in calm times; None if either third has none.

    ``stretches``: how busy the machine was, by time.
    """
    found = thirds(calm)
    if found is None:
        return None
    chosen = [delay for delay in delays if any(since <= delay[0] < until for since, until in calm)]
    first, last = (_during(third, chosen) for third in found)
    if not first or not last:
        return None
    before, after = (_mean(_during(third, stretches)) for third in found)
    return Drift(
        percent,
        1_000 * percentile(first, percent),
        1_000 * percentile(last, percent),
        len(chosen),
        max(1.0, after / before),
    )


def _during(span: Span, samples: Sequence[Sample]) -> list[float]:
    return [what for at, what in samples if span[0] <= at <= span[1]]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 1.0


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent do not exceed. Raises `IndexError` without values."""
    return sorted(values)[min(len(values) * percent // 100, len(values) - 1)]
