"""When a device wants to be woken: never again and again for what no hour can bring."""

from __future__ import annotations

from msgspec.structs import replace

from nullabona.client.core.group import intents
from nullabona.client.core.model.intents import UpdateKeys
from nullabona.client.core.restore import returning
from tests.rooms.world import Person, World


def behind(texts: int) -> tuple[World, bytes, Person, Person]:
    """Bora was away while Anna said so much, and has not read it."""
    world = World(1)
    anna, bora = world.person("anna"), world.person("bora")
    room = world.group(anna, bora)
    world.settle()
    bora.online = False
    for at in range(texts):
        anna.send(room, f"text {at}")
    world.settle(span=60_000)
    bora.online = True
    return world, room, anna, bora


def wants_new_keys(world: World, room: bytes, person: Person) -> None:
    with person.engine.step(world.now, room) as step:
        intents.want(step.room(room), UpdateKeys())


def test_who_could_not_read_on_is_not_woken_for_a_commit() -> None:
    """A device knows of frames that it has not read, wants to change something, and its relay is gone."""
    world, room, _, bora = behind(3)
    (want,) = [want for id, want in world.reads(bora) if id == room]
    assert world.read(bora, room, want, limit=1)
    world.dead.add(want.relay)
    wants_new_keys(world, room, bora)
    bora.engine.tick(world.now)
    wake = bora.engine.wake_at()
    assert wake is None or wake > world.now
    world.dead.clear()
    before = bora.epoch(room)
    world.settle()
    assert bora.epoch(room) == before + 1


def test_a_head_that_was_a_lie_once_is_not_waited_for() -> None:
    """A relay told of more than it has: whoever believed it reads to the end that it tells of later, and decides."""
    world, room, anna, bora = behind(1)
    (want,) = [want for id, want in world.reads(bora) if id == room]
    told = world.relay.read(want.address, want.after)
    lie = replace(told, head=told.head + 1_000_000)
    bora.engine.on_frames(room, want.address, want.after, lie, world.now, want.relay)
    before = bora.epoch(room)
    wants_new_keys(world, room, anna)
    world.settle()
    assert [before + 1] * 2 == [person.epoch(room) for person in (anna, bora)]


def test_who_remembers_a_room_in_which_nobody_else_was_is_not_woken_for_it() -> None:
    """Nobody could be asked for a way back."""
    world = World(1)
    anna = world.person("anna")
    room = world.group(anna)
    with anna.engine.step(world.now) as step:
        returning.forsake(step, step.room(room))
    world.settle()
    assert ("away", None) == (anna.phase(room), anna.engine.wake_at())
