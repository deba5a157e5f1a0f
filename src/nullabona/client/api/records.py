"""What the API hands out: plain values. Ids are bytes; times are milliseconds since the epoch."""

from __future__ import annotations

from dataclasses import dataclass, field

from nullabona.client.api.import_records import ImportedInfo
from nullabona.client.api.standing import RecordStanding
from nullabona.client.api.warned import StandingWarning
from nullabona.wire.data_held import Column, DataFile


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """The account of this profile."""

    account: bytes
    handle: str
    device: bytes
    relay: str
    published: bool
    """Whether the directory has taken the newest card."""


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A device of this account. ``name`` is the person's own, or empty; ``since``: the day it came, since 1970."""

    id: bytes
    name: str
    since: int
    this: bool


@dataclass(frozen=True, slots=True)
class ContactInfo:
    """Another account. ``state``: ``requested`` (we asked), ``asking`` (they asked), ``accepted`` or ``blocked``."""

    account: bytes
    handle: str
    state: str
    room: bytes
    """The direct room with them, or empty."""
    greeting: str
    name: str = ""
    """What to call them: the nickname given here, else their profile's name, else the first part of the handle."""
    nickname: str = ""
    verified: bool = False
    """The person compared safety numbers, and the identity key is still that one."""
    changed: bool = False
    """The directory showed another identity key for their handle, and the person has not confirmed the change."""
    replaced: bool = False
    """The person knows that the handle belongs to another account now; this is the account that they knew before."""
    record: str = ""
    """What the public record says of them: ``proven``, ``promised``, ``pending``, ``refuted``; empty: never asked."""
    answered: bool = False
    """The person accepted their request; the reply waits for the public record."""
    asks: bool = False
    """Accepting their request makes this device ask their server about them, which can then guess who asked whom."""


@dataclass(frozen=True, slots=True)
class ProfileInfo:
    """What an account says of itself inside rooms. ``name`` is cleaned for display and may be empty."""

    account: bytes
    name: str
    picture: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RoomSummary:
    """A room as a list shows it.

    ``phase``: ``joined``, ``removed``, ``left``, ``signed-out`` (this device is none of the account's any more),
    ``away`` (remembered; a member is asked for a way back),
    ``request`` (a stranger invites), or ``imported`` (nothing but imported history).
    """

    id: bytes
    title: str
    """A group's name, or what the other person is called (see `ContactInfo.name`)."""
    direct: bool
    phase: str
    members: int
    unread: int
    """Messages of others that this account has not read."""
    admin: bool
    changing: bool
    """A change of ours (add, remove, rename, …) has not been carried out yet."""
    mentions: int = 0
    """Of the unread messages, those that mention me or answer a message of mine."""
    failed: int = 0
    """Own messages that failed and were neither retried nor discarded."""
    timer_s: int = 0
    """How long messages written from now on live, once read; 0: for ever."""
    members_pin: bool = False
    """In a group every member may pin messages, not the admins alone."""
    may_pin: bool = False
    """I may pin messages here, and unpin anybody's."""
    partner: bytes = b""
    """The other account of a direct room."""
    last: MessageInfo | None = None
    """The newest line of the room, without its quote, reactions and votes. Empty in `RoomDetails`."""
    photos: int = 1
    """How many photos that line's album has; its ``text`` is then what was said with any of them."""
    record: str = ""
    """For a stranger's invitation: what the public record says about the inviter, as in `ContactInfo`."""
    answered: bool = False
    """The person accepted a stranger's invitation; joining waits for the public record."""
    asks: bool = False
    """Accepting it makes this device ask the inviter's server about them, as in `ContactInfo`."""
    leaving: bool = False
    """We asked to leave, and no member has carried that out yet."""
    opening: str = ""
    """How far a direct room is open. Empty: both are in it, or this device was unlinked. ``left``: we left; ``alone``:
    the other person left. A message opens it again: then it is ``asked`` or ``adding`` until the other person's device
    has answered.
    """
    hidden: bool = False
    """No row of the list: it was deleted, or the two talk in another room since."""


@dataclass(frozen=True, slots=True)
class RoomDetails:
    """All technical details of a room."""

    summary: RoomSummary
    relay: str
    epoch: int
    devices: int
    box: bytes
    """Address of the current box."""
    rejoining: bool
    earlier: tuple[bytes, ...] = ()
    """The rooms in which the two of a direct room talked before both had left."""


@dataclass(frozen=True, slots=True)
class Member:
    """An account in a room."""

    account: bytes
    handle: str
    admin: bool
    devices: int
    me: bool
    name: str = ""
    """What to call them, see `ContactInfo.name`."""


@dataclass(frozen=True, slots=True)
class QuoteInfo:
    """What an answer answers. ``kind`` as of `MessageInfo`, or ``gone``: disappeared, removed here, or never come."""

    message: bytes
    account: bytes
    name: str
    kind: str
    text: str
    """Its first 200 characters: words, caption, file name or question; empty if deleted or gone."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """One emoji and who gave it, in the order in which they did."""

    emoji: str
    accounts: tuple[bytes, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PollInfo:
    """A poll and what has been voted so far."""

    question: str
    options: tuple[str, ...]
    multiple: bool
    votes: dict[bytes, tuple[int, ...]]
    """Account → the options it chooses, counted from 0."""
    names: dict[bytes, str]
    """What the voters are called."""
    closed: bool
    may_close: bool


@dataclass(frozen=True, slots=True)
class AttachmentInfo:
    """A file, photo or voice note. ``state``: ``remote``, ``moving``, ``here``, ``failed`` or ``cancelled``."""

    kind: str
    name: str
    mime: str
    size: int
    width: int
    height: int
    duration_ms: int
    levels: bytes
    """A voice note's loudness over time, one byte each."""
    thumb: bytes = field(repr=False)
    state: str = "remote"
    done: int = 0
    """Bytes moved so far: own ones upwards, others' downwards."""
    reason: str = ""
    """A code, if it failed."""


@dataclass(frozen=True, slots=True)
class NoticeInfo:
    """A line about the room. ``what`` is one of `NoticeKind`; what the rest means is said there."""

    what: str
    account: bytes
    """Who did it; empty: nobody in particular."""
    name: str
    me: bool
    """It was this account that did it."""
    others: tuple[bytes, ...]
    """Whom it happened to."""
    names: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class MessageInfo:
    """A message. ``state`` of an own one: ``waiting``, ``sent``, ``delivered`` or ``failed``; else ``received``."""

    id: bytes
    room: bytes
    account: bytes
    handle: str
    mine: bool
    sent_at: int
    state: str
    unread_by: int | None
    """How many accounts of the room, the sender aside, have not read it yet; None where read receipts are off."""
    position: int
    """Sorts; give the smallest one you have as ``before`` to get what came earlier."""
    reply_to: bytes
    text: str
    """The words of a text, the caption of a file, the question of a poll; else empty."""
    kind: str = "text"
    """``text``, ``file``, ``photo``, ``voice``, ``poll``, ``notice``, ``deleted``, or ``told``: an imported line that
    nobody said."""
    name: str = ""
    """What to call the sender, see `ContactInfo.name`."""
    quote: QuoteInfo | None = None
    """What ``reply_to`` says, if it answers anything."""
    mentions: tuple[bytes, ...] = ()
    mentions_me: bool = False
    """It mentions this account or answers a message of it."""
    forwarded: bool = False
    edited_at: int | None = None
    timer_s: int = 0
    """How long it lives, once sent (own) or read (others'); 0: for ever."""
    expires_at: int | None = None
    """When it will be erased; None: not running or never."""
    pinned: bool = False
    reactions: tuple[Reaction, ...] = ()
    poll: PollInfo | None = None
    attachment: AttachmentInfo | None = None
    album: bytes = b""
    """Photos of one account with the same one were sent together and are shown as one; empty: none."""
    notice: NoticeInfo | None = None
    deleted_by: bytes = b""
    """Who deleted it for all, if its kind is ``deleted``."""
    told_by: bytes = b""
    """The account that handed it over after this device was restored, or empty. Nothing proves when it was said."""
    teller: str = ""
    """What to call that account, if it is not the sender's: nothing but its word says that this was said."""
    imported: ImportedInfo | None = None
    """Set on what was imported from another messenger."""


@dataclass(frozen=True, slots=True)
class Found:
    """A message that fits a search. ``snippet`` is a piece of it, ``matches`` the (start, end) of the hits in it."""

    message: MessageInfo
    title: str
    """What the room is called."""
    snippet: str
    matches: tuple[tuple[int, int], ...]
    cursor: int
    """Give the last one's as ``before`` to go on."""


@dataclass(frozen=True, slots=True)
class FoundPeople:
    """Whom and what a name search found."""

    contacts: tuple[ContactInfo, ...]
    members: tuple[ProfileInfo, ...]
    """Accounts in rooms with us that are no contacts; ``picture`` may be empty."""
    rooms: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class RelayStatus:
    """A connection to a relay. ``error`` is the code of why it is down, or empty.

    ``own``: it is where the account's inbox and its new rooms are. ``lane``: what is asked there, "rooms" or "inbox".
    """

    relay: str
    lane: str
    connected: bool
    error: str
    own: bool


@dataclass(frozen=True, slots=True)
class Status:
    """How the client is doing."""

    handle: str
    published: bool
    relays: tuple[RelayStatus, ...]
    outbox: int
    """Items that still have to reach a relay."""
    rooms: int
    at_rest: bool
    """Up to date: everything that could be sent or received has been."""
    warnings: tuple[StandingWarning, ...]
    """Warnings that are still valid."""


@dataclass(frozen=True, slots=True)
class SafetyNumber:
    """12 groups of 5 digits, the same for both sides; ``code`` is what its QR code says.

    Of the account that is known; ``changed`` and ``replaced`` as in `ContactInfo`.
    """

    account: bytes
    handle: str
    digits: tuple[str, ...]
    code: str
    verified: bool
    changed: bool
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class PrivacyReport:
    """What the operator could hand over: ``record``, as JSON in ``text``, and all that relays and directories keep."""

    handle: str
    relay: str
    record: dict[str, object]
    text: str
    relay_columns: tuple[Column, ...]
    directory_columns: tuple[Column, ...]
    relay_files: tuple[DataFile, ...]
    directory_files: tuple[DataFile, ...]
    standing: RecordStanding
    """How the public record with the account's card is checked."""
