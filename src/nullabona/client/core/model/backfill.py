"""What members hand over to a device that is back in a room, and how it shows that it remembers the room.

Pure values and their encoding (spec/devices.md §9.2).
"""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from nullabona.client.core.model.content import MAX_SENT_AT, Annotation, MessageId, Shown
from nullabona.client.core.model.records import Message
from nullabona.errors import Malformed

MOST_LINES: Final = 2_000
"""Most lines in one part."""
_KNOWN: Final = b"nullabona backfill known v1"
_SEAL: Final = b"nullabona backfill v1"


class BackfillLine(msgspec.Struct, array_like=True, frozen=True):
    """A line or an annotation as its sender's device, or who got it, has it now."""

    id: MessageId
    sent_at: Annotated[int, Meta(ge=0, le=MAX_SENT_AT)]
    position: Annotated[int, Meta(ge=0, lt=2**62)]
    body: Shown | Annotation
    edited_at: Annotated[int, Meta(ge=0, le=MAX_SENT_AT)] = 0

    def __repr__(self) -> str:
        return "<BackfillLine>"


class BackfillPart(msgspec.Struct, array_like=True, frozen=True):
    """What is sealed in a `Backfill`."""

    lines: Annotated[tuple[BackfillLine, ...], Meta(max_length=MOST_LINES)]
    read: Annotated[int, Meta(ge=-1, lt=2**62)] = -1
    """The sort position up to which the asking account has read, as the sender knows; -1 in the encoding: none."""
    lacking: bool = False
    """There is more than fits; or who was asked for the account's own lines knows of others' who are out."""

    def __repr__(self) -> str:
        return f"<BackfillPart {len(self.lines)}>"

    def has_read(self, position: int) -> bool:
        """Whether the asking account has read the line at a position, as the sender knows."""
        return 0 <= position <= self.read


_parts = msgspec.msgpack.Decoder(BackfillPart)


def encode_part(part: BackfillPart) -> bytes:
    return msgspec.msgpack.encode(part)


def decode_part(data: bytes) -> BackfillPart:
    """Raises `Malformed` for anything but a part."""
    try:
        return _parts.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("what a member hands over does not decode") from None


def proof_of(row: Message) -> bytes:
    """What only somebody can say who has this line: neither its id nor its time is known to others."""
    return sha256(_KNOWN + row.room + row.account + row.id + row.sent_at.to_bytes(8, "big")).digest()


def seal_info(room: bytes, request: bytes, sender: bytes, part: int, *, tells: bool) -> bytes:
    """What a part is bound to: nobody can send it on as a part of their own, or in another place."""
    return _SEAL + room + request + sender + part.to_bytes(2, "big") + bytes((tells,))
