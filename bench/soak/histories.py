"""Whether histories hold exactly what was said, line by line and device by device; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from bench.soak.ledger import Line

Told: TypeAlias = list[tuple[str, str, list[tuple[int, int]]]]
"""Lines, each as often as it is there: a speaker, a room, and from which number to which. A night's lines fit in one
answer of a process so.
"""


def told(lines: Iterable[Line]) -> Told:
    """These lines, in few words."""
    numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for line in lines:
        numbers[line.speaker, line.room].append(line.number)
    return [(speaker, room, _runs(sorted(found))) for (speaker, room), found in numbers.items()]


def lines_of(words: Told) -> Counter[Line]:
    """What `told` was given, how often each."""
    return Counter(
        Line(speaker, room, number)
        for speaker, room, runs in words
        for first, last in runs
        for number in range(first, last + 1)
    )


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return runs


@dataclass(slots=True)
class Histories:
    """Of all devices that were in a room from its beginning, room by room."""

    want: int = 0
    """Lines times devices."""
    held: int = 0
    """Of these, how many are there, however often."""
    lost: list[tuple[str, Line]] = field(default_factory=list)
    twice: list[tuple[str, Line]] = field(default_factory=list)
    unsaid: list[tuple[str, Line]] = field(default_factory=list)
    """Held, and never said in this room."""

    @property
    def are_exact(self) -> bool:
        """Whether everything that was said is there, once, and nothing else."""
        return self.want > 0 and not (self.lost or self.twice or self.unsaid)

    def compare(self, device: str, said: Iterable[Line], found: Counter[Line]) -> None:
        """One device's history of one room with what was said in it."""
        want = set(said)
        self.want += len(want)
        self.held += len(want & found.keys())
        self.lost += [(device, line) for line in sorted(want - found.keys())]
        self.twice += [(device, line) for line, times in sorted(found.items()) if times > 1]
        self.unsaid += [(device, line) for line in sorted(found.keys() - want)]
