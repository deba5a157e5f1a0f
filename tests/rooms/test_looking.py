"""Looking for a room that is somewhere: what lies in the way of finding it, or of being found."""

from __future__ import annotations

from nullabona.client.core import relocating
from nullabona.client.core.proofs import encode_move
from nullabona.wire.frame import Kind
from tests.rooms.hostile import kinds, people, sealed
from tests.rooms.moves import THREE, TWO, burn, homes, move, order_of
from tests.rooms.world import Person, World

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def order_to(person: Person, room: bytes, relay: str) -> None:
    """The person has the room moved, and stays where they are."""
    with person.engine.step(person.world.now, room) as step:
        relocating.issue(step, step.room(room), relay)


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
