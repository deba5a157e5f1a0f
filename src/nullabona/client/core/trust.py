"""Whether a contact's identity key was compared, what happens when another one is shown, and what blocking does.

An identity key that changes is told once. Was the old one verified, nothing is sent in the direct room until the
person has seen it: what is written meanwhile waits (spec/room.md, "Trust").
"""

from __future__ import annotations

from dataclasses import replace

from nullabona.client.core import claims, messages, people, preferences
from nullabona.client.core.errors import BadRequest
from nullabona.client.core.preferences import Trust, contact_scope, of_contact
from nullabona.client.core.records import Contact, ContactState
from nullabona.client.core.roominfo import DIRECT
from nullabona.client.core.safety import safety_digits
from nullabona.client.core.state import JOINED, RoomState
from nullabona.client.core.step import Step
from nullabona.wire.card import CardForked, decode_card, verify_card


def pinned_key(contact: Contact) -> bytes:
    """The identity key that a contact is known by."""
    return decode_card(contact.card).body.identity_key if contact.card else contact.account


def digits_of(step: Step, contact: Contact) -> tuple[str, ...]:
    """The safety number with a contact: with the key that was shown last, if that is another one."""
    key = of_contact(step.store, contact.account).changed or pinned_key(contact)
    return safety_digits((step.me.account, step.me.handle), (key, contact.handle))


def is_verified(step: Step, contact: Contact) -> bool:
    known = of_contact(step.store, contact.account)
    return bool(known.verified) and not known.changed and known.verified == pinned_key(contact)


def verify(step: Step, contact: Contact, *, verified: bool) -> None:
    """The person has compared safety numbers, or takes that back. Comparing the changed one confirms it."""
    if verified and of_contact(step.store, contact.account).changed:
        contact = confirm(step, contact)
    _change(step, contact, verified=pinned_key(contact) if verified else b"")
    step.event("contact", handle=contact.handle, account=contact.account, state=contact.state.value)


def confirm(step: Step, contact: Contact) -> Contact:
    """The person has seen the change and goes on: the new key counts, unverified, and what waited goes out."""
    known = of_contact(step.store, contact.account)
    if not known.changed:
        raise BadRequest("this contact's safety number has not changed")
    changed = step.store.get_value(_card_key(contact.account))
    if changed is not None:
        contact = replace(contact, card=changed)
        step.store.put_contact(contact)
        step.store.delete_value(_card_key(contact.account))
    _change(step, contact, verified=b"", changed=b"", was_verified=False)
    room = step.find_room(contact.room) if contact.room else None
    if room is not None and room.phase == JOINED:
        messages.release_held(step, room)
    step.event("contact", handle=contact.handle, account=contact.account, state=contact.state.value)
    return contact


def note_card(step: Step, contact: Contact, data: bytes) -> bool:
    """A card was shown for a contact's handle. True if it names another identity key; that is told once.

    Raises `PeerError` for a card that is nobody's.
    """
    card = verify_card(data, today=step.day)
    if not contact.card or str(card.handle) != contact.handle or card.identity_key == pinned_key(contact):
        return False
    known = of_contact(step.store, contact.account)
    if known.changed != card.identity_key:
        was = bool(known.verified) or known.was_verified
        _change(step, contact, verified=b"", changed=card.identity_key, was_verified=was)
        step.store.set_value(_card_key(contact.account), data)
        step.event("identity-changed", contact.room, account=contact.account, handle=contact.handle, was_verified=was)
        step.event("warning", contact.room, code="card-changed", handle=contact.handle, reason=CardForked.code)
    return True


def note_stranger(step: Step, account: bytes, handle: str) -> None:
    """Somebody asks to talk under a contact's handle but with another key: told, and believed of nobody.

    Only what the directory shows counts as a change (`note_card`); else any stranger could stop a conversation.
    """
    contact = step.store.contact_by_handle(handle)
    if contact is not None and contact.account != account and pinned_key(contact) != account:
        step.event("warning", contact.room, code="handle-of-contact", handle=handle)


def holds(step: Step, room: RoomState) -> bool:
    """Whether sending in a direct room waits for the person to confirm a changed key."""
    if room.info.kind != DIRECT:
        return False
    accounts = (of_contact(step.store, account) for account in room.info.pair if account != step.me.account)
    return any(known.was_verified and known.changed for known in accounts)


def _change(step: Step, contact: Contact, **changes: object) -> None:
    preferences.change(step, contact_scope(contact.account), Trust, changes)


def _card_key(account: bytes) -> str:
    return f"changed-card:{account.hex()}"


# -- blocking and forgetting --------------------------------------------------------------------------------------


def unhears(step: Step, room: RoomState, account: bytes) -> bool:
    """Whether what an account says in a room is not kept: a blocked contact in the direct room."""
    if room.info.kind != DIRECT:
        return False
    contact = step.store.contact(account)
    return contact is not None and contact.state is ContactState.BLOCKED


def unblock(step: Step, contact: Contact) -> None:
    """Hear them again; one we never talked with is forgotten. What came meanwhile was not kept."""
    if contact.state is not ContactState.BLOCKED:
        raise BadRequest(f"{contact.handle} is not blocked")
    if contact.room:
        people.set_contact_state(step, contact, ContactState.ACCEPTED)
    else:
        forget(step, contact)


def forget(step: Step, contact: Contact) -> None:
    """Forget a contact, what was chosen for it and whether it was verified; rooms stay as they are."""
    step.store.drop_preferences(contact_scope(contact.account))
    step.store.delete_value(_card_key(contact.account))
    step.store.drop_contact(contact.account)
    claims.forget(step, contact.account)
    step.event("contact", handle=contact.handle, account=contact.account, state="deleted")
