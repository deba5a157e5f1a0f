"""Hands this account's newest card to its contacts, in the rooms of two (spec/room.md §9.3).

So a contact who puts us into a group need not ask the directory for our card. It is handed over at a drawn time after
the card came into the record: the moment says little about whose room it is. The first of the account's devices does it
for all.
"""

from __future__ import annotations

from typing import Final

from nullabona.client.core import rooms
from nullabona.client.core.account import own_devices
from nullabona.client.core.directory import own_answer
from nullabona.client.core.model.content import NewCard
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import sending
from nullabona.wire.card import Card, decode_card
from nullabona.wire.handle import parse_handle

LARGEST: Final = 49_152
"""Most bytes of card and proof that are handed over: with them the message fits into a frame."""
_AGAIN_MS: Final = 60_000


def soon(step: Step) -> None:
    """We have the proof of our newest card: plan to hand it over wherever it was not yet."""
    card = None if own_devices.is_signed_out(step.store) else own_devices.card(step.store)
    if card is None or not _proof(step, card):
        return
    for id in step.store.rooms():
        room = step.find_room(id)
        if room is not None and room.card_at is None and _is_for(step, room, card):
            room.card_at = step.within(step.timing.card) + 1


def look_after(step: Step, room: RoomState) -> None:
    """Hand our newest card over in this room, if that is due. If it cannot be sent now, the next proof plans it."""
    if not step.due(room.card_at):
        return
    room.card_at = None
    card = own_devices.card(step.store)
    proof = b"" if card is None else _proof(step, card)
    if card is None or not proof or not _is_for(step, room, card) or sending.held(step, room):
        return
    if room.current.candidates or step.before(room.current.look_until):
        room.card_at = max(room.current.unsure_until, step.now) + step.rng.between(1, _AGAIN_MS)
        return
    other = rooms.other_of(step, room)
    if any(device.account == other for device in step.others(room, room.epoch)):
        room.card_frame = sending.send_fleeting(step, room, NewCard(card.encoded, proof))
        room.card_told = card.sequence


def came_along(step: Step, account: bytes, card: bytes) -> None:
    """Our card and its proof went to this account with our request."""
    step.store.set_value(_key(account), str(decode_card(card).body.sequence).encode())


def done_by_another(step: Step, room: RoomState, said: NewCard) -> None:
    """Another device of the account has handed a card over in this room."""
    card = own_devices.card(step.store)
    if card is not None and card.encoded == said.card:
        room.card_told = max(room.card_told, card.sequence)


def forget(step: Step, account: bytes) -> None:
    """A contact was forgotten."""
    step.store.delete_value(_key(account))


def _proof(step: Step, card: Card) -> bytes:
    proof = own_answer.to_carry(step.store, card.encoded, step.now // 1_000)
    return proof if len(card.encoded) + len(proof) <= LARGEST else b""


def _is_for(step: Step, room: RoomState, card: Card) -> bool:
    """Whether a card is to be handed over in a room: it is news there, for an accepted contact at our directory. Others
    do not read its lists, and could not use the proof.
    """
    other = rooms.other_of(step, room)
    contact = step.store.contact(other) if other and room.phase == JOINED else None
    if contact is None or contact.room != room.id or contact.state is not ContactState.ACCEPTED:
        return False
    told = step.store.get_value(_key(other))
    news = card.sequence > max(room.card_told, -1 if told is None else int(told))
    return news and parse_handle(contact.handle).authority == step.local.host


def _key(account: bytes) -> str:
    return f"card-carried:{account.hex()}"
