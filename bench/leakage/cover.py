"""Cover reads, which the product does not have: boxes of a public pool that everybody reads and writes for nothing.

Played in what is noted only: from outside, a read or a frame of the pool looks like any other. Each device reads the
same few boxes of the pool for good, as it does those of its rooms, and while it is online puts a smallest frame into
one of them about once an hour.
"""

from __future__ import annotations

import asyncio
import random
from typing import Final

from bench.leakage.lines import Seat
from bench.leakage.tap import Tap
from bench.leakage.trace import Op
from nullabona.wire.padding import BUCKETS

EVERY_S: Final = 3_600.0


class Cover:
    """The pool and who reads what. ``count`` boxes for each device, of ``pool`` boxes."""

    def __init__(self, seed: int, pool: int, count: int, tap: Tap) -> None:
        self.put: list[tuple[bytes, float]] = []
        """The frames of the pool that are at the relay: box and time."""
        self._seed = seed
        self._boxes = [f"cover {number}".encode() for number in range(pool)]
        self._count = count
        self._tap = tap
        self._readers: dict[bytes, dict[Seat, int]] = {}
        self._timers: dict[Seat, asyncio.TimerHandle] = {}
        self._loop = asyncio.get_running_loop()

    def begin(self, seat: Seat, device: int) -> None:
        """The device is connected for its rooms, just now: on the same connection it reads its boxes of the pool."""
        if not self._count:
            return
        dice = random.Random(f"cover {self._seed} {seat.account} {device}")
        newest = next(reversed(seat.lines))
        for box in dice.sample(self._boxes, min(self._count, len(self._boxes))):
            conn = newest.number(box)
            self._readers.setdefault(box, {})[seat] = conn
            self._tap.note(Op.READ, conn, seat.addr, place=self._tap.place(box))
        self._next(seat, dice)

    def end(self, seat: Seat) -> None:
        """The device is not connected any more."""
        for readers in self._readers.values():
            readers.pop(seat, None)
        if seat in self._timers:
            self._timers.pop(seat).cancel()

    def _next(self, seat: Seat, dice: random.Random) -> None:
        gap = dice.expovariate(1 / EVERY_S)
        self._timers[seat] = self._loop.call_later(gap, self._write, seat, dice)

    def _write(self, seat: Seat, dice: random.Random) -> None:
        mine = [box for box, readers in self._readers.items() if seat in readers]
        box = dice.choice(mine)
        place = self._tap.place(box)
        self._tap.note(Op.APPEND, self._readers[box][seat], seat.addr, place=place, size=BUCKETS[0])
        self.put.append((box, self._loop.time()))
        for reader, conn in self._readers[box].items():
            self._tap.note(Op.DELIVER, conn, reader.addr, place=place, size=BUCKETS[0])
        self._next(seat, dice)
