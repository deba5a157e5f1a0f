"""Whether a contact's identity key was compared, what happens when another one is shown, and what blocking does.

A contact is an account, and an account is its identity key: a handle that leads to another key leads to somebody else,
be it the same person with a new account or not. That is told once, in every room shared with the contact; "verified" is
over. Was it verified, nothing is sent in the direct room until the person has seen it: what is written meanwhile waits
(spec/room.md, "Trust"). What is written there goes to the account that it always went to, never to the other one.
"""

from __future__ import annotations

from nullabona.client.core.contacts import requests
from nullabona.client.core.delivery import receipts, reply_boxes
from nullabona.client.core.identity import claims, contact_keys
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.client.core.model.state import JOINED
from nullabona.client.core.preferences import contact_scope, of_contact
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import profiles, sending


def verify(step: Step, contact: Contact, *, verified: bool) -> None:
    """The person has compared safety numbers, or takes that back. Whoever compared them has seen a change as well."""
    if verified and of_contact(step.store, contact.account).changed:
        confirm(step, contact)
    contact_keys.change(step, contact, verified=contact.account if verified else b"")
    step.event("contact", handle=contact.handle, account=contact.account, state=contact.state.value)


def confirm(step: Step, contact: Contact) -> None:
    """The person has seen the change and goes on with the account they know, unverified; what waited goes out to it.

    From now on the handle may be looked up again: whoever it leads to is a stranger. Raises `BadRequest` if nothing
    changed.
    """
    known = of_contact(step.store, contact.account)
    if not known.changed:
        raise BadRequest("this contact's safety number has not changed")
    contact_keys.change(step, contact, verified=b"", changed=b"", was_verified=False, replaced=known.changed)
    release(step, contact)
    step.event("contact", handle=contact.handle, account=contact.account, state=contact.state.value)


def release(step: Step, contact: Contact) -> None:
    """What waited in the direct room goes out, if nothing else holds it."""
    room = step.find_room(contact.room) if contact.room else None
    if room is not None and room.phase == JOINED:
        sending.release_held(step, room)


# -- blocking and forgetting --------------------------------------------------------------------------------------


def unblock(step: Step, contact: Contact) -> None:
    """Hear them again; one we never talked with is forgotten. What came meanwhile was not kept."""
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


def forget(step: Step, contact: Contact) -> None:
    """Forget a contact, what was chosen for it and whether it was verified; rooms stay as they are."""
    step.store.drop_preferences(contact_scope(contact.account))
    step.store.drop_contact(contact.account)
    reply_boxes.drop(step, contact.account)
    claims.forget(step, contact.account)
    step.event("contact", handle=contact.handle, account=contact.account, state="deleted")
