"""Whether a contact's identity key was compared, what happens when another one appears, and what blocking does.

A contact is an account, and an account is its identity key. A handle with another key is another account, even if the
same person made it. We report that once, in every room shared with the contact, and "verified" ends. If the contact was
verified, messages in the direct room wait until the person has seen the warning (spec/room.md, "Trust"). They go to the
same account as before, never to the other one.
"""

from __future__ import annotations

from nullabona.client.core import rooms
from nullabona.client.core.contacts import handed_cards, requests
from nullabona.client.core.delivery import receipts, reply_boxes
from nullabona.client.core.group import leaving, welcomes
from nullabona.client.core.identity import claims, contact_keys
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.facts.people import ContactChanged, contact_changed
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.client.core.model.state import JOINED
from nullabona.client.core.preferences import contact_scope, of_contact
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import profiles, sending


def verify(step: Step, contact: Contact, *, verified: bool) -> None:
    """The person compared safety numbers, or takes that back. Comparing them also confirms a change of the key."""
    if verified and of_contact(step.store, contact.account).changed:
        confirm(step, contact)
    contact_keys.change(step, contact, verified=contact.account if verified else b"")
    step.tell(contact_changed(contact))


def confirm(step: Step, contact: Contact) -> None:
    """The person has seen the change and continues with the known account, unverified; waiting messages go out to it.

    The handle may be looked up again from now on: its new account is a stranger. Raises `BadRequest` if nothing
    changed.
    """
    known = of_contact(step.store, contact.account)
    if not known.changed:
        raise BadRequest("this contact's safety number has not changed")
    contact_keys.change(step, contact, verified=b"", changed=b"", was_verified=False, replaced=known.changed)
    release(step, contact)
    step.tell(contact_changed(contact))


def release(step: Step, contact: Contact) -> None:
    """Send the messages that waited in the direct room, if nothing else holds them."""
    room = step.find_room(contact.room) if contact.room else None
    if room is not None and room.phase == JOINED:
        sending.release_held(step, room)


# -- blocking and forgetting --------------------------------------------------------------------------------------


def unblock(step: Step, contact: Contact) -> None:
    """Accept items from a contact again, or forget it if we never talked. Items that came meanwhile were not kept."""
    if contact.state is not ContactState.BLOCKED:
        raise BadRequest(f"{contact.handle} is not blocked")
    if not contact.room:
        forget(step, contact)
        return
    requests.set_contact_state(step, contact, ContactState.ACCEPTED)
    room = step.find_room(contact.room)
    if room is not None and room.phase == JOINED:
        receipts.tell_soon(step, room)
        profiles.tell_soon(step, room)
        welcomes.repeat_soon(step, room)
        if rooms.leaving(step, room.id):
            leaving.say(step, room)  # while the contact was blocked nothing was sent there


def forget(step: Step, contact: Contact) -> None:
    """Forget a contact, its settings and whether it was verified; rooms stay as they are."""
    step.store.drop_preferences(contact_scope(contact.account))
    step.store.drop_contact(contact.account)
    reply_boxes.drop(step, contact.account)
    claims.forget(step, contact.account)
    handed_cards.forget(step, contact)
    step.tell(ContactChanged(contact.account, contact.handle, "deleted"))
