"""Calls about people, rooms, links and safety numbers."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from nullabona.app.protocol import views as v
from nullabona.app.protocol.call import Call, Done


class LinkView(Struct, frozen=True):
    """An invite link. ``qr`` are the rows of its code, ``1`` dark and ``0`` light."""

    id: str
    text: str
    web: str
    """The form that other programs open."""
    qr: list[str]
    room: str
    expires_at: int
    uses_left: int


class LinkPreview(Struct, frozen=True):
    """What a link leads to, before anything is sent. ``trouble`` is a code, or empty."""

    kind: Literal["contact", "room"]
    handle: str
    person: v.Person | None
    title: str
    known_room: str
    trouble: str


class Safety(Struct, frozen=True):
    """A safety number: 12 groups of 5 digits, and the same as a QR code."""

    person: v.Person
    digits: list[str]
    qr: list[str]
    verified: bool
    changed: bool
    replaced: bool


class Contacts(Struct, frozen=True):
    contacts: list[v.Contact]


class GetContacts(Call[Contacts], frozen=True):
    pass


class AskContact(Call[v.Contact], frozen=True):
    handle: str
    greeting: str = ""


class RequestAnswered(Struct, frozen=True):
    """``waits``: I said yes, and it waits for the public record to prove who that is."""

    waits: bool


class AnswerRequest(Call[RequestAnswered], frozen=True):
    """``id`` of a `Request`: say yes, forget it, or block who asked."""

    id: str
    answer: Literal["accept", "delete", "block"]


class SetContact(Call[Done], frozen=True):
    account: str
    nickname: str | None = None
    blocked: bool | None = None
    verified: bool | None = None
    confirmed: bool | None = None
    """The changed safety number was seen: sending goes on."""


class DeleteContact(Call[Done], frozen=True):
    """Forget them and leave the direct room, whose history stays. They may ask again."""

    account: str


class GetSafety(Call[Safety], frozen=True):
    account: str


class CodeResult(Struct, frozen=True):
    matches: bool


class ReadCode(Call[CodeResult], frozen=True):
    """What a scanned QR code says about somebody's safety number."""

    account: str
    text: str


class CreateGroup(Call[v.Chat], frozen=True):
    """``people`` are handles or accounts of contacts."""

    name: str
    people: list[str]
    timer_s: int = 0


class ChangeMembers(Call[Done], frozen=True):
    """One change of a group; ``people`` are handles or accounts."""

    room: str
    change: Literal["add", "remove", "appoint", "dismiss"]
    people: list[str]


class RenameRoom(Call[Done], frozen=True):
    room: str
    name: str


class SetTimer(Call[Done], frozen=True):
    room: str
    timer_s: int


class SetMembersPin(Call[Done], frozen=True):
    """Whether every member of a group may pin messages, or its admins alone."""

    room: str
    on: bool


class LeaveRoom(Call[Done], frozen=True):
    """``successor``: the account that the last admin makes admin first."""

    room: str
    successor: str = ""


class DeleteChat(Call[Done], frozen=True):
    """Erase a chat that the account is out of, here and on its other devices."""

    room: str


class MakeLink(Call[LinkView], frozen=True):
    """``room`` empty: a link to me. ``hours`` 0: a lasting one (contact only).

    ``uses`` 0: any number into a room, one to me.
    """

    room: str = ""
    hours: int = 0
    uses: int = 0


class Links(Struct, frozen=True):
    links: list[LinkView]


class GetLinks(Call[Links], frozen=True):
    room: str


class RevokeLink(Call[Done], frozen=True):
    id: str


class ReadLink(Call[LinkPreview], frozen=True):
    """What a pasted or scanned link is; nothing is sent."""

    text: str


class Followed(Struct, frozen=True):
    """``account``: whose link it was. A conversation with them may begin as soon as their app answers."""

    account: str


class FollowLink(Call[Followed], frozen=True):
    text: str
    greeting: str = ""


class AskAgain(Call[Done], frozen=True):
    """``room`` of a `JoinRequest` without answer: ask its admin once more."""

    room: str


class WithdrawJoinRequest(Call[Done], frozen=True):
    """``room`` of a `JoinRequest`: do not enter by itself any more, or forget that it was refused."""

    room: str


class SetProfile(Call[v.Me], frozen=True):
    """``upload`` of a picture; ``keep``, or empty for none."""

    name: str
    upload: str = "keep"
