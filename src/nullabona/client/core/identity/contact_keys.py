"""Contacts' identity keys: which were compared, and what a different one causes (spec/room.md, "Trust")."""

from __future__ import annotations

from nullabona.client.core import acquaintance, preferences
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.facts.people import IdentityChanged
from nullabona.client.core.model.records import Contact
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.model.safety_number import safety_digits
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.preferences import Trust, contact_scope, of_contact
from nullabona.client.core.step import Step
from nullabona.wire.card import Card, CardForked


def digits_of(step: Step, contact: Contact) -> tuple[str, ...]:
    """The safety number with a contact: of the account in the direct room, whatever key the directory shows."""
    return safety_digits((step.local.account, step.local.handle), (contact.account, contact.handle))


def is_verified(step: Step, contact: Contact) -> bool:
    known = of_contact(step.store, contact.account)
    return known.verified == contact.account and not known.changed


def note_card(step: Step, contact: Contact, card: Card) -> bool:
    """The directory showed another account's card for a contact's handle. Report it once; False if the person knows."""
    known = of_contact(step.store, contact.account)
    if card.account_id in {contact.account, known.replaced}:
        return False
    if known.changed != card.account_id:
        was = bool(known.verified) or known.was_verified
        change(step, contact, verified=b"", changed=card.account_id, was_verified=was)
        tell(step, contact, was_verified=was)
    return True


def tell(step: Step, contact: Contact, *, was_verified: bool) -> None:
    """Report that a contact's handle leads to another identity key, with a line in every shared room."""
    step.tell(IdentityChanged(contact.room, contact.account, contact.handle, was_verified=was_verified))


def need_seen(step: Step, card: Card) -> None:
    """Raises `CardForked` if a contact had the handle of this card and the person has not confirmed the change."""
    for contact in step.store.contacts():
        if contact.handle == str(card.handle) and of_contact(step.store, contact.account).changed == card.account_id:
            raise CardForked("this handle was another account's, whom you know")


def note_stranger(step: Step, account: bytes, handle: str, room: bytes = b"") -> bool:
    """Report an account that came into ``room`` under a contact's handle but with another key. True if it did.

    Only what the directory shows counts as a change (`note_card`): otherwise any stranger could stop a conversation.
    """
    if step.store.contact(account) is not None:
        return False
    contact = step.store.contact_by_handle(handle)
    if contact is None:
        return False
    step.tell(Warned(room=room or contact.room, code="handle-of-contact", detail={"handle": handle}))
    return True


def holds(step: Step, room: RoomState) -> bool:
    """Whether sending in a direct room waits for the person to confirm a changed key."""
    if room.info.kind != DIRECT:
        return False
    accounts = (of_contact(step.store, account) for account in room.info.pair if account != step.local.account)
    return any(known.was_verified and known.changed for known in accounts)


def change(step: Step, contact: Contact, **changes: object) -> None:
    preferences.change(step, contact_scope(contact.account), Trust, changes)


def unhears(step: Step, room: RoomState, account: bytes) -> bool:
    """Whether we ignore an account's messages in a room: those of a blocked contact in the direct room."""
    return room.info.kind == DIRECT and acquaintance.is_blocked(step.store, account)
