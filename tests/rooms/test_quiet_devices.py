"""A device that comes or goes changes nothing that a person did not do: no room moves, no line is replaced."""

from __future__ import annotations

from nullabona.client.api.rooms import summary_of
from nullabona.client.api.showing import look_at
from nullabona.client.core.model.content import Notice, NoticeKind
from nullabona.client.core.timeline import kinds
from tests.rooms.devices import another_device, remember, remove_device, restored
from tests.rooms.world import Person, World

DEVICES = {NoticeKind.DEVICE_ADDED, NoticeKind.DEVICE_REMOVED, NoticeKind.DEVICE_RENEWED}


def row(person: Person, room: bytes) -> tuple[bytes, int, int]:
    """What the list shows of a room: its last line, when that was, and how many are unread."""
    with person.engine.step(person.world.now) as step:
        shown = summary_of(look_at(step), step.room(room), last=True)
        last = shown.last
        return (b"", 0, 0) if last is None else (last.id, last.sent_at, shown.unread)


def told(person: Person, room: bytes) -> list[NoticeKind]:
    """What a room's history says of devices."""
    bodies = [kinds.stored(line) for line in person.lines(room) if line.kind == kinds.NOTICE]
    return [body.what for body in bodies if isinstance(body, Notice) and body.what in DEVICES]


def talk(seed: int) -> tuple[World, Person, Person, bytes]:
    """Two people who have written in their group."""
    world = World(seed)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    mina.send(room, "first")
    jun.send(room, "last")
    world.settle()
    return world, mina, jun, room


def test_a_linked_and_a_revoked_device_move_no_room() -> None:
    """One line each says it, on both sides."""
    world, mina, jun, room = talk(1)
    before = row(mina, room), row(jun, room)
    desk = another_device(world, mina, "desk")
    world.settle()
    assert before == (row(mina, room), row(jun, room))
    assert [NoticeKind.DEVICE_ADDED] == told(jun, room)
    assert ([], []) == (told(desk, room), desk.lines(room))
    remove_device(world, mina, desk)
    world.settle()
    assert before == (row(mina, room), row(jun, room))
    assert [NoticeKind.DEVICE_ADDED, NoticeKind.DEVICE_REMOVED] == told(jun, room)


def test_a_restored_account_moves_no_room_of_others() -> None:
    """Its devices, two of which are lost, are told of in a line for each thing that happened."""
    world, mina, jun, room = talk(2)
    another_device(world, mina, "desk").online = True
    world.settle()
    before = row(jun, room)
    for device in world.people:
        if device.account == mina.account:
            device.online = False
    fresh = restored(world, mina, "new")
    remember(world, fresh, room, jun.info(room), [jun])
    world.settle()
    assert before == row(jun, room)
    lines = told(jun, room)[1:]
    assert 1 == lines.count(NoticeKind.DEVICE_ADDED)
    assert 1 == lines.count(NoticeKind.DEVICE_REMOVED)


def test_a_device_that_was_put_out_says_nothing_of_leaving() -> None:
    """Nobody threw its person out of a room, and nobody left."""
    world, mina, jun, room = talk(3)
    desk = another_device(world, mina, "desk")
    world.settle()
    jun.send(room, "for the desk too")
    world.settle()
    before = [line.id for line in desk.lines(room)]
    remove_device(world, mina, desk)
    world.settle()
    assert before == [line.id for line in desk.lines(room)]
