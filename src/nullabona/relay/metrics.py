"""Aggregate counters (spec/relay.md §2.4): nothing per box, per connection or per address.

What is published is a copy made once a minute, with small counts blurred, so that it is not a clock of one person.
Failures of ours are not blurred: they are nobody's, and the first of them has to show.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from nullabona.relay.faults import Faults
from nullabona.wire.telemetry import RELAY_METRICS, Metric

GRAIN: Final = 50
"""Published counts are rounded down to a multiple of this."""
PERIOD_S: Final = 60
"""Whole seconds between two publications."""


class Metrics:
    """Counts of this process since it started."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.faults = Faults()
        self.frames_kept = 0
        self.frame_bytes_kept = 0
        self.batches = 0
        self.connections = 0
        self.waiting_reads = 0
        self._published = ""
        self._next = 0

    def publish(self, now: int) -> None:
        """Renew what is published, if a period has passed."""
        if now < self._next:
            return
        self._next = now + PERIOD_S
        self._published = "".join(self._family(metric) for metric in RELAY_METRICS)

    def text(self) -> str:
        """The published counts as Prometheus text."""
        return self._published

    def _family(self, metric: Metric) -> str:
        full = metric.shown_as
        head = f"# HELP {full} {metric.purpose}\n# TYPE {full} {'gauge' if metric.gauge else 'counter'}\n"
        value = getattr(self, metric.name)
        shown = int if metric.exact else _blur
        if isinstance(value, Counter):
            return head + "".join(f'{full}{{{metric.label}="{key}"}} {shown(value[key])}\n' for key in sorted(value))
        return head + f"{full} {shown(value)}\n"


def _blur(count: int) -> int:
    return count - count % GRAIN
