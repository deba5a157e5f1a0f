"""Calls about people, rooms, links and safety numbers."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from nullabona.app.protocol import views as v
from nullabona.app.protocol.call import Call


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


class DeleteContact(Call, frozen=True):
    """Forget them and leave the direct room, whose history stays. They may ask again."""

    account: str


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
    """``room`` empty: a link to me. ``hours`` 0: a lasting one (contact only).

    ``uses`` 0: any number into a room, one to me.
    """

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


class AskAgain(Call, frozen=True):
    """``room`` of a `Wish` without answer: ask its admin once more."""

    room: str


class WithdrawWish(Call, frozen=True):
    """``room`` of a `Wish`: do not enter by itself any more, or forget that it was refused."""

    room: str


class SetProfile(Call, frozen=True):
    """``upload`` of a picture; ``keep``, or empty for none."""

    name: str
    upload: str = "keep"
