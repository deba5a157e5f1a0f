"""Takes the cards that contacts hand over in rooms of two, so that they can be added to groups unasked (spec/room.md
§9.3).

A handed card is checked as the proof of a claim is. If it holds, it is the contact's newest card, as if the record had
been asked. If not, it is dropped without a word, and the record is asked when the card is needed. It warns of nothing
but two histories of the record, and never says which devices an account has in a room.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec

from nullabona.client.core.contacts import card_handing, requests
from nullabona.client.core.directory import newest
from nullabona.client.core.directory.changes import Lists
from nullabona.client.core.directory.checking import Checked
from nullabona.client.core.directory.errors import LogForked
from nullabona.client.core.directory.keeping import load_pinned
from nullabona.client.core.identity import cards, carried
from nullabona.client.core.model.content import NewCard
from nullabona.client.core.model.records import Contact, ContactState, Device
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.step import Step
from nullabona.errors import PeerError
from nullabona.wire.card import Card, CardInvalid, card_hash, check_update, decode_card, verify_card
from nullabona.wire.handle import parse_handle

MOST_A_DAY: Final = 4
"""Most cards of one contact that are checked on a day; further ones are dropped."""


class HandedCard(msgspec.Struct, array_like=True, frozen=True):
    """How many cards of a contact were checked on a day, and one that waits for newer lists, or nothing."""

    day: int
    checks: int = 0
    card: bytes = b""
    proof: bytes = b""

    def __repr__(self) -> str:
        return f"<HandedCard checks={self.checks}>"


_kept = msgspec.msgpack.Decoder(HandedCard)


def came(step: Step, room: RoomState, device: Device, said: NewCard) -> None:
    """A device says what its account's newest card is. Only that of a contact counts, in the room of two with them."""
    if room.info.kind == DIRECT and device.account == step.local.account:
        card_handing.done_by_another(step, room, said)
        return
    contact = step.store.contact(device.account)
    if contact is None or contact.room != room.id or contact.state is not ContactState.ACCEPTED:
        return
    before = _load(step, contact.account)
    checks = before.checks if before.day == step.day else 0
    if checks >= MOST_A_DAY or newest.is_noted(step.store, card_hash(said.card)):
        return
    if _is_theirs(step, contact, said.card, device.signature_key):
        _save(step, contact, HandedCard(step.day, checks + 1, before.card, before.proof))
        _check(step, contact, said.card, said.proof)


def lists_read(step: Step, lists: Lists) -> None:
    """Lists of our directory were read: go on with the cards that they leave alone, and check those that wait."""
    known = [contact for contact in step.store.contacts() if contact.card]
    newest.lists_read(step.store, lists, {card_hash(contact.card) for contact in known})
    for contact in known:
        waits = _load(step, contact.account)
        if waits.card:
            _save(step, contact, HandedCard(waits.day, waits.checks))
            if contact.state is ContactState.ACCEPTED:
                _check(step, contact, waits.card, waits.proof)


def newest_of(step: Step, account: bytes) -> tuple[Card | None, bool]:
    """A contact's newest card, if that is known without asking for it, and all devices that it names are in the room of
    two. Else also whether it may be known once newer lists are read.
    """
    contact, pinned = step.store.contact(account), load_pinned(step.store, step.local.host)
    if contact is None or contact.state is not ContactState.ACCEPTED or not contact.card or pinned is None:
        return None, False
    try:
        card, now_s = verify_card(contact.card, today=step.day), step.now // 1_000
    except CardInvalid:  # our clock was set back to a day before the card's
        return None, False
    if newest.is_newest(step.store, pinned, card.hash, now_s):
        return (card if _all_in(step, contact, card) else None), False
    return None, newest.is_noted(step.store, card.hash) or bool(_load(step, account).card)


def _all_in(step: Step, contact: Contact, card: Card) -> bool:
    """Whether the room of two has every device of a card. One that the account revoked was removed there, even if its
    directory leaves that out of the lists.
    """
    room = step.find_room(contact.room) if contact.room else None
    if room is None or room.phase != JOINED or contact.account not in room.info.pair:
        return False
    present = {each.device for each in step.roster(room.id).values() if each.account == contact.account}
    return present.issuperset(each.certificate.device_id for each in card.devices)


def forget(step: Step, contact: Contact) -> None:
    """Forget what was kept of a contact's cards, and that they had one of ours."""
    card_handing.forget(step, contact.account)
    step.store.delete_value(_key(contact.account))
    newest.drop(step.store, card_hash(contact.card))


def drop_waiting(step: Step, account: bytes) -> None:
    """A contact was blocked: what they handed over is not looked at any more."""
    step.store.delete_value(_key(account))


def _is_theirs(step: Step, contact: Contact, data: bytes, device_key: bytes) -> bool:
    """Whether a card follows what we know of this contact, and names the device that handed it over."""
    try:
        _follows(step, contact, data)
        devices = verify_card(data, today=step.day).devices
    except PeerError:
        return False
    return device_key in {each.certificate.device_key for each in devices}


def _check(step: Step, contact: Contact, card: bytes, proof: bytes) -> None:
    pinned = load_pinned(step.store, step.local.host)
    if pinned is None or parse_handle(contact.handle).authority != pinned.host:
        return
    try:
        _follows(step, contact, card)
        checked, found = carried.proven_by(step, pinned, contact.handle, card, proof)
    except LogForked as error:
        carried.accuse(step, pinned, card, proof, error)
    except PeerError:
        pass
    else:
        if found is not None and carried.fits(step, found.card):
            _take(step, contact, found.card, checked)
        elif found is None and checked.frontier.size > pinned.size:
            _wait(step, contact, card, proof)


def _wait(step: Step, contact: Contact, card: bytes, proof: bytes) -> None:
    """Keep a card until newer lists are read, unless a newer card waits."""
    before = _load(step, contact.account)
    if not before.card or decode_card(before.card).body.sequence <= decode_card(card).body.sequence:
        _save(step, contact, HandedCard(before.day, before.checks, card, proof))


def _follows(step: Step, contact: Contact, data: bytes) -> None:
    """Raises `PeerError` unless it is a card of this contact that continues the one that we know."""
    card = verify_card(data, today=step.day)
    if (card.account_id, str(card.handle)) != (contact.account, contact.handle):
        raise CardInvalid("a contact handed over a card that is not theirs")
    if contact.card and contact.card != data:
        check_update(card, verify_card(contact.card, today=step.day))


def _take(step: Step, contact: Contact, card: Card, checked: Checked) -> None:
    step.store.put_contact(replace(contact, card=card.encoded, key_packages=cards.packages_of(card)))
    newest.note(step.store, checked)
    requests.learn_inbox(step, card)


def _load(step: Step, account: bytes) -> HandedCard:
    data = step.store.get_value(_key(account))
    return HandedCard(step.day) if data is None else _kept.decode(data)


def _save(step: Step, contact: Contact, handed: HandedCard) -> None:
    step.store.set_value(_key(contact.account), msgspec.msgpack.encode(handed))


def _key(account: bytes) -> str:
    return f"handed-card:{account.hex()}"
