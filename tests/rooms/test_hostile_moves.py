"""Nobody takes a room to another relay but who may: no relay, no directory, no stranger, no plain member."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from nullabona.client.core import commands
from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery.box_log import open_quietly
from nullabona.client.core.devices import inbox_state
from nullabona.client.core.directory.found import ProvenCard
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.proofs import MoveOrder, encode_move, make_move
from nullabona.client.core.model.requests import AppendOrder, Scout
from nullabona.client.core.relocation.search import MOST_PAGES
from nullabona.client.core.sync import former_rooms
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from nullabona.wire.messages import Frames
from tests.rooms.audit import audit_rest
from tests.rooms.hostile import kinds, only, people, put, remove, sealed, to_inbox, update_keys
from tests.rooms.moves import THREE, TWO, burn, card_at, homes, homes_of, move, order_of, state_of
from tests.rooms.world import RELAY, Person, World

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
LOCAL = "ws://127.0.0.1:8440/v1"


def order_by(person: Person, room: bytes, number: int = 1, relay: str = TWO) -> MoveOrder:
    """Signed by this device, whoever it is."""
    return make_move(person.mls, person.me.signature_key, room, number, relay)


def forged(a: Person, b: Person, room: bytes) -> dict[str, bytes]:
    """Orders that hold for nobody. ``a`` is the room's admin, ``b`` a plain member."""
    good = order_by(a, room)
    stranger = make_move(a.mls, bytes(32), room, 1, TWO)
    return {
        "by a member who may not": encode_move(order_by(b, room)),
        "in the admin's name": encode_move(MoveOrder(room, 1, TWO, good.signer, order_by(b, room).signature)),
        "for another relay than was signed": encode_move(MoveOrder(room, 1, THREE, good.signer, good.signature)),
        "for another room": encode_move(order_by(a, bytes(32))),
        "by nobody in the room": encode_move(stranger),
        "to this machine": encode_move(order_by(a, room, relay=LOCAL)),
        "without encryption": encode_move(order_by(a, room, relay="ws://two.example:80/v1")),
        "in another spelling": encode_move(order_by(a, room, relay="https://two.example")),
        "to no relay": encode_move(order_by(a, room, relay="two")),
        "with a number out of reach": encode_move(order_by(a, room, number=1_000)),
        "not an order": b"\x93\x01\x02\x03",
        "empty": b"",
    }


FORGED = (
    "by a member who may not",
    "in the admin's name",
    "for another relay than was signed",
    "for another room",
    "by nobody in the room",
    "to this machine",
    "without encryption",
    "in another spelling",
    "to no relay",
    "with a number out of reach",
    "not an order",
    "empty",
)


@pytest.mark.parametrize("what", FORGED)
def test_an_order_that_does_not_hold_is_of_no_effect(what: str) -> None:
    """It lies in the room's box and is read by everybody; nobody goes, nobody is told, everything else goes on."""
    world = World(1)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    put(b, room, sealed(b, room, Kind.MOVE, forged(a, b, room)[what]))
    c.send(room, "and on")
    world.settle(span=HOUR)
    assert ({RELAY}, {None}) == (homes(world, room), {order_of(person, room) for person in (a, b, c)})
    assert [["and on"]] * 3 == [person.texts(room) for person in (a, b, c)]
    assert [] == [kind for person in (a, b, c) for kind in kinds(person, room, "room-moved", "warning")]


def test_an_order_by_an_admin_that_another_puts_there_holds() -> None:
    """The counterpart of the test above: it is the order that counts, not who brings it."""
    world = World(1)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    put(b, room, sealed(b, room, Kind.MOVE, encode_move(order_by(a, room))))
    world.settle(span=HOUR)
    assert {TWO} == homes(world, room)


def test_an_order_is_left_once_however_long_the_box_is() -> None:
    """It is found again at the end of what lies there, so that not every round leaves another one."""
    world = World(7)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    c.online = False
    box = state_of(a, room).current.keys.box.address
    for _ in range(6_000):
        world.relay.append(box, bytes(512))
    head = world.relay.boxes[box].head
    move(world, a, TWO)
    world.settle(span=2 * DAY)
    assert {TWO} == homes_of((a, b), room)
    left = [
        open_quietly(state_of(a, room).boxes[0], data)
        for seq, data in world.relay.boxes[box].frames.items()
        if seq > head
    ]
    assert [Kind.MOVE] == [opened.kind for opened in left if opened is not None]


def looked_at(person: Person) -> Callable[[], set[str]]:
    """The relays that this device looks at from now on."""
    found: set[str] = set()
    take = person.engine.take_scouts

    def watching() -> list[Scout]:
        scouts = take()
        found.update(scout.relay for scout in scouts)
        return scouts

    person.engine.take_scouts = watching  # type: ignore[method-assign]
    return lambda: found


def test_a_card_that_names_this_machine_is_not_followed() -> None:
    """An admin's card and our own say: loopback. Neither is looked at nor believed; the person is told of their own."""
    world = World(2)
    a, b = people(world, 2)
    room = world.group(a, b)
    world.cards[a.me.handle] = card_at(world, a, LOCAL)
    burn(world)
    seen = looked_at(b)
    world.settle(span=DAY)
    assert LOCAL not in seen()
    own_card = card_at(world, b, LOCAL)
    with b.engine.step(world.now) as step:
        own_devices.note_card(step.store, own_card.encoded)
        inbox_state.follow(step, own_card)
    assert (RELAY, {RELAY}) == (b.engine.local.relay, homes(world, room))
    assert ["relay-refused"] == [data["code"] for kind, _, data in b.events() if kind == "warning"]


def test_a_card_alone_moves_no_room() -> None:
    """An admin's card names a relay where no order lies, whyever: it is looked at, and that is all."""
    world = World(3)
    a, b = people(world, 2)
    room = world.group(a, b)
    a.online = False
    world.cards[a.me.handle] = card_at(world, a, TWO)
    burn(world)
    seen = looked_at(b)
    world.settle(span=HOUR)
    assert ({TWO}, {RELAY}, None) == (seen(), homes(world, room), order_of(b, room))


def test_an_older_card_brings_nobody_back() -> None:
    """A directory that shows an old card again does not make writers go to a relay that was left."""
    world = World(4)
    a, b = people(world, 2)
    old = a.card
    with b.engine.step(world.now) as step:
        inbox_addresses.look_again(step, a.me.handle)
    world.settle(span=MINUTE)
    move(world, a, TWO)
    for card in (a.card, old):
        b.engine.on_card(ProvenCard.testing(card), world.now)
        with b.engine.step(world.now) as step:
            assert TWO == inbox_addresses.relay_of(step, a.account, a.me.handle)


def test_an_order_behind_the_dismissal_of_its_giver() -> None:
    """An admin is dismissed and then orders a move, in the same box: who reads both at once sees which came first."""
    world = World(5)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    with a.engine.step(world.now, room) as step:
        commands.set_admin(step, room, b.account, admin=True)
    world.settle(span=HOUR)
    c.online = False
    order = sealed(b, room, Kind.MOVE, encode_move(order_by(b, room, relay=THREE)))
    with a.engine.step(world.now, room) as step:
        commands.set_admin(step, room, b.account, admin=False)
    world.turn(a)
    b.online = False
    box = b.where(room)
    world.relay.append(box, order)
    c.online = True
    world.settle(span=HOUR)
    b.online = True
    world.settle(span=HOUR)
    assert ({RELAY}, {None}) == (homes(world, room), {order_of(person, room) for person in (a, b, c)})


def test_a_former_admin_who_lures_somebody_away() -> None:
    """With the directory's help one who was away is led to a relay of a former admin; hours later they are back."""
    world = World(6)
    a, b, c, d = people(world, 4)
    room = world.group(a, b, c, d)
    with a.engine.step(world.now, room) as step:
        commands.set_admin(step, room, b.account, admin=True)
    world.settle(span=HOUR)
    c.online = False
    keys = state_of(b, room).current.keys
    lure = encode_move(order_by(b, room, number=7, relay=THREE))
    with a.engine.step(world.now, room) as step:
        commands.set_admin(step, room, b.account, admin=False)
    world.settle(span=HOUR)
    burn(world)
    hidden = world.cards[a.me.handle]
    for person in (a, d):
        move(world, person, TWO)
    world.settle(span=HOUR)
    world.cards[a.me.handle] = hidden
    frame = seal_frame(keys.frame_key, keys.box.address, world.dice.bytes(NONCE_SIZE), Kind.MOVE, lure)
    world.relay_at(THREE).append(keys.box.address, frame)
    world.cards[b.me.handle] = card_at(world, b, THREE)
    b.online = False
    c.online = True
    world.settle(span=HOUR)
    assert (THREE, RELAY) == (state_of(c, room).relay, c.me.relay)
    move(world, c, TWO)
    world.settle(span=12 * HOUR, most=1_000)
    assert ({TWO}, ["rejoined"]) == (homes_of((a, c, d), room), kinds(c, room, "rejoined"))
    c.send(room, "I am back")
    world.settle(span=HOUR)
    assert "I am back" in a.texts(room)
    assert "I am back" in d.texts(room)
    assert 7 != (order_of(c, room) or order_by(a, room)).number


def test_a_members_ticket_lures_nobody_after_a_former_admin() -> None:
    """Whoever was on another branch does not know yet that an admin is none any more: a ticket to the right branch with
    an order of that admin leads to where the room is, as long as its relay is there.
    """
    world = World(8)
    a, b, c, d, out = people(world, 5)
    room = world.group(a, b, c, d, out)
    with a.engine.step(world.now, room) as step:
        commands.set_admin(step, room, b.account, admin=True)
    world.settle(span=HOUR)
    c.relay = world.relay.copy()
    only(world, c)
    update_keys(c, room)
    world.settle(span=MINUTE)
    lure = encode_move(order_by(b, room, number=7, relay=THREE))
    only(world, a, b, d)
    remove(a, room, out)
    world.settle(span=MINUTE)
    with a.engine.step(world.now, room) as step:
        commands.set_admin(step, room, b.account, admin=False)
    world.settle(span=HOUR)
    with d.engine.step(world.now, room) as step:
        ticket = msgspec.structs.replace(former_rooms.make_ticket(step, step.room(room)), order=lure)
    world.relays[THREE] = world.relay.copy()
    c.relay = None
    only(world, c)
    world.settle(span=10_000)
    to_inbox(d, c, ticket)
    world.settle(span=MINUTE)
    assert ({RELAY}, ["rejoined"], {None}) == (homes_of((a, c), room), kinds(c, room, "rejoined"), {order_of(c, room)})
    only(world, a, c)
    world.settle(span=HOUR)
    assert a.where(room) == c.where(room)


@pytest.mark.parametrize("seed", range(20))
def test_any_answer_to_a_look_is_borne(seed: int) -> None:
    """A relay may show whatever it likes, without end: nothing is believed, and looking ends."""
    world = World(seed)
    a, b = people(world, 2)
    room = world.group(a, b)
    box = state_of(b, room).current.keys.box
    honest = sealed(a, room, Kind.SETTLED, world.dice.bytes(300)), sealed(a, room, Kind.MOVE, world.dice.bytes(90))
    scout: Scout | None = Scout(room, TWO, box)
    looks = 0
    while scout is not None:
        choices = [*honest, world.dice.bytes(world.dice.between(0, 600)), bytes(512)]
        frames = tuple((scout.after + seq, choices[world.dice.between(0, 3)]) for seq in range(1, 51))
        answer = Frames(world.dice.bytes(8), 1 << 40, frames)
        _, following = b.engine.on_scouted(scout, answer, world.now)
        assert not isinstance(following, AppendOrder)
        scout, looks = following, looks + 1
    assert (MOST_PAGES, {RELAY}) == (looks, homes(world, room))
    audit_rest(world, room)


def test_no_order_is_pushed_out_of_those_that_wait_for_a_commit() -> None:
    """Somebody away reads a commit that is none, the admin's order, and many orders of a member who may give none."""
    world = World(5)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    c.online = False
    put(b, room, sealed(b, room, Kind.COMMIT, b"none"))
    put(b, room, sealed(b, room, Kind.MOVE, encode_move(order_by(a, room))))
    for number in range(1, 20):
        put(b, room, sealed(b, room, Kind.MOVE, encode_move(order_by(b, room, number=number, relay=THREE))))
        stranger = MoveOrder(room, number, THREE, world.dice.bytes(32), world.dice.bytes(64))
        put(b, room, sealed(b, room, Kind.MOVE, encode_move(stranger)))
    b.online = False
    c.online = True
    world.settle(span=HOUR)
    assert {TWO} == homes_of((a, c), room)
