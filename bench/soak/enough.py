"""Whether a run was long enough that it must have measured something; pure.

If it was, lack of samples is a failed claim: something did not look. If it was not, there is nothing to claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from bench.soak.figures import Span, thirds
from bench.soak.plan import RELAY_DEEDS, UNTROUBLED, Shape
from bench.soak.probe import GONE_S

SAMPLED_S: Final = 30.0
"""A life that goes on so long after its warm-up has samples: one is taken about every second."""
PROBES: Final = 2
"""Of so many probes of expiry, one after another, one is whole: the first may have begun in an earlier relay's life."""
LATE_S: Final = 15.0
"""How far a deed to the relay may reach into the time in which it is left alone."""
DELAYS: Final = 30
"""If so many delays are expected, some are there."""


def relay_memory(shape: Shape, seconds: float, deeds: Iterable[str]) -> bool:
    """Whether some relay lived long enough."""
    return _relay_alone_s(shape, seconds, deeds) - shape.warm_up_s >= SAMPLED_S


def client_memory(shape: Shape, seconds: float, deeds: Iterable[str]) -> bool:
    """Whether some process of whole clients lived long enough. Only the last of them is ever killed."""
    kills = list(deeds).count("kill-clients") if shape.crowds == 1 else 0
    return seconds / (kills + 1) - shape.warm_up_s >= SAMPLED_S


def expiry(shape: Shape, seconds: float, deeds: Iterable[str]) -> bool:
    """Whether some probe can have ended. It takes at most two days and what a frame may go late."""
    return _relay_alone_s(shape, seconds, deeds) - LATE_S >= PROBES * (2 * shape.day_s + GONE_S)


def latency(calm: Sequence[Span], rate: float) -> bool:
    """Whether enough was said, at so many a second, in the calm times of the first third and in those of the last."""
    found = thirds(calm)
    return found is not None and all(rate * _within(calm, third) >= DELAYS for third in found)


def _relay_alone_s(shape: Shape, seconds: float, deeds: Iterable[str]) -> float:
    """How long one relay was left alone: by the plan, or at least, if it was ended so often in all."""
    ends = sum(deed in RELAY_DEEDS for deed in deeds)
    planned = 0.0 if shape.deeds else 60.0 * shape.minutes * (UNTROUBLED[1] - UNTROUBLED[0])
    return max(planned, seconds / (ends + 1))


def _within(calm: Sequence[Span], third: Span) -> float:
    return sum(max(0.0, min(until, third[1]) - max(since, third[0])) for since, until in calm)
