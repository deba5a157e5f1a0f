"""What a restored device may lack of a room is told in the room, until it is there (spec/devices.md §9.1)."""

from __future__ import annotations

from nullabona.client.core.model.content import Notice, NoticeKind, Text, decode_body
from nullabona.client.core.restore import returning
from nullabona.client.core.timeline import erasure
from tests.rooms.devices import another_device, backup_of, remember, restored, restored_from
from tests.rooms.world import Person, World


def gaps_of(person: Person, room: bytes) -> list[tuple[int, int]]:
    """From when until when, by each line about a gap, in ms and in order; 0: none."""
    bodies = [decode_body(line.body) for line in person.lines(room)]
    texts = [body.text for body in bodies if isinstance(body, Notice) and body.what is NoticeKind.GAP]
    return [(int(since), int(until)) for since, until in (text.split("-") for text in texts)]


def waited_for(person: Person, room: bytes) -> list[tuple[bytes, ...]]:
    """Whom the lines about gaps name."""
    bodies = [decode_body(line.body) for line in person.lines(room)]
    return [body.others for body in bodies if isinstance(body, Notice) and body.what is NoticeKind.GAP]


def around(person: Person, room: bytes) -> list[str]:
    """The texts, with a dash where a line says that some may be missing."""
    found = []
    for line in person.lines(room):
        body = decode_body(line.body)
        if isinstance(body, Text):
            found.append(body.text)
        elif isinstance(body, Notice) and body.what is NoticeKind.GAP:
            found.append("-")
    return found


def test_a_restored_device_says_that_messages_may_be_missing_and_between_when_and_when() -> None:
    """First since the backup; once it is back between the two, as long as somebody's lines may lack."""
    world = World(21)
    mina, jun, sora = world.person("mina"), world.person("jun"), world.person("sora")
    room = world.group(mina, jun, sora)
    jun.send(room, "before")
    world.settle()
    sora.online = False
    made_at, backup = world.now, backup_of(world, mina)
    world.pass_time(600_000)
    fresh = restored_from(world, mina, backup, "mina again")
    jun.online = False
    fresh.engine.tick(world.now)
    assert [(made_at, 0)] == gaps_of(fresh, room)
    world.settle(span=3_600_000)
    assert ("away", [(made_at, 0)]) == (fresh.phase(room), gaps_of(fresh, room))
    jun.online = True
    world.settle(span=3_600_000)
    told = gaps_of(fresh, room)
    assert [(made_at, True)] == [(since, made_at < until <= world.now) for since, until in told]
    jun.send(room, "after")
    world.settle()
    assert ["before", "-", "after"] == around(fresh, room)
    assert [(sora.account,)] == waited_for(fresh, room)
    sora.online = True
    world.settle(span=3_600_000)
    assert (["before", "after"], []) == (around(fresh, room), gaps_of(fresh, room))


def test_an_account_restored_from_its_words_says_that_nothing_from_before_is_there() -> None:
    """There is no time to name but that of the return."""
    world = World(22)
    mina, jun = world.person("mina"), world.person("jun")
    room, info = world.group(mina, jun), jun.info
    fresh = restored(world, mina, "mina again")
    remember(world, fresh, room, info(room), [jun])
    assert [(0, 0)] == gaps_of(fresh, room)
    world.settle(span=3_600_000)
    told = gaps_of(fresh, room)
    assert ("joined", [0]) == (fresh.phase(room), [since for since, _ in told])
    assert 0 < told[0][1] <= world.now


def test_a_linked_device_lacks_nothing_that_it_would_have_to_tell() -> None:
    """Another device of the account gives it the history."""
    world = World(23)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    desk = another_device(world, mina, "desk")
    world.settle(span=3_600_000)
    assert ("joined", []) == (desk.phase(room), gaps_of(desk, room))


def test_a_line_that_the_person_removed_does_not_come_back() -> None:
    """It is a line like any other."""
    world = World(24)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    fresh = restored_from(world, mina, backup_of(world, mina), "mina again")
    jun.online = False
    fresh.engine.tick(world.now)
    line = next(line for line in fresh.lines(room) if b"gap" in line.body)
    with fresh.engine.step(world.now, room) as step:
        erasure.hide(step, line)
    jun.online = True
    world.settle(span=3_600_000)
    assert ("joined", []) == (fresh.phase(room), gaps_of(fresh, room))


def test_a_device_that_is_copied_back_twice_has_one_gap_from_the_first_on() -> None:
    """What it did not get after the first time it does not have after the second."""
    world = World(25)
    mina, jun, sora = world.person("mina"), world.person("jun"), world.person("sora")
    room = world.group(mina, jun, sora)
    mina.send(room, "before")
    world.settle()
    sora.online = False
    since = mina.messages(room)[-1].sent_at
    for _ in range(2):
        with mina.engine.step(world.now) as step:
            returning.forsake(step, step.room(room))
        world.settle(span=3_600_000)
        told = gaps_of(mina, room)
        assert ("joined", [since]) == (mina.phase(room), [since for since, _ in told])
