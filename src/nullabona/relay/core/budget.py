"""What one connection has under way. Lives and dies with the connection; nothing of it is stored (spec/relay.md §8).

Only counts: a connection's memory says neither which boxes it read nor which it wrote to.
"""

from __future__ import annotations

from typing import Final

from nullabona.relay.core.limits import Limits
from nullabona.relay.core.refusal import SLOW_DOWN, refuse
from nullabona.wire.messages import Refusal

MINUTE: Final = 60


class Budget:
    """Counts of one connection. Seconds are whole seconds of a monotonic clock, given by the caller."""

    __slots__ = ("_bells", "_blob_bytes", "_boxes", "_limits", "_minute", "inflight", "waiting")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._minute = 0
        self._boxes = 0
        self._bells = 0
        self._blob_bytes = 0
        self.inflight = 0
        self.waiting = 0

    def made_box(self) -> None:
        """Count a box that this connection began."""
        self._boxes += 1

    def append(self, bells: int, now: int) -> Refusal | None:
        """Count so many ``bells`` that an append rings, or say why there is to be no append."""
        self._turn(now)
        limits = self._limits
        if self._boxes >= limits.boxes_per_minute or self._bells + bells > limits.bells_per_minute:
            return refuse(SLOW_DOWN, self._minute + MINUTE - now)
        self._bells += bells
        return None

    def put_blob(self, size: int, now: int) -> Refusal | None:
        """Count ``size`` bytes of blobs, or say why not."""
        self._turn(now)
        if self._blob_bytes + size > self._limits.blob_bytes_per_connection:
            return refuse(SLOW_DOWN, self._minute + MINUTE - now)
        self._blob_bytes += size
        return None

    def _turn(self, now: int) -> None:
        if now - self._minute >= MINUTE:
            self._minute = now
            self._boxes = self._bells = self._blob_bytes = 0
