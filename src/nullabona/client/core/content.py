"""What an application message says once MLS has opened it (spec/room.md §6). Pure values and their encoding.

Every message carries its sender's views of the boxes (which are also its acknowledgements) and how far the sender's
account has read.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from nullabona.client.core.proofs import RemovalOrder
from nullabona.errors import Malformed

MessageId = Annotated[bytes, Meta(min_length=16, max_length=16)]
Seqs = Annotated[tuple[Annotated[int, Meta(ge=1, le=2**53)], ...], Meta(max_length=64)]
Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]


class View(msgspec.Struct, array_like=True, frozen=True):
    """What the sender has durably processed of one box: everything up to ``seq`` except ``missing`` and ``unreadable``.

    ``chain`` is the running hash after ``seq``; two members whose chains differ were shown different histories.
    """

    box: Annotated[bytes, Meta(min_length=8, max_length=8)]
    incarnation: Annotated[bytes, Meta(max_length=8)]
    seq: Annotated[int, Meta(ge=0, le=2**53)]
    chain: Annotated[bytes, Meta(min_length=16, max_length=16)]
    missing: Seqs = ()
    unreadable: Seqs = ()


class Text(msgspec.Struct, array_like=True, frozen=True, tag=1):
    """Words for people."""

    text: Annotated[str, Meta(max_length=1_000_000)]
    reply_to: Annotated[bytes, Meta(max_length=16)] = b""


class Receipt(msgspec.Struct, array_like=True, frozen=True, tag=2):
    """Nothing but the views and the marker."""


class Leave(msgspec.Struct, array_like=True, frozen=True, tag=3):
    """The sender's account leaves: anybody may commit this order."""

    order: RemovalOrder


class Moved(msgspec.Struct, array_like=True, frozen=True, tag=4):
    """The sender moves to another branch of the room (spec/room.md §7); members who cannot see the fork follow."""

    epoch: Annotated[int, Meta(ge=0)]
    commit: Hash
    rank: Annotated[int, Meta(ge=0, le=1)]


Body: TypeAlias = Text | Receipt | Leave | Moved


class Envelope(msgspec.Struct, array_like=True, frozen=True):
    """One application message. ``marker`` is the id of the newest message the sender's account has read, or empty."""

    id: MessageId
    sent_at: Annotated[int, Meta(ge=0, le=2**53)]
    views: Annotated[tuple[View, ...], Meta(max_length=64)]
    marker: Annotated[bytes, Meta(max_length=16)]
    body: Body

    def __repr__(self) -> str:
        return f"<Envelope {type(self.body).__name__}>"


_encoder = msgspec.msgpack.Encoder()
_envelopes = msgspec.msgpack.Decoder(Envelope)
_bodies: msgspec.msgpack.Decoder[Body] = msgspec.msgpack.Decoder(Body)


def encode_envelope(envelope: Envelope) -> bytes:
    return _encoder.encode(envelope)


def decode_envelope(data: bytes) -> Envelope:
    """Raises `Malformed` for anything but an envelope."""
    try:
        return _envelopes.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("not a message of this protocol") from None


def encode_body(body: Body) -> bytes:
    return _encoder.encode(body)


def decode_body(data: bytes) -> Body:
    """Raises `Malformed` for anything but a body."""
    try:
        return _bodies.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("not a message body of this protocol") from None
