"""Whoever was shown something else in the place of a message gets it, whatever of what they say is lost, too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from nullabona.client.core.delivery import receipts, views
from nullabona.client.core.model.records import DeviceView
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.wire.messages import Appended, Frames
from tests.rooms.hostile import all_well, people, send_all, update_keys
from tests.rooms.model_relay import Dice, ModelRelay
from tests.rooms.world import Person, World

MINUTE = 60_000
HOUR = 60 * MINUTE

Lie = Callable[["SwappingRelay", Frames, bytes], Frames]


class SwappingRelay(ModelRelay):
    """Shows something else in the place of what is new in boxes that were read before, while it has a lie to tell."""

    lie: Lie | None = None

    def __init__(self, dice: Dice) -> None:
        super().__init__(dice)
        self._first: dict[bytes, bytes] = {}

    def append(self, address: bytes, frame: bytes, *, inbox: bool = False) -> Appended:
        self._first.setdefault(address, frame)
        return super().append(address, frame, inbox=inbox)

    def read(self, address: bytes, after: int, limit: int = 1_000, *, inbox: bool = False) -> Frames:
        told = super().read(address, after, limit, inbox=inbox)
        return self.lie(self, told, address) if self.lie is not None and after else told

    def noise(self, told: Frames, address: bytes) -> Frames:
        del address
        return replace(told, frames=tuple((seq, self._dice.bytes(len(data))) for seq, data in told.frames))

    def first(self, told: Frames, address: bytes) -> Frames:
        return replace(told, frames=tuple((seq, self._first[address]) for seq, _ in told.frames))


LIES: dict[str, Lie] = {"noise": SwappingRelay.noise, "first": SwappingRelay.first}


@pytest.fixture
def world() -> World:
    made = World(21)
    made.relay = SwappingRelay(Dice(22))
    return made


def lied_to(world: World, person: Person, lie: Lie) -> None:
    """One turn of somebody to whom the relay lies meanwhile."""
    assert isinstance(world.relay, SwappingRelay)
    world.relay.lie = lie
    world.turn(person)
    world.relay.lie = None


def has_told(person: Person, room: bytes) -> bool:
    """Whether they have said how far they are in every box."""
    with person.engine.step(person.world.now, room) as step:
        return all(track.told == track.acknowledged for track in step.room(room).boxes)


def track_at(person: Person, room: bytes, box: bytes) -> BoxTrack:
    """How they follow one box of a room."""
    with person.engine.step(person.world.now, room) as step:
        [track] = [track for track in step.room(room).boxes if track.keys.box.address == box]
        return track


def says(world: World, room: bytes, speaker: Person, text: str) -> None:
    """Somebody writes, and it lies at the relay."""
    speaker.send(room, text)
    send_all(world, speaker)
    world.turn(speaker)


@pytest.mark.parametrize("name", LIES)
def test_who_was_shown_something_else_gets_it_though_nobody_writes(world: World, name: str) -> None:
    """They say so by themselves, within moments."""
    a, b = people(world, 2)
    room = world.group(a, b)
    says(world, room, a, "hello")
    lied_to(world, b, LIES[name])
    assert [] == b.texts(room)
    world.settle(span=MINUTE)
    assert ["hello"] == b.texts(room)


@pytest.mark.parametrize("name", LIES)
def test_what_they_said_of_it_may_be_lost_too(world: World, name: str) -> None:
    """Then the sender has seen another history of the box in which it was said, and it is said again."""
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    says(world, room, a, "hello")
    lied_to(world, b, LIES[name])
    update_keys(c, room)
    for person in (c, c, a, b):
        world.turn(person)
    assert [2, 2, 2] == [person.epoch(room) for person in (a, b, c)]
    while not has_told(b, room):
        world.pass_time(200)
        world.turn(b)
    send_all(world, b)
    lied_to(world, a, LIES[name])
    assert [["hello"], []] == [a.texts(room), b.texts(room)]
    world.settle(span=5 * MINUTE)
    assert [["hello"]] * 3 == [sorted(person.texts(room)) for person in (a, b, c)]
    all_well(world, room, a, b, c)


def test_a_view_that_is_ahead_of_us_acknowledges_nothing_yet(world: World) -> None:
    """Its history may be another one: only who has come as far can tell."""
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    says(world, room, a, "hello")
    old = a.where(room)
    lied_to(world, b, SwappingRelay.first)
    update_keys(c, room)
    for person in (c, c, a, b):
        world.turn(person)
    assert [2, 2, 2] == [person.epoch(room) for person in (a, b, c)]
    world.relay.append(old, world.dice.bytes(512))
    behind = track_at(a, room, old).position
    while min(track_at(person, room, old).told or 0 for person in (b, c)) <= behind:
        world.pass_time(200)
        for person in (b, c):
            world.turn(person)
    send_all(world, b, c)
    [current] = [want for want in a.engine.reads(room) if want.address != old]
    world.read(a, room, current)
    with a.store.transaction():
        seen = {view.device: view.seq for view in a.store.views(old)}
    assert behind == track_at(a, room, old).position < min(seen.values())
    assert {b.me.device, c.me.device} == seen.keys()
    assert ["sent"] == [message.state.value for message in a.messages(room)]
    world.settle(span=MINUTE)
    assert [["hello"]] * 3 == [person.texts(room) for person in (a, b, c)]


@pytest.mark.parametrize(
    ("further", "chain", "acknowledges"), [(0, True, True), (0, False, False), (1, True, False), (-1, True, False)]
)
def test_what_a_view_acknowledges(world: World, further: int, chain: object, acknowledges: object) -> None:
    """Only what it shows the chain of, and we have come to."""
    a, b = people(world, 2)
    room = world.group(a, b)
    says(world, room, a, "hello")
    [message] = a.messages(room)
    track = track_at(a, room, a.where(room))
    shown = track.chain[:16] if chain else bytes(16)
    view = DeviceView(track.keys.box.address, b.me.device, track.incarnation, track.position + further, shown, (), ())
    with a.engine.step(world.now, room) as step:
        step.store.put_view(view)
        assert acknowledges is views.has_acked(step, track, b.me.device, message.frame)


def test_what_nobody_ever_tells_is_sent_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every word of a closed box is lost: all have come further, and somebody never said that they have it."""
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    says(world, room, a, "hello")
    lied_to(world, b, SwappingRelay.noise)
    with b.engine.step(world.now, room) as step:
        step.room(room).receipt_at = None
    monkeypatch.setattr(receipts, "own_views", lambda state: (receipts.view_of(state.current),))
    update_keys(c, room)
    world.settle(span=MINUTE)
    says(world, room, a, "are you there?")
    world.settle(span=MINUTE)
    assert ["are you there?"] == b.texts(room)
    world.settle(span=2 * HOUR)
    assert [["are you there?", "hello"]] * 3 == [sorted(person.texts(room)) for person in (a, b, c)]


def test_what_all_have_is_not_sent_again(world: World) -> None:
    """Days of honest life: each message lies in one box, once."""
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    for day, person in enumerate((a, b, c)):
        says(world, room, person, f"day {day}")
        update_keys(person, room)
        world.settle(span=24 * HOUR)
    assert [0] * 9 == [message.resent for person in (a, b, c) for message in person.messages(room)]


def test_lies_without_an_end_are_not_answered_without_an_end(world: World) -> None:
    """Two who are told of each other's words as noise, for hours: what they put into the box stays bounded."""
    a, b = people(world, 2)
    room = world.group(a, b)
    says(world, room, a, "hello")
    box = a.where(room)
    before = len(world.relay.boxes[box].frames)
    for _ in range(600):
        for person in (a, b):
            lied_to(world, person, SwappingRelay.noise)
        world.pass_time(20_000)
    put = sum(len(one.frames) for one in world.relay.boxes.values()) - before
    assert put < 600
    world.settle(span=5 * HOUR, most=6_000)
    assert ["hello"] == b.texts(room)


def test_who_has_much_to_tell_goes_on_until_it_is_told(world: World) -> None:
    """Of more boxes than one message holds, though nobody writes; and then is quiet."""
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    c.online = False  # so that boxes are kept
    for _ in range(2 * receipts.MAX_TOLD + 2):
        update_keys(a, room)
        world.settle(span=MINUTE)
    with b.engine.step(world.now, room) as step:
        state = step.room(room)
        assert len(state.boxes) > 2 * receipts.MAX_TOLD + 1
        for track in state.boxes:
            track.told = -1
        receipts.tell_soon(step, state)
    world.settle(span=MINUTE)
    with b.engine.step(world.now, room) as step:
        state = step.room(room)
        assert (None, []) == (state.receipt_at, [track.epoch for track in state.boxes if track.told is None])


@pytest.mark.parametrize(
    "closed", [receipts.MAX_TOLD - 1, receipts.MAX_TOLD, receipts.MAX_TOLD + 1, 3 * receipts.MAX_TOLD]
)
def test_every_closed_box_is_told_of_in_the_end(closed: int) -> None:
    """A message tells of so many; the others are told of by the next ones, and none twice."""
    tracks = [
        BoxTrack(epoch=epoch, secret=bytes([epoch]) * 32, incarnation=b"i" * 8, relay="r")
        for epoch in range(closed + 1)
    ]
    for track in tracks:
        track.position = 5
    room = RoomState(id=b"r" * 32, info=None, phase="joined", boxes=tracks)  # type: ignore[arg-type]
    told: list[bytes] = []
    while any(track.told != 5 for track in tracks):
        views = receipts.own_views(room)
        receipts.told_views(room)
        assert len(views) <= receipts.MAX_TOLD + 1
        told += [view.box for view in views[:-1]]
    assert sorted(track.keys.box.address[:8] for track in tracks[:-1]) == sorted(told)
