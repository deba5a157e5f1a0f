"""Other accounts: cards, contact requests, and writing to an inbox (spec/room.md §9)."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

import msgspec

from nullabona.client.core import acquaintance, claims, invites, links, replies, signers, trust, whereabouts
from nullabona.client.core.errors import CardTooOld, NoSuchContact
from nullabona.client.core.items import ContactRequest, ItemBody, RoomsAsked, TicketRequest
from nullabona.client.core.outgoing import queue_item
from nullabona.client.core.records import Contact, ContactState
from nullabona.client.core.state import AddAccount, RoomState
from nullabona.client.core.step import Step
from nullabona.errors import PeerError
from nullabona.wire.card import Card, CardForked, CardInvalid, verify_card, verify_update
from nullabona.wire.certificate import DeviceCertificate, open_certificate

_WAITING = "unsent-items"
_ASKED = "asked-back"
_UNPROVEN = frozenset({claims.PENDING, claims.REFUTED})
MAX_LOOKUPS = 16
"""How often a card is looked up, over about three hours, before what waits for it is given up."""
MAX_CAUSED_LOOKUPS = 3
"""Likewise for an answer to an item of somebody else: they ask again."""
MOST_UNSENT = 256
"""Items of our own making that wait for a card."""
MOST_CAUSED = 64
"""Answers that wait for a card."""
MOST_CAUSED_BY_ONE = 4
MOST_WISHES = 16
"""Rooms that one account may want back at the same time; the others are asked for again."""
MOST_ASKING = 256
"""So many strangers' requests wait for the person; further ones are not taken."""
MAX_CARD_DAYS = 30
"""Key packages of an older card are not used: their private halves have been around for too long."""


class UnsentItem(msgspec.Struct, array_like=True):
    """An item for an account whose card we still have to look up. ``caused``: it answers an item of somebody else."""

    account: bytes
    handle: str
    item: bytes
    next_at: int
    attempts: int = 0
    caused: bool = False


_unsent = msgspec.msgpack.Decoder(list[UnsentItem])
_bodies = msgspec.msgpack.Decoder(ItemBody)


def learn_card(step: Step, data: bytes, handle: str, standing: claims.Standing = claims.PROVEN) -> Card:
    """Verify the card that the record has for ``handle`` against what we know, and remember its inbox.

    ``standing`` is `PROVEN`, or `PROMISED` if it does not stand in the record yet.
    Raises `PeerError` if it does not verify or is for another handle; and tells the person, too, if the account's
    identity key changed or an older card is shown.
    """
    card = verify_card(data, today=step.day)
    if str(card.handle) != handle:
        raise CardInvalid("a card is for another handle than the one looked up", hint="try again later")
    contact = _known_by(step, handle, card.account_id)
    if contact is not None and trust.note_card(step, contact, card):
        raise CardForked("the account's identity key changed")
    if contact is not None and contact.account == card.account_id and contact.card:
        known = verify_card(contact.card, today=step.day)
        try:
            card = verify_update(data, today=step.day, known=known)
        except PeerError as refused:
            step.event("warning", code="card-changed", handle=str(known.handle), reason=refused.code)
            raise
        step.store.put_contact(replace(contact, card=card.encoded, key_packages=packages_of(card)))
    claims.seen(step, card.account_id, standing)
    whereabouts.remember(step, card)
    signers.note(step, card)
    _send_waiting(step, card.account_id)
    return card


def _known_by(step: Step, handle: str, account: bytes) -> Contact | None:
    """Whom we know by a handle: ``account`` before others; somebody who only claims it is not known by it."""
    known = [each for each in step.store.contacts() if each.handle == handle and not _only_claims(step, each)]
    return next((each for each in known if each.account == account), known[0] if known else None)


def _only_claims(step: Step, contact: Contact) -> bool:
    return contact.state is ContactState.ASKING and claims.standing(step, contact.account) in _UNPROVEN


def take_proven(step: Step, account: bytes, card: Card) -> None:
    """Go by the record's card of somebody who asked, not by the one that came with the request."""
    contact = step.store.contact(account)
    if contact is not None and contact.state in {ContactState.ASKING, ContactState.REQUESTED}:
        step.store.put_contact(replace(contact, card=card.encoded, key_packages=packages_of(card)))


def packages_of(card: Card) -> tuple[bytes, ...]:
    return tuple(device.key_package for device in card.devices)


def add_intent(step: Step, card: Card) -> AddAccount:
    """The wish to add every device of a card.

    Raises `CardTooOld` if its key packages were published too long ago, `MlsRefused` if one is not the device's own.
    """
    if step.day - card.issued_day > MAX_CARD_DAYS:
        raise CardTooOld(f"{card.handle} has not renewed their card for over {MAX_CARD_DAYS} days")
    for device in card.devices:
        certificate = device.certificate
        step.mls.check_key_package(device.key_package, certificate.encode(), certificate.device_key)
    return AddAccount(card.account_id, str(card.handle), packages_of(card), msgspec.msgpack.encode(card.inbox))


def post(step: Step, account: bytes, handle: str, body: ItemBody) -> None:
    """Put an item of this device's own making into an account's inbox, now if we know it, otherwise as soon as its card
    has been looked up. ``handle`` is that by which we know the account. Nothing goes to who is blocked.
    """
    if not acquaintance.is_blocked(step.store, account):
        _post(step, account, handle, body, caused=False)


def answer(step: Step, account: bytes, body: ItemBody, *, known_as: str = "") -> None:
    """Answer an item of somebody else: only an account that we know by a handle, which is ``known_as`` if given.

    What the item itself says of its sender's handle is of no meaning here, or it would say where to connect to.
    """
    handle = known_as or acquaintance.handle_of(step, account)
    if handle:
        _post(step, account, handle, body, caused=True)


def _post(step: Step, account: bytes, handle: str, body: ItemBody, *, caused: bool) -> None:
    known = whereabouts.inbox_of(step, account)
    if known is not None:
        queue_item(step, known, whereabouts.host_relay(handle), body)
        return
    if caused and not acquaintance.may_look_up(step, account):
        return
    item = UnsentItem(account, handle, msgspec.msgpack.encode(body), step.now, caused=caused)
    _save(step, _with(unsent(step), item))


def _with(items: list[UnsentItem], item: UnsentItem) -> list[UnsentItem]:
    """What others cause has places of its own, few for each account, and never those of an item of our own making."""
    own = [each for each in items if not each.caused]
    caused = [each for each in items if each.caused and (each.account, each.item) != (item.account, item.item)]
    if not item.caused:
        return [*caused, *[*own, item][-MOST_UNSENT:]]
    theirs = [each for each in caused if each.account == item.account]
    for oldest in theirs[: max(0, len(theirs) + 1 - MOST_CAUSED_BY_ONE)]:
        caused.remove(oldest)
    return [*[*caused, item][-MOST_CAUSED:], *own]


def unsent(step: Step) -> list[UnsentItem]:
    data = step.store.get_value(_WAITING)
    return _unsent.decode(data) if data else []


def _save(step: Step, items: list[UnsentItem]) -> None:
    step.store.set_value(_WAITING, msgspec.msgpack.encode(items))


def _send_waiting(step: Step, account: bytes) -> None:
    items = unsent(step)
    due = [item for item in items if item.account == account]
    if due:
        _save(step, [item for item in items if item.account != account])
    for item in due if not acquaintance.is_blocked(step.store, account) else []:
        _post(step, account, item.handle, _bodies.decode(item.item), caused=item.caused)


Wanted: TypeAlias = TicketRequest | RoomsAsked
"""What a device gets only if its account's newest card names it."""


class AskedBack(msgspec.Struct, array_like=True, frozen=True):
    """A device wants a way back, and the card that must name it is still to be looked up."""

    certificate: bytes
    request: bytes
    at: int


_asked = msgspec.msgpack.Decoder(list[AskedBack])
_wanted = msgspec.msgpack.Decoder(Wanted)


def look_up_for(step: Step, sender: DeviceCertificate, request: Wanted, known_as: str) -> None:
    """Before ``sender`` gets what it asks for, see whether the card of the account, which we know by the handle
    ``known_as``, names it. Each wish is kept once, and has a card looked up once.
    """
    if not known_as:
        return
    wish = AskedBack(sender.encode(), msgspec.msgpack.encode(request), step.now)
    kept = [each for each in asked_back(step) if (each.certificate, each.request) != (wish.certificate, wish.request)]
    mine = [each for each in kept if open_certificate(each.certificate).account_id == sender.account_id]
    for oldest in mine[: max(0, len(mine) + 1 - MOST_WISHES)]:
        kept.remove(oldest)
    step.store.set_value(_ASKED, msgspec.msgpack.encode([*kept, wish][-4 * MOST_WISHES :]))
    if acquaintance.may_look_up(step, sender.account_id):
        whereabouts.look_again(step, known_as)


def asked_back(step: Step) -> list[AskedBack]:
    """Who waits for that, but not for longer than a few minutes: they ask again."""
    data = step.store.get_value(_ASKED)
    found = _asked.decode(data) if data else []
    return [each for each in found if step.now - each.at < step.timing.retry_most]


def take_asked_back(step: Step, account: bytes) -> list[tuple[DeviceCertificate, Wanted]]:
    """The wishes of an account whose card was looked up; they are not kept any longer."""
    found = [(open_certificate(each.certificate), each) for each in asked_back(step)]
    rest = [each for certificate, each in found if certificate.account_id != account]
    if len(rest) < len(found):
        step.store.set_value(_ASKED, msgspec.msgpack.encode(rest))
    return [
        (certificate, _wanted.decode(each.request)) for certificate, each in found if certificate.account_id == account
    ]


def wanted_handles(step: Step) -> set[str]:
    """Handles to look up now."""
    handles = {item.handle for item in unsent(step) if item.next_at <= step.now}
    return handles | set(whereabouts.wanted(step))


def looked_up(step: Step, handle: str) -> None:
    """Whoever still waits for the card of ``handle`` did not get the one they need: try again later, and then give up.

    That there is no card, or another account's, looks the same from here. Of what others caused nobody is told.
    """
    whereabouts.looked_up(step, handle)
    items = unsent(step)
    for item in items:
        if item.handle == handle:
            item.attempts += 1
            item.next_at = step.now + min(step.timing.retry << item.attempts, step.timing.retry_most)
    kept = [item for item in items if item.attempts < (MAX_CAUSED_LOOKUPS if item.caused else MAX_LOOKUPS)]
    if sum(not item.caused for item in kept) < sum(not item.caused for item in items):
        step.event("warning", code="undeliverable", handle=handle)
    _save(step, kept)


# -- contacts -----------------------------------------------------------------------------------------------------


def request_contact(step: Step, card: Card, own_card: bytes, greeting: str, token: bytes = b"") -> Contact:
    """Ask somebody to talk; ``token`` is of the link they gave us, if they did.

    Asking again repeats the request. Whoever is in a room of two with us, as a contact that was forgotten may be, has
    accepted long ago and is not asked.
    """
    known = step.store.contact(card.account_id)
    if known is not None and known.state is ContactState.ASKING:
        return known
    room = trust.talking_in(step, card.account_id)
    if room is not None and known is not None and known.state is ContactState.ACCEPTED:
        return known
    name, place = (known.name, known.room) if known is not None else ("", b"")
    packages, state = packages_of(card), ContactState.REQUESTED
    contact = Contact(card.account_id, str(card.handle), name, state, place, greeting, card.encoded, packages)
    if room is not None:
        return set_contact_state(step, contact, ContactState.ACCEPTED, room.id)
    step.store.put_contact(contact)
    step.trusted.append(contact.account)
    ask(step, contact, own_card, token)
    return contact


def ask(step: Step, contact: Contact, own_card: bytes, token: bytes = b"") -> None:
    """Send them our request, and wait for the answer."""
    reply = replies.expect(step, contact.account)
    post(step, contact.account, contact.handle, ContactRequest(own_card, contact.greeting, token, reply))


def invited_by(account: bytes) -> str:
    """Under which key the direct room is noted into which an account invites us that is none of our contacts, until it
    asks us to talk: then it is in none.
    """
    return f"room-request-by:{account.hex()}"


def request_came(step: Step, account: bytes, request: ContactRequest) -> None:
    """Somebody asks to talk. A stranger waits for the person; a blocked one is not heard.

    Nothing rests on the card that came until the record has proven it (`nullabona.client.core.claims`), and whom we
    know goes by no other handle than that.
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
        replies.note(step, account, request.reply)
    if known is not None and known.state in {ContactState.BLOCKED, ContactState.ASKING}:
        if known.state is ContactState.ASKING and claims.standing(step, account) == claims.REFUTED:
            claims.came(step, account, str(card.handle), card.encoded)
        return
    state = ContactState.ASKING
    if known is not None:
        # Both asked. The lower account accepts for both; the other keeps waiting for that invitation.
        step.mutual.append(account)
        state = ContactState.ASKING if step.me.account < account else ContactState.REQUESTED
    contact = Contact(account, str(card.handle), "", state, b"", request.greeting, card.encoded, packages_of(card))
    step.store.put_contact(contact)
    if known is None or known.card != card.encoded or claims.standing(step, account) not in claims.GOOD:
        claims.came(step, account, str(card.handle), card.encoded)
    step.event("contact-request", handle=str(card.handle), account=account, greeting=request.greeting)
    if state is ContactState.ASKING and links.vouches(step, request.token):
        step.vouched.append(account)


def _asks_again(step: Step, known: Contact, card: Card, request: ContactRequest) -> None:
    """A contact asks, so they are not in a room of two with us, or were not when they asked.

    They were accepted once, and so are now: who had left comes in again, who never came is invited again. A device that
    has not been in that room says nothing of who is: it may be reading an old request.
    """
    room = trust.talking_in(step, known.account)
    if room is not None:
        invites.invite_again(step, room, known.account, request.reply)
        return
    if step.find_room(known.room) is None:
        return
    replies.note(step, known.account, request.reply)
    asking = replace(known, state=ContactState.ASKING, card=card.encoded, key_packages=packages_of(card))
    step.store.put_contact(asking)
    if known.card != card.encoded or claims.standing(step, known.account) not in claims.GOOD:
        claims.came(step, known.account, str(card.handle), card.encoded)
    step.returned.append(known.account)


def rename_contact(step: Step, contact: Contact, nickname: str) -> None:
    """Call a contact ``nickname`` on this device; empty: as they call themselves."""
    if nickname != contact.name:
        step.store.put_contact(replace(contact, name=nickname))
        step.event("profile", account=contact.account)


def need_contact(step: Step, account: bytes) -> Contact:
    """Raises `NoSuchContact`."""
    contact = step.store.contact(account)
    if contact is None:
        raise NoSuchContact("this account is not among your contacts")
    return contact


def found_again(step: Step, room: RoomState) -> None:
    """We are back in a direct room: whoever we had asked to talk accepted us long ago."""
    for account in room.info.pair:
        contact = step.store.contact(account)
        if contact is not None and contact.state is ContactState.REQUESTED:
            set_contact_state(step, contact, ContactState.ACCEPTED, room.id)


def say_no_more(step: Step, account: bytes) -> None:
    """An account was blocked: nothing of it is looked up any more, and what waits for its inbox is dropped."""
    claims.drop(step, account)
    _save(step, [item for item in unsent(step) if item.account != account])
    take_asked_back(step, account)
    inbox = whereabouts.inbox_of(step, account)
    if inbox is not None:
        step.store.drop_box(inbox.address)


def set_contact_state(step: Step, contact: Contact, state: ContactState, room: bytes = b"") -> Contact:
    changed = replace(contact, state=state, room=room or contact.room)
    step.store.put_contact(changed)
    step.trusted += [contact.account] if state is ContactState.ACCEPTED else []
    replies.drop(step, contact.account)
    step.event("contact", handle=contact.handle, account=contact.account, state=state.value)
    return changed
