"""Where an outbox item goes: one type for each kind of send, which says who learns what by it.

The type alone decides the connection (``route``). Items of our rooms go the way on which these rooms are read, so the
relay sees no other tie between them than it sees anyway. What is for another person goes one-shot, on a connection that
carries nothing of our own boxes, so that no relay sees whom we write to beside them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias, assert_never

from nullabona.wire.address import Address

TargetKind: TypeAlias = Literal[
    "room-frame",
    "reply-frame",
    "inbox-frame",
    "room-blob",
    "welcome-blob",
    "inbox-blob",
    "file-piece",
    "room-trim",
    "inbox-trim",
]
"""How the store names the types."""
Route: TypeAlias = Literal["rooms", "inbox", "one-shot"]
"""Which connection carries it: one as our rooms are read, the one of our inbox, or one for this request alone."""


@dataclass(frozen=True, slots=True)
class RoomFrame:
    """Append a frame to a box of a room. The relay learns what every reader of the box learns: it has grown."""

    kind: ClassVar[TargetKind] = "room-frame"
    route: ClassVar[Route] = "rooms"
    relay: str
    room: bytes
    box: Address
    secret: bytes = field(repr=False)
    """The room secret of the box's epoch."""
    leaves: int
    """How many wake tokens the relay wakes with it: the number of leaves of the group."""


@dataclass(frozen=True, slots=True)
class ReplyFrame:
    """Append our answer to the reply box of somebody who asked us.

    The relay learns that somebody answers into a box that nothing ties to an account: not us, as nothing of ours goes
    by that connection, and not them, as only their request names the box.
    """

    kind: ClassVar[TargetKind] = "reply-frame"
    route: ClassVar[Route] = "one-shot"
    leaves: ClassVar[int] = 2
    """The number of wake tokens: the same as for a direct room."""
    relay: str
    box: Address
    secret: bytes = field(repr=False)
    """The secret that their request carried."""


@dataclass(frozen=True, slots=True)
class InboxFrame:
    """Append a sealed item to somebody's inbox. The relay learns that its owner gets something, not from whom."""

    kind: ClassVar[TargetKind] = "inbox-frame"
    route: ClassVar[Route] = "one-shot"
    relay: str
    box: Address
    read_hash: bytes = field(repr=False)
    write_secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RoomBlob:
    """Put a chunk to which a frame of the room refers. It goes where the box goes, if the room moves."""

    kind: ClassVar[TargetKind] = "room-blob"
    route: ClassVar[Route] = "rooms"
    relay: str
    room: bytes
    box: Address


@dataclass(frozen=True, slots=True)
class WelcomeBlob:
    """Put a chunk of a Welcome at the relay of an invited account's inbox. It stays there if the room moves.

    That relay learns from the size that somebody may be invited; it cannot tell whom or where.
    """

    kind: ClassVar[TargetKind] = "welcome-blob"
    route: ClassVar[Route] = "rooms"
    relay: str
    room: bytes


@dataclass(frozen=True, slots=True)
class InboxBlob:
    """Put a chunk to which an item for somebody's inbox refers. Its relay may see both together, not who sent it."""

    kind: ClassVar[TargetKind] = "inbox-blob"
    route: ClassVar[Route] = "one-shot"
    relay: str
    about: bytes
    """The address of that inbox, or what else its chunks have in common: they wait for one another."""


@dataclass(frozen=True, slots=True)
class FilePiece:
    """Put a chunk of a message's file. Its bytes stay in the store's chunks until it is sent."""

    kind: ClassVar[TargetKind] = "file-piece"
    route: ClassVar[Route] = "rooms"
    relay: str
    room: bytes
    message: bytes


@dataclass(frozen=True, slots=True)
class RoomTrim:
    """Ask the relay to erase a room's frames that every device has. It goes out even after the box was forgotten."""

    kind: ClassVar[TargetKind] = "room-trim"
    route: ClassVar[Route] = "rooms"
    relay: str
    box: Address
    read_secret: bytes = field(repr=False)
    write_hash: bytes = field(repr=False)
    upto: int


@dataclass(frozen=True, slots=True)
class InboxTrim:
    """Ask the relay to erase items of our inbox that every device of the account has."""

    kind: ClassVar[TargetKind] = "inbox-trim"
    route: ClassVar[Route] = "inbox"
    relay: str
    box: Address
    read_secret: bytes = field(repr=False)
    write_hash: bytes = field(repr=False)
    upto: int


OfRoom: TypeAlias = RoomFrame | RoomBlob | WelcomeBlob | FilePiece
"""What one room has to send: it follows the room to another relay, and is forgotten with it."""
Blob: TypeAlias = RoomBlob | WelcomeBlob | InboxBlob
Trim: TypeAlias = RoomTrim | InboxTrim
Target: TypeAlias = OfRoom | ReplyFrame | InboxFrame | InboxBlob | Trim
Queue: TypeAlias = tuple[Literal["room", "file", "person", "trim"], bytes, str]


def room_of(target: Target) -> bytes | None:
    """The room whose item it is; None if it is of none."""
    return target.room if isinstance(target, OfRoom) else None


def queue_of(target: Target) -> Queue:
    """Only the first item of a queue may be under way.

    A file holds up neither its room nor another file. What a room has for one relay does not hold up what it has for
    another one, which may be unreachable for a long time.
    """
    match target:
        case RoomFrame() | RoomBlob() | WelcomeBlob():
            return "room", target.room, target.relay
        case FilePiece():
            return "file", target.message, ""
        case ReplyFrame() | InboxFrame():
            return "person", target.box, ""
        case InboxBlob():
            return "person", target.about, ""
        case RoomTrim() | InboxTrim():
            return "trim", target.box, ""
        case _:
            assert_never(target)
