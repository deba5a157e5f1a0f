"""Nothing waits for ever for a relay that is gone: what it was to erase is given up with the last room it kept."""

from __future__ import annotations

from nullabona.client.core.delivery.outbox import queue_trim
from nullabona.client.core.group import branches
from nullabona.client.core.model.outbox_targets import InboxTrim, RoomTrim
from nullabona.wire.address import epoch_keys
from tests.rooms.audit import outbox_of
from tests.rooms.hostile import add, kinds, people, remove
from tests.rooms.moves import TWO, burn, move, state_of
from tests.rooms.world import RELAY, Person, World

HOUR = 3_600_000
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
