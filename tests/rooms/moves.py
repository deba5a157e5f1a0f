"""Accounts that go to another relay in a world, without the API between."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from nullabona.client.core.account import own_devices
from nullabona.client.core.devices import inbox_state, sync_out
from nullabona.client.core.model.proofs import MoveOrder
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.model.sync_items import CardItem
from nullabona.client.core.relocation import moving
from nullabona.client.core.step import Step
from nullabona.wire.card import Card, sign_card, verify_card
from tests.rooms.world import RELAY, Person, World

TWO = "wss://two.example:443/v1"
THREE = "wss://three.example:443/v1"


def card_at(world: World, person: Person, relay: str) -> Card:
    """The account's next card, which names another relay; nobody has it yet."""
    with person.store.transaction():
        known = own_devices.card(person.store)
    assert known is not None
    day = max(world.now // 86_400_000, known.issued_day)
    encoded = sign_card(
        person.identity,
        handle=known.handle,
        issued_day=day,
        devices=tuple(known.devices),
        inbox=msgspec.structs.replace(known.inbox, relay=relay),
        previous=known,
    )
    return verify_card(encoded, today=day, previous=known)


def move_in(step: Step, card: Card, left: str) -> None:
    """What the person's wish does in one step."""
    own_devices.note_card(step.store, card.encoded)
    inbox_state.follow(step, card)
    moving.take_along(step, left, card.inbox.relay)
    sync_out.tell_now(step, CardItem(card.encoded))


def move(world: World, person: Person, relay: str) -> None:
    """The person moves their account, and the directory has the card at once."""
    card = card_at(world, person, relay)
    left = person.engine.local.relay
    with person.engine.step(world.now) as step:
        move_in(step, card, left)
    person.me = person.engine.local
    person.card = world.cards[person.me.handle] = card


def homes(world: World, room: bytes) -> set[str]:
    """The relays at which those who are in the room have it."""
    return {state_of(person, room).relay for person in world.people if person.phase(room) == "joined"}


def homes_of(some: Iterable[Person], room: bytes) -> set[str]:
    """The relays at which these have the room."""
    return {state_of(person, room).relay for person in some}


def state_of(person: Person, room: bytes) -> RoomState:
    """The room as this device knows it."""
    with person.engine.step(person.world.now) as step:
        return step.room(room)


def order_of(person: Person, room: bytes) -> MoveOrder | None:
    """The move order that holds for this device."""
    return state_of(person, room).order


def burn(world: World, relay: str = RELAY) -> None:
    """The machine is gone, with everything on it, and nothing answers there any more."""
    world.relays[relay].wipe()
    world.dead.add(relay)
