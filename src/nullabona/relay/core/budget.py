"""What one connection has under way. Lives and dies with the connection; nothing of it is stored (spec/relay.md §8).

Only counts: a connection's memory says neither which boxes it read nor which it wrote to.
"""

from __future__ import annotations

from typing import Final

from nullabona.relay.core.limits import Limits
from nullabona.relay.core.refusal import SLOW_DOWN, refuse
from nullabona.wire.messages import Refusal
from nullabona.wire.service import Asker

MINUTE: Final = 60
HOUR: Final = 3_600


class Budget:
    """Counts of one connection. Seconds are whole seconds of a monotonic clock, given by the caller."""

    __slots__ = (
        "_asker",
        "_blob_bytes",
        "_boxes",
        "_hour",
        "_hour_blob_bytes",
        "_minute",
        "_most_blob_bytes",
        "_most_boxes",
        "_most_wakes",
        "_wakes",
        "day",
        "frame_bytes",
        "gone",
        "heavy",
        "inflight",
        "waiting",
    )

    def __init__(self, limits: Limits) -> None:
        self._most_boxes = limits.boxes_per_minute
        self._most_wakes = limits.wakes_per_minute
        self._most_blob_bytes = limits.blob_bytes_per_connection
        self._asker: Asker | None = None
        self._minute = 0
        self._boxes = 0
        self._wakes = 0
        self._blob_bytes = 0
        self._hour = 0
        self._hour_blob_bytes = 0
        self.day = 0
        self.frame_bytes = 0
        """Bytes of frames that it appended on that day (`core.space`)."""
        self.gone = False
        """Whether the connection has ended: nothing is to wait for it."""
        self.heavy = 0
        self.inflight = 0
        self.waiting = 0

    @property
    def asker(self) -> Asker:
        """What this connection used of other services."""
        if self._asker is None:
            self._asker = Asker()
        return self._asker

    def made_box(self) -> None:
        """Count a box that this connection began."""
        self._boxes += 1

    @property
    def wakes(self) -> int:
        """How many tokens this connection woke in this minute."""
        return self._wakes

    def append(self, wakes: int, now: int) -> Refusal | None:
        """Count an append that wakes so many tokens, or refuse it."""
        if now - self._minute >= MINUTE:
            self._turn(now)
        self._wakes += wakes
        if self._boxes < self._most_boxes and self._wakes <= self._most_wakes:
            return None
        self._wakes -= wakes
        return refuse(SLOW_DOWN, self._minute + MINUTE - now)

    def check_blob(self, size: int, now: int) -> Refusal | None:
        """The refusal of ``size`` bytes of blobs now, or None."""
        if now - self._minute >= MINUTE:
            self._turn(now)
        if self._blob_bytes + size > self._most_blob_bytes:
            return refuse(SLOW_DOWN, self._minute + MINUTE - now)
        return None

    @property
    def blob_bytes(self) -> int:
        """Bytes of blobs that this connection put in this hour."""
        return self._hour_blob_bytes

    def put_blob(self, size: int) -> None:
        """Count ``size`` bytes of blobs."""
        self._blob_bytes += size
        self._hour_blob_bytes += size

    def _turn(self, now: int) -> None:
        self._minute = now
        if now - self._hour >= HOUR:
            self._hour, self._hour_blob_bytes = now, 0
        self._boxes = self._wakes = self._blob_bytes = 0
