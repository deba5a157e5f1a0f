"""What the process tells the page unasked, and how calls, answers and pushes travel.

One WebSocket at ``/ws``, subprotocols ``nulla`` and ``token.<working token>``; JSON text. The page sends `Asked`
objects; it gets `Answered`, `Failed` and `Pushed`. Pushes count from 1; after a reconnect the page opens
``/ws?after=<last seq>`` and gets what it missed, or a `Reset` if that is not known any more.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta, Struct

from nullabona.app.protocol import views as v
from nullabona.app.protocol.backup_views import Backups
from nullabona.app.protocol.moving_calls import Doing
from nullabona.app.protocol.privacy_views import OperatorNotices


class Push(Struct, frozen=True, tag_field="push"):
    """Base of every push."""


class ChatChanged(Push, frozen=True):
    """A row of the chat list is new or different."""

    chat: v.Chat


class ImportMoved(Push, frozen=True):
    """How far an import has come, in lines. ``state``: ``running``, ``done``, or ``stopped`` with a code."""

    done: int
    total: int
    added: int
    state: Literal["running", "done", "stopped"]
    code: str = ""


class ChatGone(Push, frozen=True):
    """``instead``: the room in which the two of a direct room talk now, or empty."""

    room: str
    instead: str = ""


class RoomChanged(Push, frozen=True):
    """An open room is different: members, name, timer, rights, pins."""

    room: v.Room


class MessagesChanged(Push, frozen=True):
    """Messages of an open room are new or different; insert or replace by id, sort by place."""

    room: str
    messages: list[v.Message]


class MessagesGone(Push, frozen=True):
    room: str
    messages: list[str]


class UnreadChanged(Push, frozen=True):
    """Somebody of an open room has read further, came or went: ask how many have not read (`GetUnread`)."""

    room: str


class TypingChanged(Push, frozen=True):
    room: str
    names: list[str]


class TransferChanged(Push, frozen=True):
    room: str
    message: str
    file: v.FileView


class MovingChanged(Push, frozen=True):
    """How far a backup, a check or an export has come."""

    doing: Doing
    percent: int


class BackupsChanged(Push, frozen=True):
    """A backup by itself was planned, begun, made or failed."""

    backups: Backups


class RequestsChanged(Push, frozen=True):
    requests: list[v.Request]


class JoinRequestsChanged(Push, frozen=True):
    join_requests: list[v.JoinRequest]


class OperatorNoticesChanged(Push, frozen=True):
    """The operator told of a demand, one was put away, or they read otherwise."""

    notices: OperatorNotices


class ContactsChanged(Push, frozen=True):
    """Ask for them again if they are shown."""


class MeChanged(Push, frozen=True):
    me: v.Me


class SettingsChanged(Push, frozen=True):
    settings: v.Settings


class ConnectionChanged(Push, frozen=True):
    connection: v.Connection


class Notify(Push, frozen=True):
    """Worth a desktop notification; what it may show was decided here."""

    room: str
    title: str
    body: str
    sound: bool


class Told(Push, frozen=True):
    """Something the person should know: a warning or a failure that belongs to no message."""

    code: str
    message: str
    hint: str
    room: str = ""
    level: v.ToldLevel = "warning"
    """``news`` is no alarm; ``grave``, that somebody lies, stays until the person puts it away."""


class Locked(Push, frozen=True):
    """Everything shown must go; only unlocking is left."""

    state: v.State


class Reset(Push, frozen=True):
    """What was missed is not known: `Start` again."""


AnyPush: TypeAlias = (
    ChatChanged
    | ImportMoved
    | ChatGone
    | RoomChanged
    | MessagesChanged
    | MessagesGone
    | UnreadChanged
    | TypingChanged
    | TransferChanged
    | MovingChanged
    | BackupsChanged
    | RequestsChanged
    | JoinRequestsChanged
    | OperatorNoticesChanged
    | ContactsChanged
    | MeChanged
    | SettingsChanged
    | ConnectionChanged
    | Notify
    | Told
    | Locked
    | Reset
)


class Asked(Struct, frozen=True):
    """A call by the page; ``id`` is its own count."""

    id: int
    ask: Any
    """A `Call`."""


class Answered(Struct, frozen=True, tag_field="kind", tag="answer"):
    id: int
    answer: Any


class Failed(Struct, frozen=True, tag_field="kind", tag="failed"):
    """A refusal, worded for the person in their language."""

    id: int
    code: str
    message: str
    hint: str


class Pushed(Struct, frozen=True, tag_field="kind", tag="push"):
    seq: int
    push: AnyPush


class Uploaded(Struct, frozen=True):
    """The answer of ``POST /upload?name=…`` (raw body, header ``X-Nulla-Token``): to be named in `SendFile`."""

    upload: str
    kind: str
    name: str
    size: int
    width: int
    height: int
    preview: str


class GivenBackup(Struct, frozen=True):
    """The answer of ``POST /backup?id=…&at=N`` (raw body, header ``X-Nulla-Token``), or of one without ``id``: what is
    there of this backup now.
    """

    id: str
    size: int


class Keep(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of ``POST /keep``: with the page's key it may come back to the next process of this profile."""

    key: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{43}$")]


class Prove(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of ``POST /prove``: a page wants to know whether it is the app that listens."""

    nonce: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{43}$")]


class Proofs(Struct, frozen=True):
    """One for each page that may come back: HMAC-SHA256 in hex, keyed with the SHA-256 of the page's key."""

    proofs: list[str]


class Trade(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of ``POST /trade`` (JSON): ``token``, 32 random bytes of the page's choice, works from the answer on.

    The page keeps both until it has heard the answer, and says the same again if it was loaded again before. The key of
    a page that comes back counts as a launch token.
    """

    launch: str
    token: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{43}$")]
