"""What a device remembers, as plain values. The store keeps them; the core decides over them; neither holds a clock.

Times are whole milliseconds since the epoch, days whole days since the epoch. Secrets are never in a ``repr``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Final

from nullabona.client.core.model.outbox_targets import Target

UNPLACED = 1 << 62
"""Sort positions from here on belong to own messages that the relay has not taken yet."""
ACCOUNT_SIZE: Final = 32
FIRST: Final = -(1 << 63)
"""Below every sort position. Positions below 0 belong to imported history, which nobody else has."""


class MessageState(enum.StrEnum):
    """How far an own message has come; a received one is always ``received``."""

    WAITING = "waiting"
    """Stored here with its ratchet state; not yet in the room's box."""
    SENT = "sent"
    """Read back from the room's box."""
    DELIVERED = "delivered"
    """Acknowledged by every device that was in the room when it was sent and still is."""
    FAILED = "failed"
    """Given up, with a reason the person can read."""
    RECEIVED = "received"


class ContactState(enum.StrEnum):
    REQUESTED = "requested"
    """We asked; they have not answered."""
    ASKING = "asking"
    """They asked; the person has not answered."""
    ACCEPTED = "accepted"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Device:
    """A member device of a room. ``since`` is the first epoch it is in; older boxes do not wait for it."""

    room: bytes
    device: bytes
    account: bytes
    handle: str
    leaf: int
    signature_key: bytes
    encryption_key: bytes
    since: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of a room's box, kept until every device acknowledged it or it expired.

    ``seq`` is 0 while the frame is in no place that we know of in the current incarnation. ``chain`` is the running
    hash of the box after this frame (spec/room.md §4). ``data`` is empty where only the chain is remembered.
    """

    box: bytes
    hash: bytes
    seq: int
    chain: bytes
    kind: int
    mine: bool
    message: bytes
    day: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeviceView:
    """What another device last said it saw in a box."""

    box: bytes
    device: bytes
    incarnation: bytes
    seq: int
    chain: bytes
    missing: tuple[int, ...]
    unreadable: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """Bytes to put somewhere, stored in the transaction that made them. Lower ``id`` goes first within a queue."""

    id: int
    target: Target
    """Where it goes, and what the relay learns by it."""
    ref: bytes
    """What it is about: the hash of a frame, the digest of a chunk; empty for a trim."""
    data: bytes = field(repr=False)
    """The frame or the chunk. Empty for what has none: a file's piece, which the store keeps elsewhere, and a trim."""
    not_before: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a room as the person sees it. ``position`` sorts; it is the same order for every member."""

    room: bytes
    id: bytes
    account: bytes
    device: bytes
    """The device that sent it; the import that brought it; or, with 32 bytes, who handed it over (`told_by`)."""
    sent_at: int
    position: int
    epoch: int
    state: MessageState
    box: bytes
    frame: bytes
    resent: int
    body: bytes = field(repr=False)
    """The encoded content body (`core.model.content`)."""
    kind: str = "text"
    """What the body is: see `core.timeline.kinds`."""
    shown: bool = True
    """A line of the room's history; annotations are not."""
    unread: int = 0
    """0: never counts as unread; 1: does; 2: and mentions this account."""
    about: bytes = b""
    """The message that an annotation is about."""
    entitled: bool = False
    """When the annotation came, its sender might delete what others wrote (an admin), or, if it is a pin, might pin."""
    timer_s: int = 0
    expires_at: int | None = None
    """When it is erased, in ms; None: never, or its time does not run yet."""
    edited_at: int | None = None
    together: bytes = b""
    """Lines of a room in which this is the same count as one unread; empty: this one counts by itself."""

    @property
    def imported(self) -> bool:
        """It came from another messenger's export, so that nobody else knows of it."""
        return self.position < 0

    @property
    def told_by(self) -> bytes:
        """The account that handed the line over when this device was back, or empty. Nothing proves when it was said,
        and by whom only if that account said it.
        """
        return self.device if len(self.device) == ACCOUNT_SIZE else b""


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of an account met in a room, kept when it goes.

    ``told_at``: when it sent its profile, in ms; None: it has sent none.
    """

    account: bytes
    handle: str
    name: str
    picture: bytes = field(repr=False)
    told_at: int | None

    def told_before(self, at: int) -> bool:
        """Whether a profile sent at ``at`` is newer than the one that is known."""
        return self.told_at is None or self.told_at < at


class FileState(enum.StrEnum):
    """Where the bytes of a file are, seen from this device."""

    REMOTE = "remote"
    """At the relay or with others; not asked for."""
    MOVING = "moving"
    """On its way: up if it is ours, else down."""
    HERE = "here"
    """Whole on this device, and if it is ours taken by the relay."""
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The file of a message. ``reason`` says why it failed, as a code."""

    room: bytes
    message: bytes
    mine: bool
    state: FileState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """One chunk of a file, by its place in it. ``done``: taken by the relay if the file is ours, else here."""

    place: int
    digest: bytes
    done: bool


@dataclass(frozen=True, slots=True)
class Contact:
    """Another account as this profile knows it. ``card`` is the last verified card, or empty."""

    account: bytes
    handle: str
    name: str
    state: ContactState
    room: bytes
    """The direct room with this contact, or empty."""
    greeting: str
    card: bytes = field(repr=False)
    key_packages: tuple[bytes, ...] = field(repr=False, default=())


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """Something that happened, kept so that a listener can go on after the last one it handled."""

    id: int
    kind: str
    room: bytes
    data: bytes = field(repr=False)
    """The fact (`core.model.facts`) as a MessagePack map."""
