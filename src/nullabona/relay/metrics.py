"""Aggregate counters (spec/relay.md §2.4): nothing per box, per connection or per address.

What is published is a copy made once a minute, with small counts blurred, so that it is not a clock of one person.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

GRAIN: Final = 50
"""Published counts are rounded down to a multiple of this."""
PERIOD_S: Final = 60
"""Whole seconds between two publications."""

_HELP: Final = {
    "requests": "Requests taken, by kind.",
    "refusals": "Refusals given, by code.",
    "frames_kept": "Frames kept.",
    "frame_bytes_kept": "Bytes of frames kept.",
    "batches": "Batches written.",
    "connections": "Connections open now.",
    "waiting_reads": "Reads waiting now.",
    "faults": "Failures of ours, by kind.",
}
_GAUGES: Final = frozenset({"connections", "waiting_reads"})


class Metrics:
    """Counts of this process since it started."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
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
        self._published = "".join(self._family(name) for name in _HELP)

    def text(self) -> str:
        """The published counts as Prometheus text."""
        return self._published

    def _family(self, name: str) -> str:
        kind = "gauge" if name in _GAUGES else "counter"
        full = f"nullabona_relay_{name}" + ("" if kind == "gauge" else "_total")
        head = f"# HELP {full} {_HELP[name]}\n# TYPE {full} {kind}\n"
        value = getattr(self, name)
        if isinstance(value, Counter):
            label = {"requests": "kind", "refusals": "code", "faults": "kind"}[name]
            return head + "".join(f'{full}{{{label}="{key}"}} {_blur(value[key])}\n' for key in sorted(value))
        return head + f"{full} {_blur(value)}\n"


def _blur(count: int) -> int:
    return count - count % GRAIN
