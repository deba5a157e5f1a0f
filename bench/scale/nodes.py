"""How many nodes so many people need: arithmetic on frames that were simulated and bytes that were measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bench.scale.memory import Memory
from bench.scale.records import Held

GIB: Final = 2**30
PEOPLE: Final = 26_000_000
MESSAGES: Final = 40
"""That a person writes in a day: as in docs/capacity.md. Assumed."""
COPIES: Final = 2
"""A primary and its replica."""
FULL: Final = 0.75
"""Of a node's memory that frames may take: the rest is for growth, a shard that takes over another's slots, and the
system. Assumed."""
NODES_GIB: Final = (64, 256, 768)


@dataclass(frozen=True, slots=True)
class Need:
    """What a population needs of an engine, at the fullest hour of its week."""

    frames: float
    """Held, of each person."""
    boxes: float
    memory_bytes: float
    """Of all people, one copy, as the machine gives it."""

    def nodes(self, gib: int) -> float:
        """Machines of so much memory, replicas included."""
        return COPIES * self.memory_bytes / (gib * GIB * FULL)


def need(talked: Held, own: Held, memory: Memory, people: int = PEOPLE, messages: float = MESSAGES) -> Need:
    """Frames grow with what is written; boxes do not."""
    more = messages / talked.said
    frames = more * max(a + b for a, b in zip(talked.hours, own.hours, strict=True))
    boxes = talked.boxes + own.boxes + 1  # and the inbox
    each = frames * memory.stored_bytes + boxes * memory.box_bytes
    return Need(frames, boxes, people * each * memory.resident)
