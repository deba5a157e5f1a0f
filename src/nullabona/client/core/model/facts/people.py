"""Facts about people: requests and invitations, contacts, and what public records and keys show about them."""

from __future__ import annotations

from typing import TypeAlias

from nullabona.client.core.model.facts.base import Logged
from nullabona.client.core.model.records import Contact, ContactState


class ContactRequested(Logged, frozen=True, tag="contact-request"):
    """An account sent us a contact request."""

    account: bytes
    handle: str
    greeting: str


class ContactAccepted(Logged, frozen=True, tag="contact-accepted"):
    """A contact request was accepted, by us or by them: both can talk from now on."""

    account: bytes
    handle: str


class ContactChanged(Logged, frozen=True, tag="contact-changed"):
    """A contact has another ``state``: a value of `ContactState`, or ``deleted``."""

    account: bytes
    handle: str
    state: str


class CardChecked(Logged, frozen=True, tag="card-checked"):
    """The public record answered whether an account has its handle.

    ``standing`` is ``proven``, ``promised`` (the card will be in the record soon) or ``refuted``.
    """

    account: bytes
    handle: str
    standing: str


class IdentityChanged(Logged, frozen=True, tag="identity-changed"):
    """A contact's handle leads to another identity key. If ``was_verified``, messages wait for `contacts.confirm`."""

    room: bytes
    account: bytes
    handle: str
    was_verified: bool


class ProfileChanged(Logged, frozen=True, tag="profile"):
    """An account's name or picture changed. Show it again wherever it is shown, also in titles of direct rooms."""

    account: bytes


class RoomRequested(Logged, frozen=True, tag="room-request"):
    """An account that is not a contact invites us into a room. ``name`` is the room's."""

    room: bytes
    account: bytes
    handle: str
    name: str


class RoomRequestGone(Logged, frozen=True, tag="room-request-gone"):
    """An invitation no longer waits for the person: it was accepted or declined, here or on another device."""

    room: bytes


class LinkUsed(Logged, frozen=True, tag="link-used"):
    """An account followed one of our invite links into a group and is being added."""

    room: bytes
    account: bytes
    handle: str


class JoinRequestChanged(Logged, frozen=True, tag="join-request"):
    """A join request has another ``state``: one of `JoinRequestInfo`, ``withdrawn``, or ``over`` once it is removed."""

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
    """The fact to tell after a contact got its present state."""
    if contact.state is ContactState.ACCEPTED:
        return ContactAccepted(contact.account, contact.handle)
    return ContactChanged(contact.account, contact.handle, contact.state.value)
