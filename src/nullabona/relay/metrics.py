"""Aggregate numbers of the process (spec/relay.md §2.4): nothing per box, per connection or per address.

What is published is a copy made once a minute, with small counts blurred, so that it is not a clock of one person.
What is nobody's doing (limits, failures of ours, the record's times) is shown as it is: the first failure has to show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from nullabona.relay.faults import Faults
from nullabona.wire.telemetry import RELAY_METRICS, exposition

PERIOD_S: Final = 60
"""Whole seconds between two publications."""

Figures: TypeAlias = Mapping[str, int | Mapping[str, int]]
"""Numbers by the name of their metric; for a metric with a label, one for each value of the label."""


class Metrics:
    """What this process counts since it started, and what is measured when it is published."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.faults = Faults()
        self.frames_kept = 0
        self.frame_bytes_kept = 0
        self.batches = 0
        self.connections = 0
        self.waiting_reads = 0
        self.connections_refused: Counter[str] = Counter()
        self._published = ""
        self._next = 0

    def publish(self, now: int, measure: Callable[[], Figures] = dict) -> None:
        """Renew what is published, if a period has passed; ``measure`` gives what nobody counts, and only then."""
        if now < self._next:
            return
        self._next = now + PERIOD_S
        figures = {**vars(self), **measure()}
        self._published = exposition(RELAY_METRICS, figures)

    def text(self) -> str:
        """The published numbers as Prometheus text."""
        return self._published
