"""Whether a contact's identity key was compared, what happens when another one is shown, and what blocking does.

A contact is an account, and an account is its identity key: a handle that leads to another key leads to somebody else,
be it the same person with a new account or not. That is told once, in every room shared with the contact; "verified" is
over. Was it verified, nothing is sent in the direct room until the person has seen it: what is written meanwhile waits
(spec/room.md, "Trust"). What is written there goes to the account that it always went to, never to the other one.
"""

from __future__ import annotations

from nullabona.client.core import acquaintance, claims, leaving, messages, people, preferences, receipts, replies
from nullabona.client.core.chat import profiles
from nullabona.client.core.errors import BadRequest
from nullabona.client.core.preferences import Trust, contact_scope, of_contact
from nullabona.client.core.records import Contact, ContactState
from nullabona.client.core.roominfo import DIRECT
from nullabona.client.core.safety import safety_digits
from nullabona.client.core.state import AWAY, JOINED, AddAccount, RoomState
from nullabona.client.core.step import Step
from nullabona.wire.card import Card, CardForked


def digits_of(step: Step, contact: Contact) -> tuple[str, ...]:
    """The safety number with a contact: with the account that the direct room is shared with, whatever is shown."""
    return safety_digits((step.me.account, step.me.handle), (contact.account, contact.handle))


def is_verified(step: Step, contact: Contact) -> bool:
    known = of_contact(step.store, contact.account)
    return known.verified == contact.account and not known.changed


def verify(step: Step, contact: Contact, *, verified: bool) -> None:
    """The person has compared safety numbers, or takes that back. Whoever compared them has seen a change as well."""
    if verified and of_contact(step.store, contact.account).changed:
        confirm(step, contact)
    _change(step, contact, verified=contact.account if verified else b"")
    step.event("contact", handle=contact.handle, account=contact.account, state=contact.state.value)


def confirm(step: Step, contact: Contact) -> None:
    """The person has seen the change and goes on with the account they know, unverified; what waited goes out to it.

    From now on the handle may be looked up again: whoever it leads to is a stranger. Raises `BadRequest` if nothing
    changed.
    """
    known = of_contact(step.store, contact.account)
    if not known.changed:
        raise BadRequest("this contact's safety number has not changed")
    _change(step, contact, verified=b"", changed=b"", was_verified=False, replaced=known.changed)
    release(step, contact)
    step.event("contact", handle=contact.handle, account=contact.account, state=contact.state.value)


def release(step: Step, contact: Contact) -> None:
    """What waited in the direct room goes out, if nothing else holds it."""
    room = step.find_room(contact.room) if contact.room else None
    if room is not None and room.phase == JOINED:
        messages.release_held(step, room)


def note_card(step: Step, contact: Contact, card: Card) -> bool:
    """A card of another account was shown for a contact's handle. True unless the person knows that; told once."""
    known = of_contact(step.store, contact.account)
    if card.account_id in {contact.account, known.replaced}:
        return False
    if known.changed != card.account_id:
        was = bool(known.verified) or known.was_verified
        _change(step, contact, verified=b"", changed=card.account_id, was_verified=was)
        tell(step, contact, was_verified=was)
    return True


def tell(step: Step, contact: Contact, *, was_verified: bool) -> None:
    """Say that a contact's handle leads to another identity key; a line in every shared room comes of it."""
    step.event(
        "identity-changed", contact.room, account=contact.account, handle=contact.handle, was_verified=was_verified
    )


def need_seen(step: Step, card: Card) -> None:
    """Raises `CardForked` if a contact had the handle of this card and the person has not said that they know."""
    for contact in step.store.contacts():
        if contact.handle == str(card.handle) and of_contact(step.store, contact.account).changed == card.account_id:
            raise CardForked("this handle was another account's, whom you know")


def shared_rooms(step: Step, account: bytes) -> list[bytes]:
    """The rooms that an account is in together with us, as far as we know, and the direct one whatever became of it."""
    found = []
    contact = step.store.contact(account)
    for id in step.store.rooms():
        room = step.find_room(id)
        here = room is not None and room.phase in {JOINED, AWAY}
        if (here and account in {device.account for device in step.roster(id).values()}) or (
            contact is not None and contact.room == id
        ):
            found.append(id)
    return found


def talking_in(step: Step, account: bytes) -> RoomState | None:
    """The direct room that an account is in together with us, or into which we let it come. One that we want to leave,
    or in which we look for a way back, is none.
    """
    for id in step.store.rooms():
        room = step.find_room(id)
        if room is None or room.phase not in {JOINED, AWAY} or account not in room.info.pair:
            continue
        if room.heal is not None or leaving.wanted(step, id):
            continue
        wanted = [*room.intents, *(room.pending.intents if room.pending else ())]
        coming = {intent.account for intent in wanted if isinstance(intent, AddAccount)}
        if account in coming | {device.account for device in step.roster(id).values()}:
            return room
    return None


def note_stranger(step: Step, account: bytes, handle: str, room: bytes = b"") -> bool:
    """Somebody came into ``room`` under a contact's handle but with another key: told, not believed.

    True if so. Only what the directory shows counts as a change (`note_card`); else any stranger could stop a
    conversation.
    """
    if step.store.contact(account) is not None:
        return False
    contact = step.store.contact_by_handle(handle)
    if contact is None:
        return False
    step.event("warning", room or contact.room, code="handle-of-contact", handle=handle)
    return True


def holds(step: Step, room: RoomState) -> bool:
    """Whether sending in a direct room waits for the person to confirm a changed key."""
    if room.info.kind != DIRECT:
        return False
    accounts = (of_contact(step.store, account) for account in room.info.pair if account != step.me.account)
    return any(known.was_verified and known.changed for known in accounts)


def _change(step: Step, contact: Contact, **changes: object) -> None:
    preferences.change(step, contact_scope(contact.account), Trust, changes)


# -- blocking and forgetting --------------------------------------------------------------------------------------


def unhears(step: Step, room: RoomState, account: bytes) -> bool:
    """Whether what an account says in a room is not kept: a blocked contact in the direct room."""
    return room.info.kind == DIRECT and acquaintance.is_blocked(step.store, account)


def unblock(step: Step, contact: Contact) -> None:
    """Hear them again; one we never talked with is forgotten. What came meanwhile was not kept."""
    if contact.state is not ContactState.BLOCKED:
        raise BadRequest(f"{contact.handle} is not blocked")
    if not contact.room:
        forget(step, contact)
        return
    people.set_contact_state(step, contact, ContactState.ACCEPTED)
    room = step.find_room(contact.room)
    if room is not None and room.phase == JOINED:
        receipts.tell_soon(step, room)
        profiles.tell_soon(step, room)


def forget(step: Step, contact: Contact) -> None:
    """Forget a contact, what was chosen for it and whether it was verified; rooms stay as they are."""
    step.store.drop_preferences(contact_scope(contact.account))
    step.store.drop_contact(contact.account)
    replies.drop(step, contact.account)
    claims.forget(step, contact.account)
    step.event("contact", handle=contact.handle, account=contact.account, state="deleted")
