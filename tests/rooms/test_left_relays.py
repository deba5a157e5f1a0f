"""A relay that is gone: nothing waits for it for ever, and a ticket leads to where the room is now."""

from __future__ import annotations

from nullabona.client.core import commands
from nullabona.client.core.delivery.outbox import queue_trim
from nullabona.client.core.group import branches
from nullabona.client.core.model.outbox_targets import InboxTrim, RoomTrim
from nullabona.wire.address import epoch_keys
from tests.rooms.audit import outbox_of
from tests.rooms.hostile import add, all_well, kinds, only, people, remove, update_keys
from tests.rooms.moves import TWO, burn, homes_of, move, state_of
from tests.rooms.world import RELAY, Person, World

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def trims(person: Person) -> int:
    """How much still waits to be erased somewhere."""
    return sum(isinstance(item.target, RoomTrim | InboxTrim) for item in outbox_of(person))


def lost(*, added: bool = False) -> tuple[World, list[Person], bytes]:
    """The last was removed, and perhaps added again, while they were away for weeks."""
    world = World(20)
    a, b, c = crowd = people(world, 3)
    room = world.group(a, b, c)
    with c.engine.step(world.now) as step:
        queue_trim(step, RELAY, epoch_keys(world.dice.bytes(32)).box, 1)
    c.online = False
    burn(world)
    for person in (a, b):
        move(world, person, TWO)
    world.settle(span=HOUR)
    remove(a, room, c)
    for _ in range(35):
        world.settle(span=DAY)
    for box in {bytes(track.keys.box.address) for track in state_of(c, room).boxes}:
        world.relays[TWO].boxes.pop(box, None)
    move(world, c, TWO)
    if added:
        add(a, room, c)
        world.settle(span=HOUR)
    c.online = True
    world.tell_ways(c)
    assert (1, "joined", [TWO]) == (trims(c), c.phase(room), [c.me.relay])
    return world, crowd, room


def test_a_ticket_leads_away_from_it() -> None:
    """Who comes to a branch that is kept elsewhere has left it."""
    world, (_, _, c), room = lost(added=True)
    world.settle(span=DAY, most=4_000)
    assert (["rejoined"], 0) == (kinds(c, room, "rejoined"), trims(c))


def test_an_invitation_leads_away_from_it() -> None:
    """Who looks for the room and is invited instead has left it."""
    world, (_, _, c), room = lost(added=True)
    with c.engine.step(world.now) as step:
        branches.lost_thread(step, step.room(room), branches.RELAY_UNREACHABLE)
    world.settle(span=DAY, most=4_000)
    assert (["joined"] * 2, [], 0) == (kinds(c, room, "joined"), kinds(c, room, "rejoined"), trims(c))


def test_who_is_out_has_left_it() -> None:
    """Who asks where the room is and hears that they are out waits for nothing any more."""
    world, (_, _, c), room = lost()
    world.settle(span=DAY, most=4_000)
    assert ("removed", 0) == (c.phase(room), trims(c))


def test_a_ticket_leads_to_where_an_admin_took_the_room_who_left_at_once() -> None:
    """Nobody on the branch that wins may write the move into the room info, and whoever comes there knows nobody in it
    who ordered it: they have known the admin before.
    """
    world = World(21)
    a, b, c, d, out = people(world, 5)
    room = world.group(a, b, c, d, out)
    with a.engine.step(world.now, room) as step:
        commands.set_admin(step, room, b.account, admin=True)
    world.settle(span=HOUR)
    a.relay = world.relay.copy()
    only(world, a)
    update_keys(a, room)
    world.settle(span=MINUTE)
    only(world, b, c, d)
    remove(b, room, out)
    world.settle(span=MINUTE)
    move(world, b, TWO)
    world.settle(span=1_000)
    with b.engine.step(world.now, room) as step:
        commands.leave(step, room)
    world.settle(span=HOUR)
    assert {("joined", TWO, 0)} == {(p.phase(room), state_of(p, room).relay, p.info(room).moves) for p in (c, d)}
    assert b.account not in c.members(room)
    burn(world)
    a.relay = None
    for person in (a, c, d):
        move(world, person, TWO)
    only(world, a, c, d)
    world.settle(span=12 * HOUR, most=4_000)
    assert {("joined", TWO, 1)} == {(p.phase(room), state_of(p, room).relay, p.info(room).moves) for p in (a, c, d)}
    assert {TWO} == homes_of((a, c, d), room)
    all_well(world, room, a, c, d)
