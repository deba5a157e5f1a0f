"""Somebody who wants inboxes to be used, a device to stay apart, or members to work for nothing (room.md §7.1)."""

from __future__ import annotations

import pytest

from nullabona.client.core import files
from nullabona.client.core.delivery.room_items import OPEN, SEALED
from nullabona.client.core.model.content import Attachment
from nullabona.client.core.model.inbox_items import Ticket, TicketRequest, sign_item
from nullabona.client.core.sync import former_rooms
from nullabona.client.core.sync.tickets import MOST_AN_HOUR
from nullabona.wire.blob import cut_blob
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from nullabona.wire.seal import ITEM_DIRECT, seal_answer
from tests.rooms.hostile import all_well, forge, only, people, track_of, update_keys
from tests.rooms.test_files import KEY, SMALL, tell
from tests.rooms.test_handed import came
from tests.rooms.test_room_items import DAY, items_in, kind_of
from tests.rooms.test_tickets import HOUR, MINUTE, SwallowingWorld, rejoins
from tests.rooms.world import Person, World


def asked_for(world: World, person: Person, room: bytes) -> int:
    return sum(one.body[:1] == OPEN for one in items_in(world, person, room))


def test_a_file_that_is_missing_again_the_next_day_is_asked_for_again() -> None:
    """The question has the same bytes then; its sender helps an account once a day."""
    world = World(4)
    crowd = people(world, 2)
    mina, jun = crowd
    room = world.group(*crowd)
    world.settle(span=10 * MINUTE)
    ref, _ = cut_blob(KEY, SMALL)
    id = tell(mina, room, Attachment("photo", "x.jpg", "image/jpeg", len(SMALL), (ref,)))
    world.settle(span=2 * HOUR, most=2_000)
    assert 1 == asked_for(world, jun, room)
    world.settle(span=DAY, most=4_000)
    with jun.engine.step(world.now, room) as step:
        files.fetch(step, step.room(room), id)
    world.settle(span=2 * HOUR, most=2_000)
    assert 2 == asked_for(world, jun, room)


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_who_was_off_when_the_hours_passed_reads_the_boxes_first(seed: int) -> None:
    """The relay hid the answer only until the device went off: it is there when it comes on."""
    world = SwallowingWorld(seed)
    crowd = people(world, 3)
    a, b, _ = crowd
    room = world.group(*crowd)
    world.settle(span=10 * MINUTE)
    a.online = False
    b.send(room, "lost")
    world.settle(span=10_000)
    world.relay.boxes[a.where(room)].frames.clear()
    world.swallows = lambda person, item: person is not a and kind_of(item) is Kind.ITEM
    a.online = True
    world.settle(span=30_000, most=1_000)
    assert a.look(room).rejoin is not None  # type: ignore[union-attr]
    a.online = False
    world.swallows = lambda person, item: False
    world.settle(span=9 * HOUR, most=4_000)
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
    for span in (HOUR, 9 * HOUR):
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


class Forgotten:
    """Somebody (``lost``) was off while the room went through so many epochs that nobody follows their box any more,
    since another was off for even longer; then the relay lacks its frames. The last member (``liar``) reads it still.
    """

    def __init__(self) -> None:
        self.world = SwallowingWorld(21)
        crowd = people(self.world, 5)
        self.admin, busy, self.lost, self.liar, away = crowd
        self.room = self.world.group(*crowd)
        self.world.settle(span=HOUR, most=4_000)
        away.online = False
        for _ in range(18):
            self._next(busy)
        self.lost.online = False
        self.stale: Ticket | None = None
        for number in range(60):
            if not number:
                with self.liar.engine.step(self.world.now, self.room) as step:
                    self.stale = former_rooms.make_ticket(step, step.room(self.room))
            self._next((self.admin, busy)[number % 2])
        self.world.relay.boxes[self.lost.where(self.room)].frames.clear()
        self.lost.online = True

    def _next(self, person: Person) -> None:
        update_keys(person, self.room)
        self.world.settle(span=2 * MINUTE, most=4_000)

    def lie(self) -> None:
        """To whatever is asked in that box, the ticket of that epoch."""
        assert self.stale is not None
        keys = track_of(self.lost, self.room).keys
        address = keys.box.address
        plain = ITEM_DIRECT + sign_item(self.liar.mls, address, self.stale)
        body = SEALED + seal_answer(self.lost.card.inbox.hpke_key, address, plain)
        frame = seal_frame(keys.frame_key, address, self.world.dice.bytes(NONCE_SIZE), Kind.ITEM, body)
        self.world.relay.append(bytes(address), frame)


@pytest.mark.slow
@pytest.mark.parametrize("lies", [False, True])
def test_who_is_in_a_box_that_all_others_forgot_is_back_within_a_day(*, lies: bool) -> None:
    """By inboxes, after hours: also if a member who reads that box says each time that nothing was missed."""
    found = Forgotten()
    world, lost, room = found.world, found.lost, found.room
    began, seen = world.now, 0
    while lost.where(room) != found.admin.where(room):
        world.settle(span=MINUTE, most=4_000)
        assert world.now - began < DAY
        box = world.relay.boxes[bytes(track_of(lost, room).keys.box.address)]
        if lies and box.head > seen and lost.where(room) != found.admin.where(room):
            found.lie()
            seen = box.head
    assert 1 == rejoins(lost, room)
    all_well(world, room, found.admin, lost)
