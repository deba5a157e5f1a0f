"""A hot path: how to prepare one act of it, whose cost is then counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.guard.counting import Act, Cost, Counter, Steps, ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class HotPath:
    """Something that people wait for, or that servers do all day."""

    name: str
    prepare: Callable[[], Act]
    """Everything that is not counted; gives what is. Called once per act."""
    connections: Sequence[Steps] = ()
    timed: int = 0
    """So many acts are timed for the ratio; 0: the path is Python and SQL, which are counted."""

    def cost(self) -> Cost:
        """Of one act. The least of three: a cache that fills or a table that grows meanwhile is not the path's."""
        self.prepare()()
        counted = [Counter(self.connections).count(self.prepare()) for _ in range(3)]
        return Cost(
            bytecodes=min(cost.bytecodes for cost in counted),
            natives=min(cost.natives for cost in counted),
            sql=min(cost.sql for cost in counted),
            ratio=round(ratio(self.prepare, self.timed), 3) if self.timed else 0.0,
        )
