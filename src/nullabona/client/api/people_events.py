"""What happened with people: who asks and invites, who may talk, what the public record and the keys say of them."""

from __future__ import annotations

from dataclasses import dataclass

from nullabona.client.api.happening import Happened


@dataclass(frozen=True, slots=True)
class ContactRequested(Happened):
    """Somebody asks to talk."""

    kind = "contact-request"
    account: bytes
    handle: str
    greeting: str


@dataclass(frozen=True, slots=True)
class ContactAccepted(Happened):
    """We and they can talk from now on."""

    kind = "contact-accepted"
    account: bytes
    handle: str


@dataclass(frozen=True, slots=True)
class ContactChanged(Happened):
    """A contact got another state."""

    kind = "contact-changed"
    account: bytes
    handle: str
    state: str


@dataclass(frozen=True, slots=True)
class CardChecked(Happened):
    """The public record has answered who somebody is: ``proven``, ``promised`` (soon in it), or ``refuted``."""

    kind = "card-checked"
    account: bytes
    handle: str
    standing: str


@dataclass(frozen=True, slots=True)
class IdentityChanged(Happened):
    """A contact's handle leads to another identity key; ``was_verified``: sending waits for `confirm_contact`."""

    kind = "identity-changed"
    room: bytes
    account: bytes
    handle: str
    was_verified: bool


@dataclass(frozen=True, slots=True)
class RoomRequested(Happened):
    """Somebody who is no contact invites us into a room."""

    kind = "room-request"
    room: bytes
    account: bytes
    handle: str
    name: str


@dataclass(frozen=True, slots=True)
class RoomRequestGone(Happened):
    """An invitation waits for the person no more: it was accepted or declined, here or on another device."""

    kind = "room-request-gone"
    room: bytes
