"""What happened with people: who asks and invites, who may talk, what the public record and the keys say of them."""

from __future__ import annotations

from typing import TypeAlias

from nullabona.client.core.model.facts.base import Logged
from nullabona.client.core.model.records import Contact, ContactState


class ContactRequested(Logged, frozen=True, tag="contact-request"):
    """Somebody asks to talk."""

    account: bytes
    handle: str
    greeting: str


class ContactAccepted(Logged, frozen=True, tag="contact-accepted"):
    """We and they can talk from now on."""

    account: bytes
    handle: str


class ContactChanged(Logged, frozen=True, tag="contact-changed"):
    """A contact got another state: of `ContactState`, or ``deleted``."""

    account: bytes
    handle: str
    state: str


class CardChecked(Logged, frozen=True, tag="card-checked"):
    """The public record has answered who somebody is: ``proven``, ``promised`` (soon in it), or ``refuted``."""

    account: bytes
    handle: str
    standing: str


class IdentityChanged(Logged, frozen=True, tag="identity-changed"):
    """A contact's handle leads to another identity key; ``was_verified``: sending waits for `confirm_contact`."""

    room: bytes
    account: bytes
    handle: str
    was_verified: bool


class ProfileChanged(Logged, frozen=True, tag="profile"):
    """An account is called otherwise or looks different: names and pictures everywhere; titles of direct rooms."""

    account: bytes


class RoomRequested(Logged, frozen=True, tag="room-request"):
    """Somebody who is no contact invites us into a room."""

    room: bytes
    account: bytes
    handle: str
    name: str


class RoomRequestGone(Logged, frozen=True, tag="room-request-gone"):
    """An invitation waits for the person no more: it was accepted or declined, here or on another device."""

    room: bytes


class LinkUsed(Logged, frozen=True, tag="link-used"):
    """Somebody follows a link of ours into a group and is being added."""

    room: bytes
    account: bytes
    handle: str


class JoinRequestChanged(Logged, frozen=True, tag="join-request"):
    """A join request changed. ``state`` as in `JoinRequestInfo`, ``withdrawn``, or ``over``: done, forgotten or old."""

    room: bytes
    account: bytes
    handle: str
    state: str


PersonFact: TypeAlias = (
    ContactRequested
    | ContactAccepted
    | ContactChanged
    | CardChecked
    | IdentityChanged
    | ProfileChanged
    | RoomRequested
    | RoomRequestGone
    | LinkUsed
    | JoinRequestChanged
)


def contact_changed(contact: Contact) -> ContactAccepted | ContactChanged:
    """The fact that a contact has come to the state that it has now."""
    if contact.state is ContactState.ACCEPTED:
        return ContactAccepted(contact.account, contact.handle)
    return ContactChanged(contact.account, contact.handle, contact.state.value)
