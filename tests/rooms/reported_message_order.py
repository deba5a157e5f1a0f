"""Reported, not collected: two messages that miss their epoch are sorted differently by their two authors.

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
    a.send(room, "from a")
    c.send(room, "from c")
    for person in (b, a, c):
        for item in world.queues(person):
            world.post(person, item)
    world.settle()
    assert a.texts(room) == b.texts(room) == c.texts(room)
