"""What was seen while the stranger was there, and after."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Phase:
    """What was seen while the stranger was there."""

    connections: int
    latencies: list[float] = field(default_factory=list)
    slowest: dict[str, float] = field(default_factory=dict)
    asked: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    heard_bytes_s: float = 0.0
    appended: int = 0
    lacking: int = 0
    starved: float = 0.0
    """The part of the time in which the relay was ready and something else had the machine's processors."""


@dataclass(slots=True)
class Flood:
    """What came of it. Times are seconds."""

    minutes: float
    before: list[float] = field(default_factory=list)
    """How long messages took before the stranger came, from saying to being there."""
    phases: list[Phase] = field(default_factory=list)
    memory_before_mb: float = 0.0
    memory_mb: float = 0.0
    disk_before_mb: float = 0.0
    disk_mb: float = 0.0
    normal_s: float = 0.0
    """After the stranger has gone: until all is as before."""

    @property
    def taken(self) -> Counter[str]:
        """What the relay took of the stranger."""
        return sum((phase.taken for phase in self.phases), Counter())
