"""Contact requests, sent and received, and what a verified card changes (spec/room.md §9)."""

from __future__ import annotations

from dataclasses import replace

from nullabona.client.core import acquaintance, rooms
from nullabona.client.core.contacts import card_handing, links
from nullabona.client.core.delivery import inbox_sending, reply_boxes
from nullabona.client.core.directory import own_answer
from nullabona.client.core.directory.found import ProvenCard
from nullabona.client.core.group import leaving, welcomes
from nullabona.client.core.identity import cards, claims, contact_keys, device_certificates, inbox_addresses
from nullabona.client.core.model.errors import NoSuchContact
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.facts.people import ContactRequested, ProfileChanged, contact_changed
from nullabona.client.core.model.facts.signals import AccountTrusted, AskedAgain, BothAsked, LinkPresented
from nullabona.client.core.model.inbox_items import ContactRequest
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.relocation import schedule
from nullabona.client.core.step import Step
from nullabona.errors import PeerError
from nullabona.wire.card import Card, CardForked, check_update, verify_card

_UNPROVEN = frozenset({claims.PENDING, claims.REFUTED})
MOST_ASKING = 256
"""Most strangers' requests that wait for the person; we ignore further ones."""


def learn_card(step: Step, found: ProvenCard) -> Card:
    """Check the card that the record has for a handle against the one we know, and remember its inbox.

    Raises `PeerError` if it does not follow the known one, and tells the person: the account's identity key changed, or
    the record shows an older card.
    """
    card, handle = found.card, found.handle
    contact = _known_by(step, handle, card.account_id)
    if contact is not None and contact_keys.note_card(step, contact, card):
        raise CardForked("the account's identity key changed")
    if contact is not None and contact.account == card.account_id and contact.card:
        if contact.card != card.encoded:
            _follow(step, card, verify_card(contact.card, today=step.day))
        step.store.put_contact(replace(contact, card=card.encoded, key_packages=cards.packages_of(card)))
    claims.seen(step, card.account_id, claims.standing_of(found))
    device_certificates.note(step, card)
    learn_inbox(step, card)
    return card


def learn_inbox(step: Step, card: Card) -> None:
    """Remember the inbox of a card that the record has or had in the last day, and send what waits for it."""
    if inbox_addresses.remember(step, card):
        schedule.card_changed(step, card.account_id)
    inbox_sending.send_waiting(step, card.account_id)


def _follow(step: Step, card: Card, known: Card) -> None:
    try:
        check_update(card, known)
    except PeerError as refused:
        step.tell(Warned(code="card-changed", detail={"handle": str(known.handle), "reason": refused.code}))
        raise


def _known_by(step: Step, handle: str, account: bytes) -> Contact | None:
    """The contact that we know by a handle: ``account`` before others; one that only claims it does not count."""
    known = [each for each in step.store.contacts() if each.handle == handle and not _only_claims(step, each)]
    return next((each for each in known if each.account == account), known[0] if known else None)


def _only_claims(step: Step, contact: Contact) -> bool:
    return contact.state is ContactState.ASKING and claims.standing(step, contact.account) in _UNPROVEN


# -- contacts -----------------------------------------------------------------------------------------------------


def request_contact(step: Step, card: Card, own_card: bytes, greeting: str, token: bytes = b"") -> Contact:
    """Send a contact request; ``token`` is that of the link they gave us, if any.

    Asking again repeats the request. An account in a direct room with us, such as a contact that was forgotten, has
    already accepted and is not asked.
    """
    known = step.store.contact(card.account_id)
    if known is not None and known.state is ContactState.ASKING:
        return known
    room = rooms.talking_in(step, card.account_id)
    if room is not None and known is not None and known.state is ContactState.ACCEPTED:
        return known
    name, place = (known.name, known.room) if known is not None else ("", b"")
    packages, state = cards.packages_of(card), ContactState.REQUESTED
    contact = Contact(card.account_id, str(card.handle), name, state, place, greeting, card.encoded, packages)
    if room is not None:
        return set_contact_state(step, contact, ContactState.ACCEPTED, room.id)
    step.store.put_contact(contact)
    step.tell(AccountTrusted(contact.account))
    old = step.find_room(place) if place else None
    if old is not None and old.phase == JOINED and rooms.leaving(step, old.id):
        leaving.say(step, old)  # they let nobody go while they had us blocked
    ask(step, contact, own_card, token)
    return contact


def ask(step: Step, contact: Contact, own_card: bytes, token: bytes = b"") -> None:
    """Send them our request and follow a reply box for the answer."""
    reply = reply_boxes.expect(step, contact.account)
    proof = own_answer.to_carry(step.store, own_card, step.now // 1_000)
    request = ContactRequest(own_card, contact.greeting, token, reply, proof)
    if proof:
        card_handing.came_along(step, contact.account, own_card)
    inbox_sending.post(step, contact.account, contact.handle, request)


def invited_by(account: bytes) -> str:
    """The store key of the direct room into which a non-contact invites us. A contact request of that account deletes
    the value: it is in no such room then.
    """
    return f"room-request-by:{account.hex()}"


def request_came(step: Step, account: bytes, request: ContactRequest) -> None:
    """An account sends a contact request. A stranger's waits for the person; a blocked account's is ignored.

    We do not rely on the card in it until the record has proven it (`core.identity.claims`). We ignore a request of an
    account that we know by another handle.
    """
    try:
        card = verify_card(request.card, today=step.day)
    except PeerError:
        return
    if card.account_id != account or acquaintance.handle_of(step, account) not in {"", str(card.handle)}:
        return
    step.store.delete_value(invited_by(account))
    known = step.store.contact(account)
    if known is not None and known.state is ContactState.ACCEPTED:
        _asks_again(step, known, card, request)
    elif known is not None or not _crowded(step):
        _asks(step, known, card, request)


def _crowded(step: Step) -> bool:
    return sum(contact.state is ContactState.ASKING for contact in step.store.contacts()) >= MOST_ASKING


def _asks(step: Step, known: Contact | None, card: Card, request: ContactRequest) -> None:
    account = card.account_id
    if known is None or known.state is not ContactState.BLOCKED:
        reply_boxes.note(step, account, request.reply)
    if known is not None and known.state in {ContactState.BLOCKED, ContactState.ASKING}:
        if known.state is ContactState.ASKING and claims.standing(step, account) == claims.REFUTED:
            claims.came(step, account, str(card.handle), card.encoded, request.proof)
        return
    state = ContactState.ASKING
    if known is not None:
        # Both asked. The lower account id accepts for both; the other account waits for that invitation.
        step.tell(BothAsked(account))
        state = ContactState.ASKING if step.local.account < account else ContactState.REQUESTED
    name, room = (known.name, known.room) if known is not None else ("", b"")
    packages = cards.packages_of(card)
    step.store.put_contact(
        Contact(account, str(card.handle), name, state, room, request.greeting, card.encoded, packages)
    )
    if known is None or known.card != card.encoded or claims.standing(step, account) not in claims.GOOD:
        claims.came(step, account, str(card.handle), card.encoded, request.proof)
    step.tell(ContactRequested(account, str(card.handle), request.greeting))
    if state is ContactState.ASKING and links.vouches(step, request.token):
        step.tell(LinkPresented(account))


def _asks_again(step: Step, known: Contact, card: Card, request: ContactRequest) -> None:
    """An accepted contact asks again, so it is not in a direct room with us, or was not when it asked.

    We accept it again: we add a contact that had left, and repeat the invitation of one that never came. A device that
    was never in that room does nothing, because it may be reading an old request.
    """
    room = rooms.talking_in(step, known.account)
    if room is not None:
        welcomes.invite_again(step, room, known.account, request.reply)
        return
    if step.find_room(known.room) is None:
        return
    reply_boxes.note(step, known.account, request.reply)
    asking = replace(known, state=ContactState.ASKING, card=card.encoded, key_packages=cards.packages_of(card))
    step.store.put_contact(asking)
    if known.card != card.encoded or claims.standing(step, known.account) not in claims.GOOD:
        claims.came(step, known.account, str(card.handle), card.encoded, request.proof)
    step.tell(AskedAgain(known.account))


def rename_contact(step: Step, contact: Contact, nickname: str) -> None:
    """Name a contact ``nickname`` on this device; empty: show the contact's own name."""
    if nickname != contact.name:
        step.store.put_contact(replace(contact, name=nickname))
        step.tell(ProfileChanged(contact.account))


def need_contact(step: Step, account: bytes) -> Contact:
    """Raises `NoSuchContact`."""
    contact = step.store.contact(account)
    if contact is None:
        raise NoSuchContact("this account is not among your contacts")
    return contact


def found_again(step: Step, room: RoomState) -> None:
    """We are back in a direct room: if its other account has an open request of ours, it accepted us earlier."""
    for account in room.info.pair:
        contact = step.store.contact(account)
        if contact is not None and contact.state is ContactState.REQUESTED:
            set_contact_state(step, contact, ContactState.ACCEPTED, room.id)


def say_no_more(step: Step, account: bytes) -> None:
    """An account was blocked: cancel its look-ups and drop what waits for its inbox."""
    claims.drop(step, account)
    inbox_sending.save(step, [item for item in inbox_sending.unsent(step) if item.account != account])
    inbox_sending.take_asked_back(step, account)
    inbox = inbox_addresses.inbox_of(step, account)
    if inbox is not None:
        step.store.drop_box(inbox.address)


def set_contact_state(step: Step, contact: Contact, state: ContactState, room: bytes = b"") -> Contact:
    changed = replace(contact, state=state, room=room or contact.room)
    step.store.put_contact(changed)
    if state is ContactState.ACCEPTED:
        step.tell(AccountTrusted(contact.account))
    reply_boxes.drop(step, contact.account)
    step.tell(contact_changed(changed))
    return changed
