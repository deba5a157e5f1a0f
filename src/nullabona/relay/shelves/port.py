"""The port between what clients ask of boxes and where boxes are kept (spec/relay.md §3, §4).

A shelf takes appends, trims and inboxes to open, decides each, and tells its fate through `Reports`, later or at once.
No number is given out, and no frame shown, before the shelf has kept it. One contract suite runs on every shelf
(tests/relay/test_shelves.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from nullabona.relay.caller import Caller
from nullabona.relay.core.answers import select
from nullabona.relay.core.boxes import PendingWake
from nullabona.relay.core.space import Disk
from nullabona.wire.messages import AnyResponse, Frames

Answers: TypeAlias = list[tuple[Caller, int, AnyResponse]]
"""Callers, the ids of their requests, and what to answer."""
MaybeWake: TypeAlias = PendingWake | None
"""What an append wakes, if anything (`nullabona.wire.messages.Append`); its secret is overwritten afterwards."""
Looked: TypeAlias = Callable[[Frames | None, int], None]
"""Takes what a look found, or None if the shelf failed; and the box's own day, 0 if there is no box."""


_LABEL: Final = 8


@dataclass(slots=True)
class Arrival:
    """What was appended to one box and is kept now; at least one frame."""

    address: bytes
    incarnation: bytes
    bodies: list[tuple[int, bytes]]
    """(seq, frame), as an answer to a read carries them, without a gap."""
    wakes: list[PendingWake]
    label: int
    """Tells boxes apart in a digest; the same for all that comes to one box."""
    new: bool
    """The box begins with it."""
    untold: bool = False
    """Its owner may have left a wake there that is lost."""

    def frames(self, after: int, limit: int, max_bytes: int) -> Frames:
        """What a read after this number is answered, if no frame is missing between it and the first of these."""
        return Frames(self.incarnation, self.bodies[-1][0], select(self.bodies, after, limit, max_bytes))

    def head(self) -> Frames:
        """The same without frames."""
        return Frames(self.incarnation, self.bodies[-1][0], ())


@dataclass(slots=True)
class Kept:
    """What was decided together: the answers that may be given now, and what can be shown."""

    answers: Answers
    arrivals: list[Arrival]
    makers: list[Caller]
    """Callers whose append began a box, once for each box."""
    trims: int
    frames: int
    size: int
    """Bytes of the frames."""


def label_of(name: bytes | bytearray) -> int:
    """A label of what random bytes name: a box by its address; an inbox, which is told of by many secrets, by each."""
    return int.from_bytes(name[:_LABEL], "big")


class Reports(Protocol):
    """What a shelf tells. Called on the loop only."""

    def begun(self) -> None:
        """What was asked until now is decided from here on."""
        ...

    def kept(self, kept: Kept) -> None:
        """This is kept. Afterwards the shelf overwrites the secrets of wakes."""
        ...

    def failed(self, error: Exception, answers: Answers) -> None:
        """What was asked may or may not have been kept; ``answers`` would have been given."""
        ...

    def moved(self, address: bytes) -> None:
        """Something may have come to a box that is watched: look again for those who wait there."""
        ...

    def waits_at(self, address: bytes) -> bool:
        """Whether anybody waits at this box, so that it is still to be watched."""
        ...

    def fault(self, kind: str, error: Exception) -> None:
        """Something failed that no caller waits for."""
        ...


class Shelf(Protocol):
    """Keeps boxes. Single-threaded: every method is called on the loop, and none waits."""

    def report_to(self, reports: Reports) -> None:
        """Tell ``reports`` from now on. Called once, first."""
        ...

    @property
    def trouble(self) -> str:
        """What keeps it from keeping anything now; empty if nothing does."""
        ...

    @property
    def under_way(self) -> int:
        """Bytes of the requests that were taken and are not decided."""
        ...

    def disk(self) -> Disk | None:
        """How full the place is where it keeps boxes; None if that is not known."""
        ...

    def has_room(self, size: int) -> bool:
        """Whether a request with a frame of so many bytes may be given now; otherwise it is to be refused."""
        ...

    def append(
        self, caller: Caller, request_id: int, address: bytes, frame: bytes, wake: MaybeWake, *, inbox: bool
    ) -> None:
        """Keep ``frame``, and tell its fate. Appends of a caller to one box are numbered in the order of the calls.

        To an ``inbox`` goes a ``wake`` with no tokens.
        """
        ...

    def trim(self, caller: Caller, request_id: int, address: bytes, upto: int) -> None:
        """Erase frames up to ``upto``, and tell that."""
        ...

    def open_inbox(self, address: bytes) -> None:
        """Make sure, soon, that an inbox has a row that outlives today's frames; no caller waits for it."""
        ...

    def leave_wake(self, address: bytes, incarnation: bytes, head: int, secret: bytes) -> None:
        """Put this secret into what the next append to an inbox wakes, in the place of the one before.

        ``incarnation`` and ``head`` are those of the look that has just called ``done``; if something came since, a
        digest tells of it at once. Where there is no room for it, it is dropped.
        """
        ...

    def look(self, address: bytes, after: int, limit: int, done: Looked) -> None:
        """Call ``done`` with the frames after a number, as answers carry them, and the head; at once or later.

        A box that does not exist has no incarnation and the head 0.
        """
        ...

    def watch(self, address: bytes) -> None:
        """Report what comes to this box after the look that has just called ``done``, while somebody waits there."""
        ...

    def tick(self, now: int, day: int) -> None:
        """Time has come to ``now`` (monotonic whole seconds) on ``day``: erase what is past its day, clean up."""
        ...

    async def begin(self) -> None:
        """Be ready for what is asked. Called once, after `report_to`; raises what a start may raise."""
        ...

    async def drain(self) -> None:
        """Return when everything that was asked is decided or has failed, and every look is done."""
        ...

    async def close(self) -> None:
        """Close what `begin` opened."""
        ...
