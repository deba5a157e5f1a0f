"""Reported, not collected: a message that misses its epoch is sorted differently by its author and by others.

An own message that lies behind the winning commit is sent again and sorts where the copy lies; others have it where the
first one lies. If every device took the lowest place that any copy has, all would sort alike.
"""

from __future__ import annotations

from nullabona.client.core import commands
from tests.rooms.hostile import people
from tests.rooms.world import World


def test_everybody_sees_the_same_order() -> None:
    """Messages that crossed a commit have one order."""
    world = World(1)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    with b.engine.step(world.now, room) as step:
        commands.update_keys(step, room)
    a.send(room, "from a, before the commit was seen")
    world.turn(b)
    world.turn(b)
    b.send(room, "from b, after it")
    world.turn(b)
    world.read(a, room, a.engine.reads(room)[-1])
    world.settle()
    assert a.texts(room) == b.texts(room) == c.texts(room)
