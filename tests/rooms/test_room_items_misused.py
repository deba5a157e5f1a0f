"""Questions that are none, and boxes that are read in vain (spec/room.md §7.1)."""

from __future__ import annotations

from contextlib import AbstractContextManager

from nullabona_mls import SUITE_PQ

from nullabona.client.core.delivery.room_items import OPEN, SEALED
from nullabona.client.core.model.inbox_items import TicketRequest, sign_item
from nullabona.client.core.step import Step
from nullabona.client.core.sync.rejoin import _listening
from nullabona.wire.frame import Kind
from nullabona.wire.messages import Frames
from tests.rooms.hostile import forge, only, people, to_inbox, track_of
from tests.rooms.test_room_items import items_in
from tests.rooms.test_tickets import MINUTE, SwallowingWorld
from tests.rooms.world import Person, World


def question(world: World, asker: Person, helper: Person, room: bytes, key: bytes | None = None) -> TicketRequest:
    """What a member may ask in the box where it is."""
    box = track_of(asker, room).keys.box.address
    key = asker.card.inbox.hpke_key if key is None else key
    return TicketRequest(room, 0, b"", box=box, helper=helper.account, key=key, id=world.dice.bytes(8))


def asks(asker: Person, room: bytes, body: TicketRequest) -> None:
    """Put it there."""
    forge(asker, room, Kind.ITEM, OPEN + sign_item(asker.mls, track_of(asker, room).keys.box.address, body))


def answers(world: World, person: Person, room: bytes) -> int:
    """How many answers lie in the box where somebody is."""
    return sum(one.body[:1] == SEALED for one in items_in(world, person, room))


def test_for_a_key_that_is_none_nothing_is_stored_at_the_relay() -> None:
    """The ticket of a large room goes by blob, and nobody could open this one."""
    world = SwallowingWorld(11, suite=SUITE_PQ)
    crowd = people(world, 64)
    a, b = crowd[:2]
    only(world, a, b)
    room = world.group(*crowd)
    world.settle(span=10 * MINUTE)
    world.sent.clear()
    asks(a, room, question(world, a, b, room, key=bytes(1_216)))
    world.settle(span=MINUTE)
    assert [] == [kind for name, kind in world.sent if (name, kind) == (b.name, "room-blob")]
    asks(a, room, question(world, a, b, room))
    world.settle(span=MINUTE)
    assert [] != [kind for name, kind in world.sent if (name, kind) == (b.name, "room-blob")]


def test_what_is_asked_in_an_inbox_is_not_answered_in_a_box() -> None:
    """A frame there would show whose device reads both."""
    world = World(5)
    crowd = people(world, 3)
    a, b, c = crowd
    room = world.group(*crowd)
    world.settle(span=10 * MINUTE)
    to_inbox(a, b, question(world, a, b, room))
    world.settle(span=MINUTE)
    assert 0 == answers(world, c, room)


def test_a_read_of_a_former_box_that_brings_nothing_is_no_step() -> None:
    """Nor is one of a box that those who stayed have trimmed, once that is known."""
    world = World(5)
    a, b = people(world, 2)
    room = world.group(a, b)
    world.settle(span=10 * MINUTE)
    with a.engine.step(world.now, room) as step:
        state = step.room(room)
        track = _listening(step, state.current)
        track.secret, track.incarnation = bytes(range(32)), bytes(8)
        state.former_boxes = [track]
    steps: list[int] = []
    real = a.engine.step

    def counted(now: int, *rooms: bytes, chosen: bool = True) -> AbstractContextManager[Step]:
        steps.append(now)
        return real(now, *rooms, chosen=chosen)

    a.engine.step = counted  # type: ignore[method-assign, assignment]
    for after, head, expected in ((track.position, track.position, 0), (track.position, 40, 1), (40, 40, 1)):
        a.engine.on_frames(room, track.keys.box.address, after, Frames(bytes(8), head, ()), world.now)
        assert expected == len(steps)
