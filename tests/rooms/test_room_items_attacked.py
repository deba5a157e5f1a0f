"""Somebody who wants inboxes to be used, a device to stay apart, or members to work for nothing (room.md §7.1)."""

from __future__ import annotations

import pytest

from nullabona.client.core import files
from nullabona.client.core.delivery.room_items import OPEN, SEALED
from nullabona.client.core.model.content import Attachment
from nullabona.client.core.model.inbox_items import TicketRequest, sign_item
from nullabona.client.core.sync import former_rooms
from nullabona.client.core.sync.tickets import MOST_AN_HOUR
from nullabona.wire.blob import cut_blob
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from nullabona.wire.seal import ITEM_DIRECT, seal_answer
from tests.rooms.hostile import forge, only, people, track_of, update_keys
from tests.rooms.test_files import KEY, SMALL, tell
from tests.rooms.test_handed import came
from tests.rooms.test_room_items import DAY, deaf, items_in, kind_of
from tests.rooms.test_tickets import HOUR, MINUTE, SwallowingWorld, rejoins
from tests.rooms.world import Person, World


def asked_for(world: World, person: Person, room: bytes) -> int:
    return sum(one.body[:1] == OPEN for one in items_in(world, person, room))


def test_a_file_that_is_missing_again_the_next_day_is_put_back_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The question has the same bytes then; its sender helps an account once a day."""
    put_back: list[bytes] = []
    monkeypatch.setattr(files, "put_back", lambda step, room, message: put_back.append(message))
    world = World(4)
    crowd = people(world, 2)
    mina, jun = crowd
    room = world.group(*crowd)
    world.settle(span=10 * MINUTE)
    ref, _ = cut_blob(KEY, SMALL)
    id = tell(mina, room, Attachment("photo", "x.jpg", "image/jpeg", len(SMALL), (ref,)))
    world.settle(span=2 * HOUR, most=2_000)
    assert ({id}, 1) == (set(put_back), asked_for(world, jun, room))
    world.settle(span=DAY, most=4_000)
    with jun.engine.step(world.now, room) as step:
        files.fetch(step, step.room(room), id)
    put_back.clear()
    world.settle(span=2 * HOUR, most=2_000)
    assert ({id}, 2) == (set(put_back), asked_for(world, jun, room))


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_who_was_off_when_the_hours_passed_reads_the_boxes_first(seed: int) -> None:
    """The relay hid the answer only until the device went off: it is there when it comes on."""
    world, a, crowd, room, _ = deaf(seed)
    world.swallows = lambda person, item: person is not a and kind_of(item) is Kind.ITEM
    world.settle(span=30_000, most=1_000)
    assert a.look(room).rejoin is not None  # type: ignore[union-attr]
    a.online = False
    world.swallows = lambda person, item: False
    world.settle(span=13 * HOUR, most=4_000)
    before = [came(world, person) for person in crowd]
    a.crash()
    a.online = True
    a.engine.tick(world.now)  # what is due comes before any relay has answered
    world.settle(span=10 * MINUTE - 1_000, most=1_000)
    assert before == [came(world, person) for person in crowd]
    assert "lost" in a.texts(room)


def test_the_hours_of_one_search_are_not_those_of_another() -> None:
    """A member without authority led the device back, so it asks the admin every three hours, who is off for the night.
    What it loses next is asked for in boxes first.
    """
    world = SwallowingWorld(11)
    crowd = people(world, 4)
    _, b, c, d = crowd
    room = world.group(*crowd)
    world.settle(span=10 * MINUTE)
    only(world, c, d)
    b.online = False
    for span in (HOUR, 13 * HOUR):
        c.send(room, "lost")
        update_keys(c, room)
        world.settle(span=10_000)
        world.relay.boxes[b.where(room)].frames.clear()
        before = came(world, b), came(world, c), came(world, d)
        b.online = True
        world.settle(span=5 * MINUTE, most=4_000)
        assert before == (came(world, b), came(world, c), came(world, d))
        world.settle(span=span, most=8_000)
        b.online = False
    assert 2 == rejoins(b, room)


def test_questions_cost_a_member_few_tickets() -> None:
    """However many questions a hostile member asks in an hour."""
    world = World(5)
    crowd = people(world, 3)
    a, b, c = crowd
    room = world.group(*crowd)
    world.settle(span=10 * MINUTE)
    address = track_of(a, room).keys.box.address
    for _ in range(100):
        question = TicketRequest(
            room, 0, b"", box=address, helper=b.account, key=a.card.inbox.hpke_key, id=world.dice.bytes(8)
        )
        forge(a, room, Kind.ITEM, OPEN + sign_item(a.mls, address, question))
    world.settle(span=MINUTE)
    assert MOST_AN_HOUR == sum(one.body[:1] == SEALED for one in items_in(world, c, room))


def away() -> tuple[World, list[Person], bytes]:
    """Somebody is off for more epochs than others follow boxes of, and the relay drops what was said in its last one.

    Another device that is off for longer has the places of the oldest boxes.
    """
    world = World(21)
    crowd = people(world, 5)
    a, b, d, _, x = crowd
    room = world.group(*crowd)
    world.settle(span=HOUR, most=4_000)
    x.online = False
    for epoch in range(78):
        d.online = epoch < 18
        update_keys((a, b)[epoch % 2], room)
        world.settle(span=2 * MINUTE, most=4_000)
    world.relay.boxes[d.where(room)].frames.clear()
    d.online = True
    return world, crowd, room


def test_the_box_in_which_a_device_was_last_seen_is_followed_however_many_came_since() -> None:
    """It asks there."""
    world, crowd, room = away()
    before = [came(world, person) for person in crowd]
    a, d = crowd[0], crowd[2]
    assert d.where(room) in {bytes(track.keys.box.address) for track in a.look(room).boxes}  # type: ignore[union-attr]
    world.settle(span=MINUTE, most=4_000)
    assert (1, a.where(room)) == (rejoins(d, room), d.where(room))
    assert before == [came(world, person) for person in crowd]


@pytest.mark.slow
def test_one_member_alone_does_not_keep_it_apart() -> None:
    """That member kept the epoch, and is the first to answer each time: "you are exactly where I am"."""
    world, (a, _, d, liar, _), room = away()
    with d.engine.step(world.now, room) as step:
        ticket = former_rooms.make_ticket(step, step.room(room))  # as any member of that epoch could make it then
    keys = track_of(d, room).keys
    address = keys.box.address
    box = world.relay.boxes[bytes(address)]
    seen = box.head
    for _ in range(3 * 60):
        world.settle(span=20_000, most=4_000)
        if box.head > seen and d.where(room) != a.where(room):
            plain = ITEM_DIRECT + sign_item(liar.mls, address, ticket)
            body = SEALED + seal_answer(d.card.inbox.hpke_key, address, plain)
            world.relay.append(
                bytes(address), seal_frame(keys.frame_key, address, world.dice.bytes(NONCE_SIZE), Kind.ITEM, body)
            )
        seen = box.head
    assert (1, a.where(room)) == (rejoins(d, room), d.where(room))
