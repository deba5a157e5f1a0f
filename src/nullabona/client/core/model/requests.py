"""What the core asks of the network, as values: boxes to read, chunks to fetch, relays to search."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from nullabona.wire.address import Address, BoxSecrets
from nullabona.wire.wakes import WakeToken


class NoRoom(enum.Enum):
    """What boxes are read for that is no room."""

    INBOX = "inbox"
    """What anybody sends to this account."""
    REPLIES = "replies"
    """Answers to our contact requests, each in a box that only we and the account we asked know."""


INBOX: Final = NoRoom.INBOX
REPLIES: Final = NoRoom.REPLIES
ReadFor: TypeAlias = bytes | Literal[NoRoom.INBOX, NoRoom.REPLIES]
"""Why a box is read: for a room (its id), for the inbox, or for replies. It decides the connection and how the frames
are opened, so a room's box is never taken for one that nobody may tie to us.
"""


@dataclass(frozen=True, slots=True)
class Scout:
    """Read one box at one relay, once: the frames after ``after``, then as the engine says (`AfterScout`)."""

    room: bytes
    relay: str
    box: BoxSecrets = field(repr=False)
    after: int = 0
    pages: int = 0
    """How many answers of this search came before."""
    there: tuple[int, bytes] | None = None
    """The rank of the best move order in those answers."""

    @property
    def address(self) -> Address:
        return self.box.address


@dataclass(frozen=True, slots=True)
class AppendOrder:
    """Append our move order to the box there: a device that looks for the room at that relay learns where it is."""

    frame: bytes = field(repr=False)
    wake: tuple[bytes, int] = field(repr=False)


@dataclass(frozen=True, slots=True)
class RoomAnswer:
    """An answer to a question of ours, sealed, as it came in the box ``place`` of a room at ``relay``."""

    place: Address
    relay: str
    sealed: bytes = field(repr=False)


AfterScout: TypeAlias = Scout | AppendOrder | None
"""What follows from an answer: another read there, our order, or nothing."""


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Keep reading this box from ``after`` on. ``old`` boxes may be read less often.

    With a ``wake_token``, wait for that token where rooms share a connection. A digest tells with ``wake_secret`` that
    something came: in a room it is that of all tokens, in the inbox the one that was left with the last read.
    """

    relay: str
    box: BoxSecrets = field(repr=False)
    after: int
    old: bool = False
    incarnation: bytes = b""
    wake_token: WakeToken | None = field(default=None, repr=False)
    wake_secret: bytes | None = field(default=None, repr=False)
    read_at: int | None = None
    """Of the inbox: when it was read to its end last, in ms; 0 if it was not, or if there was more."""

    @property
    def address(self) -> Address:
        return self.box.address


@dataclass(frozen=True, slots=True)
class ChunkRequest:
    relay: str
    digest: bytes
