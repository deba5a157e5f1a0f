"""What clients were told, and what that comes to: places with two contents, losses, and losses that nobody can see.

A place is a number in a box under one incarnation. Every frame that was acknowledged or shown is noted, with the first
bytes of its content (spec/engine.md §5).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

import msgspec

NAME: Final = 12
"""So many first bytes tell a frame from every other one."""

Place: TypeAlias = tuple[int, bytes, int]
"""Box, incarnation, number."""


class Acknowledged(NamedTuple):
    """A frame that a relay said it kept, and when."""

    box: int
    incarnation: bytes
    seq: int
    name: bytes
    at: float


class Box(msgspec.Struct):
    """What a box holds at the end: its incarnation, its last number, and its frames' names."""

    incarnation: bytes
    head: int
    names: set[bytes]


class Notes(msgspec.Struct):
    """What one relay told its clients."""

    shown: list[tuple[int, bytes, int, bytes]] = []
    """Box, incarnation, number and name of each frame."""
    acknowledged: list[Acknowledged] = []


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the notes of all relays and the boxes at the end come to."""

    acknowledged: int
    places: int
    doubled: int
    """Places with two contents."""
    gone: int
    """Acknowledged frames that no box holds any more."""
    hidden: int
    """Of these, the ones whose box shows the same incarnation and a head that is not below them."""
    silence_s: float
    """The longest time in which a box acknowledged nothing, of all that acknowledged something before and after."""


@dataclass(slots=True)
class History:
    """Everything that was told."""

    contents: dict[Place, bytes] = field(default_factory=dict)
    doubled: set[Place] = field(default_factory=set)
    acknowledged: list[Acknowledged] = field(default_factory=list)

    def add(self, notes: Notes) -> None:
        """What one relay told."""
        for box, incarnation, seq, name in notes.shown:
            self.note(box, incarnation, seq, name)
        for each in notes.acknowledged:
            self.note(each.box, each.incarnation, each.seq, each.name)
        self.acknowledged += notes.acknowledged

    def note(self, box: int, incarnation: bytes, seq: int, name: bytes) -> None:
        """A client was told that this content is at this place."""
        place = (box, incarnation, seq)
        if self.contents.setdefault(place, name) != name:
            self.doubled.add(place)

    def judge(self, boxes: Mapping[int, Box]) -> Judgement:
        """What it comes to, given what every box holds at the end."""
        gone = [each for each in self.acknowledged if each.name not in boxes[each.box].names]
        hidden = [
            each
            for each in gone
            if boxes[each.box].incarnation == each.incarnation and boxes[each.box].head >= each.seq
        ]
        return Judgement(
            len(self.acknowledged), len(self.contents), len(self.doubled), len(gone), len(hidden), self._silence()
        )

    def _silence(self) -> float:
        times: dict[int, list[float]] = defaultdict(list)
        for each in self.acknowledged:
            times[each.box].append(each.at)
        return max((_longest(sorted(each)) for each in times.values()), default=0.0)


def _longest(times: Iterable[float]) -> float:
    return max((later - earlier for earlier, later in pairwise(times)), default=0.0)
