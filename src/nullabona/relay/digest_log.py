"""The port between those who poll for activity and where activity digests are numbered (spec/relay.md §4.5).

One relay numbers its own (`nullabona.relay.core.digests.Digests`); processes on an engine number them together
(`nullabona.relay.shelves.engine.shared_digests.SharedDigests`).
"""

from __future__ import annotations

from typing import Protocol

from nullabona.wire.messages import ActivityDigests


class DigestReports(Protocol):
    """What a log of digests tells. Called on the loop only."""

    def begun(self, late_s: float = 0) -> None:
        """A digest is open that is to be closed in time, or so much later: then another process is to do that first."""
        ...

    def closed(self) -> None:
        """There is more than clients that wait were told of."""
        ...


class DigestLog(Protocol):
    """Digests in the making, and those that are remembered."""

    head: int
    """The number of the last closed digest."""

    @property
    def shared(self) -> bool:
        """Whether other processes tell of the same digests: then they are recorded though nobody polls here."""
        ...

    def __len__(self) -> int:
        """How many tags are remembered."""
        ...

    def report_to(self, reports: DigestReports) -> None:
        """Tell ``reports`` from now on."""
        ...

    def record(self, secret: bytes | bytearray, box: int, source: object, *, new: bool = False) -> bool:
        """``source`` appended to a box with this secret. Returns whether that begins a digest, which the caller must
        close; one that begins later is reported.

        ``new``: the box begins with that.
        """
        ...

    def omit(self) -> bool:
        """Have the open digest say that there was activity of which no tag tells. Returns what `record` does."""
        ...

    def close(self, most_tags: int) -> bool:
        """Close the open digest, with at most so many tags. Returns whether that is done; otherwise it is reported."""
        ...

    def after(self, number: int, most_bytes: int) -> ActivityDigests:
        """The digests after ``number``, oldest first. If some are forgotten: none, and the number to go on from."""
        ...

    def signed(self, answer: ActivityDigests, *, brief: bool) -> ActivityDigests:
        """An answer of `after` with its signature. ``brief``: for a client that has the key and the hash before it."""
        ...

    def forget_before(self, number: int) -> None:
        """Forget the digests with a lower number."""
        ...

    def forget(self) -> None:
        """Nobody polls: forget everything. A client that comes back learns that it missed something."""
        ...
