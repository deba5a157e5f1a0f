"""What the page shows, ready to be shown: no rule is left for the page to decide.

Ids are lower-case hex. Times are ms since the epoch (0: none). ``place`` sorts messages as text, oldest first. A
``url`` is a path on this server, signed and valid while the app is unlocked, or empty.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from nullabona.app.protocol.backup_views import Backups
from nullabona.app.protocol.privacy_views import OperatorNotices

Phase = Literal["empty", "locked", "no-account", "unconfirmed", "ready"]
"""No profile yet; a profile that wants its passphrase; no account in it; the 24 words not checked yet; at work."""
Theme = Literal["system", "light", "dark"]
Language = Literal["ko", "en"]
NotifyLevel = Literal["all", "name", "nothing", "off"]
"""What a desktop notification shows: name and words, the name, or only that something came."""
MessageKind = Literal["text", "file", "photo", "voice", "poll", "notice", "deleted", "told"]
MissingKind = Literal["photo", "video", "voice", "file", "sticker"]
MessageState = Literal["waiting", "sent", "delivered", "failed", "received"]
ToldLevel = Literal["news", "warning", "grave"]
RoomPhase = Literal["joined", "removed", "left", "signed-out", "request", "away", "imported"]
FileState = Literal["remote", "moving", "here", "failed", "cancelled"]
ContactState = Literal["requested", "asking", "accepted", "blocked"]
May = Literal["reply", "react", "edit", "delete-all", "delete-me", "forward", "pin", "copy", "retry", "discard", "save"]
RoomMay = Literal[
    "send", "files", "add", "remove", "rename", "admins", "timer", "link", "leave", "delete", "pin", "poll"
]
Opening = Literal["", "left", "alone", "asked", "adding"]
"""I left a direct room, or the other person did; after a message: their device was asked, or they are being added."""


class Person(Struct, frozen=True):
    """Somebody, as shown everywhere. ``name`` is what to call them; ``colour`` picks one of 12 tints."""

    account: str
    handle: str
    name: str
    initial: str
    colour: int
    picture: str
    me: bool = False


class Member(Struct, frozen=True):
    person: Person
    admin: bool
    devices: int
    may_remove: bool
    may_appoint: bool


class Span(Struct, frozen=True):
    """A piece of a text. A ``link`` has its address in ``target``, a ``mention`` the account; else it is empty."""

    kind: Literal["text", "link", "mention", "mention-me"]
    text: str
    target: str = ""


class Quote(Struct, frozen=True):
    """The message that is answered. ``gone``: deleted, disappeared or not here."""

    message: str
    name: str
    kind: MessageKind
    text: str
    picture: str
    gone: bool


class Reaction(Struct, frozen=True):
    emoji: str
    count: int
    mine: bool
    names: list[str]


class FileView(Struct, frozen=True):
    """A file, photo or voice note. ``url`` is empty until it is here; ``thumb`` may be there at once."""

    name: str
    size: int
    mime: str
    width: int
    height: int
    duration_ms: int
    levels: list[int]
    thumb: str
    url: str
    download: str
    state: FileState
    done: int
    """Bytes moved so far, of ``size``; own ones upwards, others' downwards."""
    reason: str


class PollOption(Struct, frozen=True):
    text: str
    votes: int
    mine: bool
    names: list[str]


class PollView(Struct, frozen=True):
    question: str
    options: list[PollOption]
    multiple: bool
    closed: bool
    voters: int
    may_close: bool


class Notice(Struct, frozen=True):
    """A line about the room. The page words it from ``what``, who did it, to whom, and ``text`` (a name, a time)."""

    what: str
    name: str
    me: bool
    others: list[str]
    text: str


class Missing(Struct, frozen=True):
    """What an imported line stands for, and the other messenger's export did not have. ``name``: of a file."""

    what: MissingKind
    name: str
    count: int


class Message(Struct, frozen=True):
    """One line of a conversation."""

    id: str
    room: str
    place: str
    kind: MessageKind
    person: Person
    mine: bool
    at: int
    state: MessageState
    reason: str
    """Why it failed, as a code."""
    unread_by: int | None
    """How many people have not read it yet; None: receipts are off."""
    spans: list[Span]
    text: str
    """The plain words, for copying and editing."""
    big: bool
    """Nothing but a few emoji: shown large."""
    edited_at: int
    forwarded: bool
    pinned: bool
    expires_at: int
    timer_s: int
    mentions_me: bool
    may: list[May]
    quote: Quote | None = None
    reactions: list[Reaction] = []
    file: FileView | None = None
    album: str = ""
    """Photos of one person with the same one are shown as one."""
    poll: PollView | None = None
    notice: Notice | None = None
    client: str = ""
    """The page's own id for a message it sent, so that its optimistic bubble is replaced and not doubled."""
    cut: bool = False
    """``spans`` and ``text`` are only the beginning of a long text; `GetText` has all of it."""
    imported: str = ""
    """The messenger that it was imported from, or empty. Nobody else has it."""
    missing: Missing | None = None
    """Set if it stands for something that is not here; ``text`` is what was said beside that."""
    teller: str | None = None  # who handed it over after a restore; empty: its sender; None: nobody did


class LastLine(Struct, frozen=True):
    """What a chat row shows of its newest message. ``name`` is empty where it needs no saying."""

    kind: MessageKind
    name: str
    text: str
    at: int
    state: MessageState
    notice: Notice | None = None
    mine: bool = False
    missing: Missing | None = None
    photos: int = 1
    """How many came together; ``text`` is what was said with them."""


class Chat(Struct, frozen=True):
    """A row of the chat list. Rows sort by ``order``, highest first."""

    room: str
    title: str
    person: Person | None
    """The other one of a direct room."""
    faces: list[Person]
    """Up to four members of a group, for its picture."""
    phase: RoomPhase
    direct: bool
    members: int
    unread: int
    mentions: int
    marked_unread: bool
    pinned: bool
    muted: bool
    muted_until: int | Literal["always"] | None
    """In ms; None: not muted."""
    archived: bool
    draft: str
    failed: int
    """Own messages that failed."""
    timer_s: int
    order: str
    last: LastLine | None = None
    opening: Opening = ""


class Room(Struct, frozen=True):
    """Everything about a room but its messages."""

    chat: Chat
    members: list[Member]
    may: list[RoomMay]
    pinned: list[Message]
    draft: str
    draft_reply: Quote | None
    first_unread: str
    """Id of the first unread message, or empty."""
    timer_s: int
    members_pin: bool
    """In a group every member may pin messages, not the admins alone."""
    relay: str
    verified: bool
    """A direct room's other person was verified."""
    held: bool
    """Sending waits until the person confirms a changed safety number."""
    blocked: bool
    typing: list[str]
    receipts: bool
    """Whether read counts are shown here."""
    earlier: list[str]
    """The rooms in which the two of a direct room talked before."""


class Page(Struct, frozen=True):
    """Some messages of a room, oldest first, and whether there are more before and after them."""

    room: str
    messages: list[Message]
    more_before: bool
    more_after: bool


class Request(Struct, frozen=True):
    """Somebody who is no contact asks to talk (``room`` empty) or invites into a group.

    ``record``: what that says of them; empty: not asked. ``answered``: my yes waits for it. ``asks``: a yes asks it.
    """

    id: str
    person: Person
    room: str
    title: str
    greeting: str
    at: int
    record: Literal["", "pending", "promised", "proven", "refuted"] = ""
    answered: bool = False
    asks: bool = False


class JoinRequest(Struct, frozen=True):
    """I asked an admin, by a link, to be let into the group ``room``. ``state``: asked; no answer within
    ``patience_s`` seconds; or why the link does not lead in.
    """

    room: str
    person: Person
    state: Literal["waiting", "silent", "used", "expired", "closed"]
    at: int
    patience_s: int


class Contact(Struct, frozen=True):
    person: Person
    nickname: str
    state: ContactState
    room: str
    verified: bool
    changed: bool
    """The handle leads to another identity key, and I have not said that I know."""
    replaced: bool
    """I know that the handle is another account's now."""


class Match(Struct, frozen=True):
    """A found message; ``parts`` alternate plain and matching text, plain first."""

    room: str
    title: str
    message: str
    place: str
    person: Person
    at: int
    parts: list[str]


class Found(Struct, frozen=True):
    """Chats and people whose names fit, and messages whose words do."""

    chats: list[str]
    contacts: list[Contact]
    messages: list[Match]
    more: bool


class Me(Struct, frozen=True):
    person: Person
    account: str
    handle: str
    relay: str
    published: bool
    profile_name: str


class Settings(Struct, frozen=True):
    language: Language
    theme: Theme
    receipts: bool
    typing: bool
    notify: NotifyLevel
    quiet_hours: str
    """``22:00-07:00`` by the clock of this machine, or empty: then nothing is notified."""
    default_timer_s: int
    """0: for ever."""
    lock_minutes: int
    """0: never by itself."""
    enter_sends: bool


class Connection(Struct, frozen=True):
    """``since``: when the relay was last reached. ``trouble`` is a code, or empty."""

    online: bool
    since: int
    waiting: int
    """Things that still have to go out."""
    trouble: str


class Invite(Struct, frozen=True):
    """An invite link that another program opened, or that was pasted before there is an account."""

    text: str
    kind: Literal["contact", "room"]
    handle: str
    at_once: bool
    """Its maker need not agree any more."""


class State(Struct, frozen=True):
    """What the page starts from."""

    phase: Phase
    settings: Settings
    connection: Connection
    seq: int
    """The push that this state includes; resume after it."""
    me: Me | None = None
    chats: list[Chat] = []
    requests: list[Request] = []
    join_requests: list[JoinRequest] = []
    notices: OperatorNotices = OperatorNotices([], [])
    blocked: int = 0
    backups: Backups = Backups("none", 0, remind=False, places=[])
    version: str = ""
    protected: bool = True
    """The profile has a passphrase, so locking means something."""
    words_unchecked: bool = False
    """The check of the 24 words was put off; the person is reminded."""
    host: str = ""
    """What is meant where a handle lacks its part after the @: ``--relay``, my own, or what was chosen; else empty."""
    fixed_host: bool = False
    """It was named by ``--relay``, and cannot be chosen here."""
    local_relay: Literal["", "can", "runs"] = ""
    """Whether a relay for trying can run on this machine, or does."""
    invite: Invite | None = None
    """Before there is an account: whose link was opened. With one: given once, to the first page that gets a state."""
    room: str = ""
    """The room whose notification was pressed; given once, to the first page that gets a state."""
    offer_at_login: bool = False
    """The person was not asked yet whether the app is to start when they log in."""
    places: dict[str, str] = {}
    """What the numbers in this page's history mean, as it said by `KeepPlace`. Only in the answer to `Start`."""
