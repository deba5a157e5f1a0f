"""What an application message says once MLS has opened it (spec/room.md §6). Pure values and their encoding.

Every message carries its sender's views of the boxes (which are also its acknowledgements) and how far the sender's
account has read.
"""

from __future__ import annotations

import enum
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from nullabona.client.core.model.gaps import MOST_PARTS
from nullabona.client.core.model.inbox_items import Invitation, Proof
from nullabona.client.core.model.proofs import RemovalOrder
from nullabona.client.core.model.sync_items import MOST_ITEMS, SyncItem
from nullabona.errors import Malformed
from nullabona.wire.blob import BlobRef
from nullabona.wire.messages import MAX_CARD
from nullabona.wire.seal import PUBLIC_KEY_SIZE

MAX_FILE: Final = 100 * 1_048_576
"""Largest file, in bytes."""
MAX_THUMB: Final = 12_288
MAX_PICTURE: Final = 24_576
"""Largest profile picture, in bytes."""

MAX_SENT_AT: Final = 2**53
MOST_KNOWN: Final = 16
"""Most proofs in a request."""
MAX_SEALED: Final = 524_288
"""Largest part that a member hands over, in bytes."""

MessageId = Annotated[bytes, Meta(min_length=16, max_length=16)]
Target = Annotated[bytes, Meta(min_length=16, max_length=16)]
"""The id of the message that another one is about."""
Answered = Annotated[bytes, Meta(max_length=16)]
"""The id of the message that is answered, or empty."""
Accounts = Annotated[tuple[Annotated[bytes, Meta(min_length=32, max_length=32)], ...], Meta(max_length=64)]
ALBUM: Final = 16
"""Bytes that name an album."""
Timer = Annotated[int, Meta(ge=0, le=31_536_000)]
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
    """Words for people. ``mentions`` are accounts; ``timer_s`` is how long the message lives, 0: for ever."""

    text: Annotated[str, Meta(max_length=1_000_000)]
    reply_to: Answered = b""
    mentions: Accounts = ()
    forwarded: bool = False
    timer_s: Timer = 0


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


class Attachment(msgspec.Struct, array_like=True, frozen=True):
    """A file in blobs on the room's relay, and what is shown before it is fetched (spec/room.md §6).

    ``levels`` is a voice note's loudness over time, one byte each. ``thumb`` is a small JPEG or WebP.
    """

    kind: Literal["file", "photo", "voice"]
    name: Annotated[str, Meta(max_length=255)]
    mime: Annotated[str, Meta(max_length=127)]
    size: Annotated[int, Meta(ge=0, le=MAX_FILE)]
    blobs: Annotated[tuple[BlobRef, ...], Meta(min_length=1, max_length=4)]
    width: Annotated[int, Meta(ge=0, le=20_000)] = 0
    height: Annotated[int, Meta(ge=0, le=20_000)] = 0
    duration_ms: Annotated[int, Meta(ge=0, le=86_400_000)] = 0
    levels: Annotated[bytes, Meta(max_length=128)] = b""
    thumb: Annotated[bytes, Meta(max_length=MAX_THUMB)] = b""

    def __repr__(self) -> str:
        return f"<Attachment {self.kind}, {self.size} bytes>"


class File(msgspec.Struct, array_like=True, frozen=True, tag=5):
    """A photo, a voice note or any file, with or without words.

    ``album``: photos of one account with the same one were sent together and are shown as one; empty: none.
    """

    attachment: Attachment
    caption: Annotated[str, Meta(max_length=10_000)] = ""
    reply_to: Answered = b""
    mentions: Accounts = ()
    forwarded: bool = False
    timer_s: Timer = 0
    album: Annotated[bytes, Meta(max_length=ALBUM)] = b""


class Poll(msgspec.Struct, array_like=True, frozen=True, tag=6):
    """A question with answers to choose from."""

    question: Annotated[str, Meta(min_length=1, max_length=300)]
    options: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=100)], ...], Meta(min_length=2, max_length=12)
    ]
    multiple: bool = False
    timer_s: Timer = 0


class Edit(msgspec.Struct, array_like=True, frozen=True, tag=7):
    """New text for the sender's own message, or a new caption for a file."""

    target: Target
    text: Annotated[str, Meta(max_length=1_000_000)]
    mentions: Accounts = ()


class Delete(msgspec.Struct, array_like=True, frozen=True, tag=8):
    """The sender's own message is deleted for all; an admin of a group may delete anybody's."""

    target: Target


class React(msgspec.Struct, array_like=True, frozen=True, tag=9):
    """The sender's one reaction to a message; empty takes it back."""

    target: Target
    emoji: Annotated[str, Meta(max_length=32)]


class Vote(msgspec.Struct, array_like=True, frozen=True, tag=10):
    """What the sender chooses in a poll, instead of what they chose before; empty takes it back."""

    target: Target
    choices: Annotated[tuple[Annotated[int, Meta(ge=0, le=11)], ...], Meta(max_length=12)]


class ClosePoll(msgspec.Struct, array_like=True, frozen=True, tag=11):
    """The sender's own poll takes no more votes."""

    target: Target


class Pin(msgspec.Struct, array_like=True, frozen=True, tag=12):
    """A message is kept at the top of the room for everybody, or not any more."""

    target: Target
    on: bool


class Profile(msgspec.Struct, array_like=True, frozen=True, tag=13):
    """What the sender's account is called and looks like in this room. ``picture`` is a small square JPEG or WebP."""

    name: Annotated[str, Meta(max_length=60)]
    picture: Annotated[bytes, Meta(max_length=MAX_PICTURE)] = b""

    def __repr__(self) -> str:
        return "<Profile>"


class Typing(msgspec.Struct, array_like=True, frozen=True, tag=14):
    """The sender is writing, or has stopped. Neither kept nor put back nor acknowledged."""

    on: bool


class Sync(msgspec.Struct, array_like=True, frozen=True, tag=15):
    """What changed on one device of an account, for its others. Only in the room that they share (spec/devices.md)."""

    items: Annotated[tuple[SyncItem, ...], Meta(max_length=MOST_ITEMS)]


class Handed(msgspec.Struct, array_like=True, frozen=True, tag=16):
    """An invitation into another room, which comes by a room of two in place of the inbox (spec/room.md §9)."""

    invitation: Invitation


class NewCard(msgspec.Struct, array_like=True, frozen=True, tag=19):
    """The newest card of the sender's account with the proof that it is in the record, in a room of two
    (spec/room.md §9.3).
    """

    card: Annotated[bytes, Meta(max_length=MAX_CARD)]
    proof: Proof

    def __repr__(self) -> str:
        return "<NewCard>"


class BackfillRequest(msgspec.Struct, array_like=True, frozen=True, tag=17):
    """A device that is back asks for what was said while it was away (spec/devices.md §9.2).

    ``key``: where to seal answers to; ``known``: proofs that it remembers the room, newest line first; ``teller``: the
    account that shall hand over the asking account's own lines, or empty.
    """

    request: Target
    key: Annotated[bytes, Meta(min_length=PUBLIC_KEY_SIZE, max_length=PUBLIC_KEY_SIZE)]
    known: Annotated[tuple[Hash, ...], Meta(min_length=1, max_length=MOST_KNOWN)]
    teller: Annotated[bytes, Meta(max_length=32)] = b""

    def __repr__(self) -> str:
        return "<BackfillRequest>"


class Backfill(msgspec.Struct, array_like=True, frozen=True, tag=18):
    """A part of what its sender hands over to the device ``to``, sealed to the key of its request."""

    request: Target
    to: Annotated[bytes, Meta(min_length=16, max_length=16)]
    part: Annotated[int, Meta(ge=0, lt=MOST_PARTS)]
    last: bool
    tells: bool
    """Whether it has the asking account's own lines, or its sender's."""
    sealed: Annotated[bytes, Meta(max_length=MAX_SEALED)]

    def __repr__(self) -> str:
        return f"<Backfill part={self.part}>"


class NoticeKind(enum.StrEnum):
    """What a notice tells. ``account`` is who did it, ``others`` whom it happened to, ``text`` what is said with it."""

    CREATED = "created"
    """``account`` made the room."""
    JOINED = "joined"
    """This account is in the room; ``account`` had it come in."""
    CAME = "came"
    """This account followed an invite link of ``account`` into the room."""
    MEMBER_ADDED = "member-added"
    MEMBER_CAME = "member-came"
    """``others`` followed an invite link of ``account`` into the room."""
    MEMBER_REMOVED = "member-removed"
    LEFT = "left"
    """``account`` left by itself."""
    REMOVED = "removed"
    """This account is out, by ``account``; empty: we left."""
    RENAMED = "renamed"
    """``text`` is the new name."""
    ADMIN_ADDED = "admin-added"
    ADMIN_REMOVED = "admin-removed"
    ADMIN_FOLLOWED = "admin-followed"
    """``account`` is an admin now, as no other was left."""
    RELAY_CHANGED = "relay-changed"
    """``text`` is the relay where the room lives now."""
    TIMER_CHANGED = "timer-changed"
    """``text`` is the new timer in seconds, as digits."""
    PINNING_CHANGED = "pinning-changed"
    """``text`` is who may pin messages now: ``members`` or ``admins``."""
    DEVICE_ADDED = "device-added"
    """A device of ``account``, which was in the room already; worth a look at their safety number."""
    DEVICE_REMOVED = "device-removed"
    DEVICE_RENEWED = "device-renewed"
    """A device of ``account`` has a new signature key."""
    RELAY_LOST_BOX = "relay-lost-box"
    """The relay lost what it kept of the room; what somebody may still need is put back."""
    WARNING = "warning"
    """``text`` is the code of a `Warned` of this room."""
    CARD_CHANGED = "card-changed"
    """The directory shows a card of ``account`` that is older than the known one or does not follow it."""
    IDENTITY_CHANGED = "identity-changed"
    """The handle of ``account`` leads to another identity key: to somebody else, or to a new account of theirs."""
    GAP = "gap"
    """This device was not in the room for a while, and what was said meanwhile may be missing. ``others`` have not
    handed over their lines; ``text``: `tell_gap`.
    """
    ACCEPTED = "accepted"
    """A contact request was accepted: the two can talk now."""


class Notice(msgspec.Struct, array_like=True, frozen=True, tag=64):
    """A line that this device writes into a room's history about what happened there. Never sent, never received."""

    what: NoticeKind
    account: bytes = b""
    """Who did it, or whom it happened to; empty: nobody in particular."""
    others: tuple[bytes, ...] = ()
    text: str = ""


class Deleted(msgspec.Struct, array_like=True, frozen=True, tag=65):
    """What is left of a message that was deleted for all. Never sent, never received."""

    by: bytes


class Gone(msgspec.Struct, array_like=True, frozen=True, tag=66):
    """All that is left of a message that must not come back, and of an annotation whose words are not needed any more.

    ``why``: ``expired``, ``hidden`` (deleted for me, or discarded), ``done`` (an annotation). Never sent or received.
    """

    why: Literal["expired", "hidden", "done"]


class Imported(msgspec.Struct, array_like=True, frozen=True, tag=67):
    """A line that another messenger exported. Never sent, never received: it is on the person's own devices only.

    ``author`` is the author's name in the export, or empty; ``what`` is a `LineKind`; ``precise``: the seconds of
    its time were exported too.
    """

    service: Annotated[str, Meta(max_length=16)]
    author: Annotated[str, Meta(max_length=200)]
    text: Annotated[str, Meta(max_length=1_000_000)]
    what: Annotated[str, Meta(max_length=16)] = "text"
    precise: bool = False
    attachment: Attachment | None = None


Shown: TypeAlias = Text | File | Poll
"""Bodies that are separate messages in a room's history."""
Annotation: TypeAlias = Edit | Delete | React | Vote | ClosePoll | Pin | Profile
"""What changes how other messages or people are shown; sent, kept and put back like a message."""
Body: TypeAlias = (
    Shown | Annotation | Receipt | Leave | Moved | Typing | Sync | Handed | NewCard | BackfillRequest | Backfill
)
Stored: TypeAlias = Shown | Annotation | Notice | Deleted | Gone | Imported | BackfillRequest | Backfill
"""What a message row of the store may hold."""


class Envelope(msgspec.Struct, array_like=True, frozen=True):
    """One application message. ``marker`` is the id of the newest message the sender's account has read, or empty."""

    id: MessageId
    sent_at: Annotated[int, Meta(ge=0, le=MAX_SENT_AT)]
    views: Annotated[tuple[View, ...], Meta(max_length=64)]
    marker: Annotated[bytes, Meta(max_length=16)]
    body: Body

    def __repr__(self) -> str:
        return f"<Envelope {type(self.body).__name__}>"


_encoder = msgspec.msgpack.Encoder()
_envelopes = msgspec.msgpack.Decoder(Envelope)
_bodies: msgspec.msgpack.Decoder[Body | Stored] = msgspec.msgpack.Decoder(Body | Stored)


def encode_envelope(envelope: Envelope) -> bytes:
    return _encoder.encode(envelope)


def decode_envelope(data: bytes) -> Envelope:
    """Raises `Malformed` for anything but an envelope."""
    try:
        return _envelopes.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("not a message of this protocol") from None


def encode_body(body: Body | Stored) -> bytes:
    return _encoder.encode(body)


def decode_body(data: bytes) -> Body | Stored:
    """What a message row of the store holds. Raises `Malformed` for anything else."""
    try:
        return _bodies.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("not a message body of this protocol") from None
