"""What the page asks for. Each call has one answer type, given by `ANSWERS`; a refusal is a `Failed`."""

from __future__ import annotations

from typing import Any, Final, Literal

from msgspec import Struct

from nullabona.app.protocol import views as v


class Call(Struct, frozen=True, tag_field="call"):
    """Base of every call."""


class Done(Struct, frozen=True):
    """It is done, and stored."""


# -- start, account, lock ---------------------------------------------------------------------------------------------


class Start(Call, frozen=True):
    """The whole state; the first call of a page, and the one after a `Reset`."""


class CheckHandle(Call, frozen=True):
    """Whether a handle may be had. ``handle`` may lack its host: the default relay is meant."""

    handle: str


class HandleCheck(Struct, frozen=True):
    handle: str
    free: bool
    trouble: str
    """A code: what is wrong with it, or ``taken``."""
    message: str


class CreateProfile(Call, frozen=True):
    """A new encrypted profile."""

    passphrase: str


class CreateAccount(Call, frozen=True):
    handle: str
    name: str


class RestoreAccount(Call, frozen=True):
    handle: str
    words: str


class GetPhrase(Call, frozen=True):
    """The 24 words. Before they were confirmed without, afterwards only with the passphrase."""

    passphrase: str = ""


class Phrase(Struct, frozen=True):
    words: list[str]
    ask: list[int]
    """Which words (from 0) are asked for to confirm."""


class ConfirmPhrase(Call, frozen=True):
    """``words`` for the places that were asked for; ``later`` skips the check."""

    words: list[str]
    later: bool = False


class Unlock(Call, frozen=True):
    passphrase: str


class Lock(Call, frozen=True):
    pass


class Active(Call, frozen=True):
    """The person is here: the idle time starts anew."""


# -- conversations ----------------------------------------------------------------------------------------------------


class OpenRoom(Call, frozen=True):
    """A room and its messages around the first unread one, or the newest. The page is told of its changes."""

    room: str
    limit: int = 60


class RoomPage(Struct, frozen=True):
    room: v.Room
    page: v.Page


class CloseRoom(Call, frozen=True):
    room: str


class GetMessages(Call, frozen=True):
    """Messages before, after or around a place; with none of them the newest."""

    room: str
    before: str = ""
    after: str = ""
    around: str = ""
    """Id of a message."""
    limit: int = 100


class SendText(Call, frozen=True):
    """``mentions`` are accounts; ``client`` comes back in the message."""

    room: str
    text: str
    client: str
    reply_to: str = ""
    mentions: list[str] = []


class SendFile(Call, frozen=True):
    """``upload`` is what POST /upload answered."""

    room: str
    upload: str
    client: str
    caption: str = ""
    reply_to: str = ""
    kind: Literal["file", "photo", "voice"] = "file"
    duration_ms: int = 0
    levels: list[int] = []


class EditMessage(Call, frozen=True):
    room: str
    message: str
    text: str
    mentions: list[str] = []


class DeleteMessages(Call, frozen=True):
    room: str
    messages: list[str]
    for_all: bool


class React(Call, frozen=True):
    """``emoji`` empty takes the reaction back."""

    room: str
    message: str
    emoji: str


class Forward(Call, frozen=True):
    room: str
    messages: list[str]
    to: list[str]


class Retry(Call, frozen=True):
    room: str
    message: str


class Discard(Call, frozen=True):
    """Give up a failed message."""

    room: str
    message: str


class FetchFile(Call, frozen=True):
    room: str
    message: str


class CancelTransfer(Call, frozen=True):
    room: str
    message: str


class SendPoll(Call, frozen=True):
    room: str
    question: str
    options: list[str]
    multiple: bool
    client: str


class Vote(Call, frozen=True):
    room: str
    message: str
    choices: list[int]


class ClosePoll(Call, frozen=True):
    room: str
    message: str


class PinMessage(Call, frozen=True):
    room: str
    message: str
    on: bool


class MarkRead(Call, frozen=True):
    """``message`` empty: all of the room."""

    room: str
    message: str = ""


class SetDraft(Call, frozen=True):
    room: str
    text: str
    reply_to: str = ""


class SetTyping(Call, frozen=True):
    """Told to the others only if the person wants that."""

    room: str
    on: bool


class SetRoom(Call, frozen=True):
    """How this device shows a room; None leaves a thing as it is. ``mute_s``: 0 ends it, -1 for ever."""

    room: str
    pinned: bool | None = None
    archived: bool | None = None
    mute_s: int | None = None
    marked_unread: bool | None = None


class Search(Call, frozen=True):
    """``room`` empty: everywhere. ``before`` goes on after the last result's place, within one room."""

    text: str
    room: str = ""
    before: str = ""
    limit: int = 30


class GetMedia(Call, frozen=True):
    """Photos and files of a room, newest first."""

    room: str
    kind: Literal["photo", "file", "voice"]
    before: str = ""
    limit: int = 60


# -- people and rooms -------------------------------------------------------------------------------------------------


class GetContacts(Call, frozen=True):
    pass


class Contacts(Struct, frozen=True):
    contacts: list[v.Contact]


class AskContact(Call, frozen=True):
    handle: str
    greeting: str = ""


class AnswerRequest(Call, frozen=True):
    """``id`` of a `Request`: say yes, forget it, or block who asked."""

    id: str
    answer: Literal["accept", "delete", "block"]


class SetContact(Call, frozen=True):
    account: str
    nickname: str | None = None
    blocked: bool | None = None
    verified: bool | None = None
    confirmed: bool | None = None
    """The changed safety number was seen: sending goes on."""


class GetSafety(Call, frozen=True):
    account: str


class ReadCode(Call, frozen=True):
    """What a scanned QR code says about somebody's safety number."""

    account: str
    text: str


class CodeResult(Struct, frozen=True):
    matches: bool


class CreateGroup(Call, frozen=True):
    """``people`` are handles or accounts of contacts."""

    name: str
    people: list[str]
    timer_s: int = 0


class ChangeMembers(Call, frozen=True):
    """One change of a group; ``people`` are handles or accounts."""

    room: str
    change: Literal["add", "remove", "appoint", "dismiss"]
    people: list[str]


class RenameRoom(Call, frozen=True):
    room: str
    name: str


class SetTimer(Call, frozen=True):
    room: str
    timer_s: int


class LeaveRoom(Call, frozen=True):
    room: str


class MakeLink(Call, frozen=True):
    """``room`` empty: a link to me. ``hours`` 0: a lasting one (contact only). ``uses`` 0: any number."""

    room: str = ""
    hours: int = 0
    uses: int = 0


class GetLinks(Call, frozen=True):
    room: str


class Links(Struct, frozen=True):
    links: list[v.LinkView]


class RevokeLink(Call, frozen=True):
    id: str


class ReadLink(Call, frozen=True):
    """What a pasted or scanned link is; nothing is sent."""

    text: str


class FollowLink(Call, frozen=True):
    text: str
    greeting: str = ""


class SetProfile(Call, frozen=True):
    """``upload`` of a picture; ``keep``, or empty for none."""

    name: str
    upload: str = "keep"


class SetSettings(Call, frozen=True):
    """None leaves a thing as it is."""

    language: v.Language | None = None
    theme: v.Theme | None = None
    receipts: bool | None = None
    typing: bool | None = None
    notify: v.NotifyLevel | None = None
    default_timer_s: int | None = None
    lock_minutes: int | None = None
    enter_sends: bool | None = None


class ChangePassphrase(Call, frozen=True):
    old: str
    new: str


class GetPrivacy(Call, frozen=True):
    pass


ANSWERS: Final[dict[type[Call], type[Any]]] = {
    Start: v.State,
    CheckHandle: HandleCheck,
    CreateProfile: v.State,
    CreateAccount: v.State,
    RestoreAccount: v.State,
    GetPhrase: Phrase,
    ConfirmPhrase: v.State,
    Unlock: v.State,
    Lock: v.State,
    Active: Done,
    OpenRoom: RoomPage,
    CloseRoom: Done,
    GetMessages: v.Page,
    SendText: v.Message,
    SendFile: v.Message,
    EditMessage: Done,
    DeleteMessages: Done,
    React: Done,
    Forward: Done,
    Retry: Done,
    Discard: Done,
    FetchFile: Done,
    CancelTransfer: Done,
    SendPoll: v.Message,
    Vote: Done,
    ClosePoll: Done,
    PinMessage: Done,
    MarkRead: Done,
    SetDraft: Done,
    SetTyping: Done,
    SetRoom: Done,
    Search: v.Found,
    GetMedia: v.Page,
    GetContacts: Contacts,
    AskContact: v.Contact,
    AnswerRequest: Done,
    SetContact: Done,
    GetSafety: v.Safety,
    ReadCode: CodeResult,
    CreateGroup: v.Chat,
    ChangeMembers: Done,
    RenameRoom: Done,
    SetTimer: Done,
    LeaveRoom: Done,
    MakeLink: v.LinkView,
    GetLinks: Links,
    RevokeLink: Done,
    ReadLink: v.LinkPreview,
    FollowLink: Done,
    SetProfile: v.Me,
    SetSettings: v.Settings,
    ChangePassphrase: Done,
    GetPrivacy: v.Privacy,
}
