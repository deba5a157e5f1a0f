"""What a relay acknowledged of one box, and what became of it; pure.

A frame that a read missed is excused only if the relay's data was deleted between its acknowledgement and that read.
Every other one is missing, whatever happened at other times of the run.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass


@dataclass(slots=True)
class Wipes:
    """How often the relay's data was deleted so far. That takes time: what is sent meanwhile may be lost to it."""

    begun: int = 0
    over: int = 0
    """The relay that wrote to the deleted data is gone."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """That a frame was acknowledged."""

    incarnation: bytes
    seq: int
    wipes: int
    """How many wipes were over when the frame was sent."""


class Receipts:
    """Of one box, whose frames are numbered in the order in which they are sent.

    Counts ``acked`` and ``delivered`` frames, those read ``twice``, and those that a read missed: ``wiped`` or
    ``missing``.
    """

    def __init__(self, wipes: Wipes, counts: Counter[str]) -> None:
        self._wipes = wipes
        self._counts = counts
        self._unread: dict[int, Receipt] = {}
        self._read: set[int] = set()
        self.newest = 0
        """Number of the frame that was acknowledged last: what a read must show that is asked for now."""

    def __len__(self) -> int:
        """How many frames were acknowledged and neither read nor missed yet."""
        return len(self._unread)

    @property
    def read(self) -> int:
        """How many different frames were read."""
        return len(self._read)

    def acknowledge(self, number: int, receipt: Receipt) -> None:
        """The relay says that it has the frame."""
        self._counts["acked"] += 1
        self.newest = number
        if number not in self._read:
            self._unread[number] = receipt

    def take(self, number: int) -> bool:
        """A frame was read; whether for the first time."""
        if number in self._read:
            self._counts["twice"] += 1
            return False
        self._read.add(number)
        self._unread.pop(number, None)
        self._counts["delivered"] += 1
        return True

    def judge(self, asked: int, incarnation: bytes, upto: int) -> None:
        """A read, asked for when ``asked`` was the newest, has shown a box's frames up to a number: it missed the rest.

        The incarnation is empty if there is no box.
        """
        self._give_up([
            number for number, receipt in self._unread.items()
            if number <= asked and (receipt.incarnation != incarnation or receipt.seq <= upto)
        ])  # fmt: skip

    def close(self) -> None:
        """There are no more reads: they have missed all that is left."""
        self._give_up(list(self._unread))

    def _give_up(self, numbers: list[int]) -> None:
        for number in numbers:
            excused = self._unread.pop(number).wipes < self._wipes.begun
            self._counts["wiped" if excused else "missing"] += 1
