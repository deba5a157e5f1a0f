"""What somebody wanted as an admin is not done once they are none: they would be alone with it (spec/room.md §3)."""

from __future__ import annotations

from nullabona.client.core import commands
from tests.rooms.world import World


def test_an_admin_who_was_dismissed_adds_nobody_any_more() -> None:
    """It was wanted in time, and came second."""
    world = World(91)
    mina, jun, sora = (world.person(name) for name in ("mina", "jun", "sora"))
    room = world.group(mina, jun)
    world.befriend(jun, sora)
    with mina.engine.step(world.now, room) as step:
        commands.set_admin(step, room, jun.account, admin=True)
    world.settle(span=600_000)
    with jun.engine.step(world.now, room) as step:
        commands.add_account(step, room, sora.card)
    with mina.engine.step(world.now, room) as step:
        commands.set_admin(step, room, jun.account, admin=False)
    world.turn(mina)
    world.settle(span=600_000)
    assert [{mina.account, jun.account}] * 2 == [person.members(room) for person in (mina, jun)]
    assert mina.where(room) == jun.where(room)
    assert "none" == sora.phase(room)
    jun.send(room, "still here")
    world.settle(span=60_000)
    assert ["still here"] == mina.texts(room)
