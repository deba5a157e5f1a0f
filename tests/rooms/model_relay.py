"""Seeded chance, and a relay without sockets, clock or disk: what schedules are played with."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from hashlib import sha256

from nullabona.relay.core.boxes import FIRST_BITS
from nullabona.wire.messages import Appended, Done, Frames


class Dice:
    """Seeded chance."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def bytes(self, count: int) -> bytes:
        return self.random.randbytes(count)

    def between(self, low: int, high: int) -> int:
        return self.random.randint(low, high)


@dataclass
class Box:
    incarnation: bytes
    frames: dict[int, bytes] = field(default_factory=dict)
    head: int = 0
    before: int = 0
    """The number before its first."""
    reign: int = 0
    """Under which primary it was last appended to."""


class ModelRelay:
    """What a relay does to boxes and blobs, without sockets, clock or disk (tests/rooms/test_model_relay.py)."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self.boxes: dict[bytes, Box] = {}
        self.blobs: dict[bytes, bytes] = {}
        self.reign = 0

    def append(self, address: bytes, frame: bytes, *, inbox: bool = False) -> Appended:
        box = self.boxes.get(address) or self._begin(address, inbox=inbox)
        if box.reign != self.reign:
            box.incarnation, box.reign = self._dice.bytes(8), self.reign
        box.head += 1
        box.frames[box.head] = frame
        return Appended(box.head, box.incarnation)

    def read(self, address: bytes, after: int, limit: int = 1_000, *, inbox: bool = False) -> Frames:
        box = self.boxes.get(address)
        if box is None:
            if inbox:
                self._begin(address, inbox=True)
            return Frames(b"", 0, ())
        later = [(seq, data) for seq, data in box.frames.items() if seq > after]
        return Frames(box.incarnation, box.head, tuple(later[:limit]))

    def trim(self, address: bytes, upto: int) -> Done:
        box = self.boxes.get(address)
        if box is not None:
            box.frames = {seq: data for seq, data in box.frames.items() if seq > upto}
        return Done()

    def put_blob(self, data: bytes) -> Done:
        self.blobs[sha256(data).digest()] = data
        return Done()

    def get_blob(self, digest: bytes) -> bytes | None:
        return self.blobs.get(digest)

    def wipe(self) -> None:
        self.boxes.clear()
        self.blobs.clear()

    def fail_over(self, most: int) -> None:
        """What is left on a replica that becomes the primary: each box lacks up to ``most`` of its newest frames.

        The next append to a box gives it another incarnation; its other frames keep their numbers.
        """
        self.reign += 1
        for box in self.boxes.values():
            for _ in range(min(self._dice.between(0, most), box.head - box.before)):
                box.frames.pop(box.head, None)
                box.head -= 1

    def _begin(self, address: bytes, *, inbox: bool) -> Box:
        before = self._dice.between(0, 2**FIRST_BITS - 1) if inbox else 0
        box = self.boxes[address] = Box(self._dice.bytes(8), head=before, before=before, reign=self.reign)
        return box

    def copy(self) -> ModelRelay:
        """A second history that begins equal: what a lying relay shows to some."""
        other = ModelRelay(self._dice)
        other.blobs, other.reign = self.blobs, self.reign
        other.boxes = {address: replace(box, frames=dict(box.frames)) for address, box in self.boxes.items()}
        return other
