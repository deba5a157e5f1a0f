"""What a box is and what one batch does to boxes (spec/relay.md §3, §4).

A `Plan` takes appends and trims one by one, decides each, and ends as a `Batch` for the store. Heads change only when
the store has kept the batch (`Plan.settle`), so nobody is shown what is not kept, and a failed batch leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from nullabona.relay.core.limits import Limits
from nullabona.relay.core.refusal import BOX_FULL, DAY_QUOTA, TOO_LARGE, refuse
from nullabona.wire.messages import Appended, Refusal

SEQ_BITS: Final = 23
NUM_BITS: Final = 40
LAST_SEQ: Final = (1 << SEQ_BITS) - 1
"""The highest number that a box gives out; after it the box is full."""
INCARNATION_SIZE: Final = 8
OWN_DAY_BITS: Final = 5
"""An inbox's own day is up to 2^5 - 1 days later than it need be: it does not say when something came last."""
FIRST_BITS: Final = 22
"""An inbox's first number is drawn from 2^22: it does not say how much ever came."""
TOMORROW_S: Final = 3_600
"""Advice for a used-up day. A fixed hour, not the seconds to midnight: nobody learns the relay's clock from it."""

PendingWake = tuple[bytearray, int, object]
"""The secret of a box's wake tokens, how many there are, and the connection that appends.

An inbox has no tokens: then the shelf puts in the secret that was left there, or drops this.
"""
Row = tuple[int, int, bytes]
"""A frame as it is kept: ``num << SEQ_BITS | seq``, expiry day, body."""


@dataclass(frozen=True, slots=True)
class NewBox:
    """A box that a batch creates."""

    num: int
    address: bytes
    incarnation: bytes
    expiry_day: int
    first: int = 1


@dataclass(frozen=True, slots=True)
class StoredBox:
    """A box as the store found it. ``today_*`` count its frames whose expiry day is the one asked about."""

    num: int
    incarnation: bytes
    next_seq: int
    expiry_day: int
    today_frames: int
    today_bytes: int


@dataclass(slots=True)
class Batch:
    """What the store must keep in one transaction, all or nothing, in this order: boxes, days, trims, frames."""

    boxes: list[NewBox] = field(default_factory=list)
    renewed: list[tuple[int, int]] = field(default_factory=list)
    """(expiry day, num): boxes whose day moves on."""
    trims: list[tuple[int, int, int]] = field(default_factory=list)
    """(num, upto, next seq): erase up to and including ``upto``; never give out a number below ``next seq`` again."""
    frames: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Head:
    """A box as readers see it now."""

    num: int
    incarnation: bytes
    next_seq: int
    expiry_day: int
    day: int
    day_frames: int
    day_bytes: int


@dataclass(slots=True)
class Draft:
    """A box as it will be once the batch is stored."""

    head: Head
    base: int
    first_seq: int
    next_seq: int
    day_frames: int
    day_bytes: int
    own_day: int
    new: bool
    """The box begins in this batch."""
    bodies: list[tuple[int, bytes]] = field(default_factory=list)
    """(seq, frame), as an answer to a read carries them."""
    wakes: list[PendingWake] = field(default_factory=list, repr=False)
    """What to wake when the batch is stored; never stored itself. Repeated only where appends differ in it."""


class StoredBoxes(Protocol):
    """Finds the boxes that a plan is about."""

    def find(self, address: bytes, day: int) -> Head | None:
        """The box at ``address``, or None. Raises what the store raises."""
        ...

    def is_taken(self, num: int) -> bool:
        """Whether some box has this number."""
        ...


class Plan:
    """The decisions of one batch. ``day`` is days since 1970, ``rng(bits)`` a random number."""

    def __init__(self, stored: StoredBoxes, limits: Limits, day: int, rng: Callable[[int], int]) -> None:
        self.batch = Batch()
        self.drafts: dict[bytes, Draft] = {}
        self._stored = stored
        self._limits = limits
        self._day = day
        self._expiry_day = day + limits.retention_days
        self._rng = rng
        self._nums: set[int] = set()

    def append(
        self, address: bytes, frame: bytes, wake: PendingWake | None = None, *, inbox: bool = False
    ) -> Appended | Refusal:
        """Give ``frame`` the box's next number, making the box if there is none; or refuse and change nothing.

        The answer holds once the batch is kept. ``inbox``: of a new box neither its day nor its numbers tell anything.
        """
        draft = self.drafts.get(address)
        size = len(frame)
        limits = self._limits
        if size > limits.frame_bytes:
            return refuse(TOO_LARGE)
        if draft is None:
            draft = self._draft(address, inbox=inbox)
        if draft.day_frames >= limits.box_frames_per_day or draft.day_bytes + size > limits.box_bytes_per_day:
            return refuse(DAY_QUOTA, TOMORROW_S)
        seq = draft.next_seq
        if seq > LAST_SEQ:
            return refuse(BOX_FULL)
        draft.next_seq = seq + 1
        draft.day_frames += 1
        draft.day_bytes += size
        draft.bodies.append((seq, frame))
        if wake is not None and (not draft.wakes or draft.wakes[-1] != wake):
            draft.wakes.append(wake)
        self.batch.frames.append((draft.base | seq, self._expiry_day, frame))
        return Appended(seq, draft.head.incarnation)

    def open_inbox(self, address: bytes) -> None:
        """Create the row of an inbox that is read, or move its own day on, as an append would."""
        if address not in self.drafts:
            self._draft(address, inbox=True)

    def trim(self, address: bytes, upto: int) -> None:
        """Erase the box's frames up to ``upto``, but none that arrives in this batch. No box: nothing to do."""
        head = self._stored.find(address, self._day)
        if head is not None and upto > 0:
            self.batch.trims.append((head.num, min(upto, head.next_seq - 1), head.next_seq))

    def settle(self) -> None:
        """The store has stored the batch: update the heads."""
        for draft in self.drafts.values():
            head = draft.head
            head.next_seq = draft.next_seq
            head.day = self._day
            head.day_frames = draft.day_frames
            head.day_bytes = draft.day_bytes
            head.expiry_day = max(head.expiry_day, draft.own_day)

    def _draft(self, address: bytes, *, inbox: bool) -> Draft:
        found = self._stored.find(address, self._day)
        head = found or self._make(address, inbox=inbox)
        own_day = head.expiry_day
        if own_day < self._expiry_day:
            own_day = self._own_day(inbox=inbox)
            self.batch.renewed.append((own_day, head.num))
        fresh = head.day != self._day
        draft = Draft(
            head,
            head.num << SEQ_BITS,
            head.next_seq,
            head.next_seq,
            0 if fresh else head.day_frames,
            0 if fresh else head.day_bytes,
            own_day,
            found is None,
        )
        self.drafts[address] = draft
        return draft

    def _own_day(self, *, inbox: bool) -> int:
        return self._expiry_day + (self._rng(OWN_DAY_BITS) if inbox else 0)

    def _make(self, address: bytes, *, inbox: bool) -> Head:
        num = self._rng(NUM_BITS)
        while num in self._nums or self._stored.is_taken(num):
            num = self._rng(NUM_BITS)
        self._nums.add(num)
        incarnation = self._rng(8 * INCARNATION_SIZE).to_bytes(INCARNATION_SIZE, "big")
        own_day = self._own_day(inbox=inbox)
        first = 1 + self._rng(FIRST_BITS) if inbox else 1
        self.batch.boxes.append(NewBox(num, address, incarnation, own_day, first))
        return Head(num, incarnation, first, own_day, self._day, 0, 0)


def head_of(stored: StoredBox, day: int) -> Head:
    """The head of a box that was read from the store on ``day``."""
    return Head(
        stored.num, stored.incarnation, stored.next_seq, stored.expiry_day, day, stored.today_frames, stored.today_bytes
    )
