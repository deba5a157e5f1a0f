"""What a profile remembers, as a stream of typed records (spec/archive.md). Values only; nothing here reads or writes.

Not among them, ever: the state of MLS groups, keys of epochs, frames, views, the outbox, and the device's own keys.
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

VERSION: Final = 2
"""Of the records; 2 has `Import`. A reader refuses a stream with a higher one."""

Account = Annotated[bytes, Meta(min_length=32, max_length=32)]
Room_ = Annotated[bytes, Meta(min_length=1, max_length=64)]
MessageId = Annotated[bytes, Meta(min_length=1, max_length=64)]
Digest = Annotated[bytes, Meta(min_length=32, max_length=32)]
BackupId = Annotated[bytes, Meta(max_length=16)]
Text = Annotated[str, Meta(max_length=1_000_000)]
Bytes = Annotated[bytes, Meta(max_length=4_194_304)]
Int = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Begin(msgspec.Struct, array_like=True, frozen=True, tag=1):
    """The first record of every stream."""

    version: Annotated[int, Meta(ge=1)]
    account: Account
    handle: Text
    made_at: Int
    """When it was begun, in ms."""
    id: BackupId = b""
    """Of a backup: what the next one names as what it was made after."""
    after: BackupId = b""
    """The backup whose messages and pieces this one leaves out; empty: it leaves nothing out."""


class Identity(msgspec.Struct, array_like=True, frozen=True, tag=2):
    """The account itself. Only in backups; anyone who has it is the account."""

    root: Account
    handle: Text
    relay: Text
    card: Bytes
    """The account's newest card when the backup was made."""
    registered_day: Int = 0

    def __repr__(self) -> str:
        return f"<Identity {self.handle}>"


class Value(msgspec.Struct, array_like=True, frozen=True, tag=3):
    """One of the few single values that are worth keeping (`reading.VALUES`)."""

    key: Text
    value: Bytes = b""

    def __repr__(self) -> str:
        return f"<Value {self.key.partition(':')[0]}>"


class Preference(msgspec.Struct, array_like=True, frozen=True, tag=4):
    """What the person chose, for the profile, a room or a contact; verified keys lie here too."""

    scope: Text
    key: Text
    value: Bytes

    def __repr__(self) -> str:
        return f"<Preference {self.key}>"


class Person(msgspec.Struct, array_like=True, frozen=True, tag=5):
    """What is known of an account met in a room."""

    account: Account
    handle: Text
    name: Text
    picture: Bytes
    told_at: Int
    """When it sent its profile, in ms; 0: it has sent none."""

    def __repr__(self) -> str:
        return "<Person>"


class Contact(msgspec.Struct, array_like=True, frozen=True, tag=6):
    """Another account; its key packages are those of the card."""

    account: Account
    handle: Text
    name: Text
    state: Text
    room: Annotated[bytes, Meta(max_length=64)]
    greeting: Text
    card: Bytes

    def __repr__(self) -> str:
        return "<Contact>"


class MemberDevice(msgspec.Struct, array_like=True, frozen=True):
    """A device of a room, as its members knew it: whom to ask for a way back."""

    device: Annotated[bytes, Meta(max_length=64)]
    account: Account
    handle: Text
    leaf: Int
    signature_key: Annotated[bytes, Meta(max_length=4_096)]
    encryption_key: Annotated[bytes, Meta(max_length=4_096)]
    since: Int


class Room(msgspec.Struct, array_like=True, frozen=True, tag=7):
    """A room: what it agreed on, who was in it, and how far this account had come. No key of it."""

    id: Room_
    info: Bytes
    """The encoded room info (spec/room.md §3)."""
    phase: Text
    """``joined``, ``removed``, ``left`` or ``away``."""
    devices: Annotated[tuple[MemberDevice, ...], Meta(max_length=8_192)]
    read_upto: Annotated[bytes, Meta(max_length=64)] = b""

    def __repr__(self) -> str:
        return f"<Room {self.phase}, {len(self.devices)} devices>"


class Message(msgspec.Struct, array_like=True, frozen=True, tag=8):
    """A row of a room: a line or an annotation. ``body`` is the encoded body (spec/room.md §6)."""

    room: Room_
    id: MessageId
    account: Annotated[bytes, Meta(max_length=64)]
    device: Annotated[bytes, Meta(max_length=64)]
    sent_at: int
    position: int
    epoch: int
    state: Text
    body: Bytes
    kind: Text
    shown: bool
    unread: Annotated[int, Meta(ge=0, le=2)]
    about: Annotated[bytes, Meta(max_length=64)] = b""
    entitled: bool = False
    timer_s: Int = 0
    expires_at: Int = 0
    edited_at: Int = 0

    def __repr__(self) -> str:
        return f"<Message {self.kind}>"


class Marker(msgspec.Struct, array_like=True, frozen=True, tag=9):
    """How far an account has read a room."""

    room: Room_
    account: Account
    position: int


class File(msgspec.Struct, array_like=True, frozen=True, tag=10):
    """Where the file of a message is, and its pieces in order: the digest of each, and whether it is done."""

    room: Room_
    message: MessageId
    mine: bool
    state: Text
    reason: Text
    pieces: Annotated[tuple[tuple[Digest, bool], ...], Meta(max_length=4_096)]


class Piece(msgspec.Struct, array_like=True, frozen=True, tag=11):
    """The bytes of one piece of a file, in the clear; its key and digest are in its message's body."""

    room: Room_
    message: MessageId
    place: Annotated[int, Meta(ge=0, le=4_096)]
    data: Annotated[bytes, Meta(max_length=1_048_576)]

    def __repr__(self) -> str:
        return f"<Piece {self.place}>"


class Seen(msgspec.Struct, array_like=True, frozen=True, tag=12):
    """A mark that something was taken in before, so that it is not taken in twice (imported history)."""

    scope: Text
    hash: Annotated[bytes, Meta(max_length=64)]
    day: Int


class Dropped(msgspec.Struct, array_like=True, frozen=True, tag=13):
    """Of a backup made after another: a message that the earlier one has and the profile does not any more."""

    message: Annotated[bytes, Meta(min_length=16, max_length=16)]
    """`index.message_key`."""


class Import(msgspec.Struct, array_like=True, frozen=True, tag=14):
    """One chat of an import; the messages that it brought name it as their device. Which rows they have is not said."""

    id: MessageId
    run: MessageId
    service: Annotated[str, Meta(max_length=16)]
    title: Text
    key: Text
    room: Room_
    digest: Digest
    total: Int
    done: Int
    added: Int
    files: Int
    state: Text
    started_at: Int
    made_room: bool

    def __repr__(self) -> str:
        return f"<Import {self.state}, {self.done} of {self.total}>"


Record: TypeAlias = (
    Begin
    | Identity
    | Value
    | Preference
    | Person
    | Contact
    | Room
    | Message
    | Marker
    | File
    | Piece
    | Seen
    | Dropped
    | Import
)
