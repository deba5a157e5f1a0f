"""Looking for a room that is somewhere: what lies in the way of finding it, or of being found."""

from __future__ import annotations

from nullabona.client.core import commands
from nullabona.client.core.model.proofs import encode_move
from nullabona.client.core.relocation import moving
from nullabona.wire.frame import Kind
from tests.rooms.hostile import everybody, kinds, only, people, remove, sealed, update_keys
from tests.rooms.moves import THREE, TWO, burn, homes, homes_of, move, order_of
from tests.rooms.world import RELAY, Person, World

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def order_to(person: Person, room: bytes, relay: str) -> None:
    """The person has the room moved, and stays where they are."""
    with person.engine.step(person.world.now, room) as step:
        moving.issue(step, step.room(room), relay)


def test_a_newer_order_is_found_behind_our_own() -> None:
    """Whoever looked before left theirs in the box; the one that holds came later."""
    world = World(60)
    a, b = people(world, 2)
    room = world.group(a, b)
    move(world, a, TWO)
    world.settle(span=MINUTE // 3)
    known = order_of(b, room)
    assert ({TWO}, 0) == (homes(world, room), b.info(room).moves)
    assert known is not None
    world.relay_at(THREE).append(b.where(room), sealed(b, room, Kind.MOVE, encode_move(known)))
    b.online = False
    burn(world, TWO)
    move(world, a, THREE)
    world.settle(span=HOUR)
    b.online = True
    world.settle(span=HOUR)
    assert ({THREE}, []) == (homes(world, room), kinds(b, room, "rejoined"))


def test_who_went_on_where_a_box_was_is_found_in_the_last_box_in_common() -> None:
    """The order that lay there is lost, and both sides are epochs further: one looks into older boxes, too."""
    world = World(61)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    only(world, a)
    move(world, a, TWO)
    update_keys(a, room)
    world.settle(span=HOUR)
    world.relay.wipe()
    only(world, b, c)
    update_keys(b, room)
    world.settle(span=HOUR)
    assert [TWO, RELAY, RELAY] == [next(iter(homes_of([person], room))) for person in (a, b, c)]
    everybody(world)
    world.settle(span=12 * HOUR, most=4_000)
    assert ({TWO}, 1) == (homes(world, room), len({person.where(room) for person in (a, b, c)}))


def test_who_comes_back_by_a_ticket_brings_their_order_to_where_it_led() -> None:
    """An admin moved the room while they knew none of its boxes: the others still read the one they were let in by."""
    world = World(62)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    only(world, b, c)
    update_keys(b, room)
    for _ in range(35):
        world.settle(span=DAY)
    move(world, a, TWO)
    everybody(world)
    world.settle(span=3 * DAY, most=8_000)
    assert (["rejoined"], {TWO}) == (kinds(a, room, "rejoined"), homes(world, room))
    assert 1 == len({person.where(room) for person in (a, b, c)})


def scattered(seed: int) -> tuple[World, list[Person], bytes]:
    """The room's relay is gone. The inboxes are elsewhere, and no card says where the admin has ordered the room to."""
    world = World(seed)
    crowd = people(world, 3)
    for person in crowd:
        move(world, person, THREE)
        person.crash()
    room = world.group(*crowd)
    with crowd[0].engine.step(world.now, room) as step:
        moving.issue(step, step.room(room), RELAY)
    world.settle(span=HOUR)
    assert {RELAY} == homes(world, room)
    burn(world)
    return world, crowd, room


def test_who_is_asked_and_looks_for_the_room_as_well_is_not_the_last() -> None:
    """Two find it nowhere; that they are in the same place tells them nothing, and they go on asking."""
    world, (a, b, c), room = scattered(65)
    assert b.account < a.account > c.account, "those are asked first whose account is lowest"
    order_to(a, room, TWO)
    world.settle(span=20 * HOUR, most=4_000)
    assert {TWO} == homes(world, room)


def test_who_is_where_we_are_and_has_heard_of_an_order_hands_it_on() -> None:
    """The ticket leads nowhere else, and the order that comes with it counts."""
    world, (a, b, c), room = scattered(64)
    order_to(a, room, TWO)
    order = order_of(a, room)
    assert order is not None
    only(world, b, c)
    with b.engine.step(world.now, room) as step:
        moving.adopt(step, step.room(room), order)
    world.settle(span=10 * HOUR, most=4_000)
    assert ({TWO}, []) == (homes_of([b, c], room), kinds(c, room, "rejoined"))


def test_a_removal_that_only_its_maker_saw_is_redone_where_they_come_back() -> None:
    """The room had gone elsewhere, and nobody told them of a fork; what they said without the removed waits for it."""
    world = World(66)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    with a.engine.step(world.now, room) as step:
        commands.set_admin(step, room, b.account, admin=True)
    world.settle(span=HOUR)
    a.relay = world.relay.copy()
    only(world, a)
    remove(a, room, b)
    a.send(room, "not for b")
    world.settle(span=HOUR)
    only(world, b, c)
    move(world, b, TWO)
    update_keys(c, room)
    world.settle(span=HOUR)
    a.relay = None
    everybody(world)
    world.settle(span=4 * DAY, most=8_000)
    assert ([["not for b"]] * 2, []) == ([person.texts(room) for person in (a, c)], b.texts(room))
    assert ("removed", {a.account, c.account}) == (b.phase(room), c.members(room))
    assert ({TWO}, a.where(room)) == (homes(world, room), c.where(room))
