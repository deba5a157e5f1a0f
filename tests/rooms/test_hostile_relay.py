"""A relay that lies: people talk as well as they can, and once it is honest everything has arrived, once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from nullabona.wire.messages import Appended, Frames
from tests.rooms.hostile import (
    add,
    all_well,
    frames_at,
    people,
    standing,
    track_of,
    update_keys,
    warnings,
)
from tests.rooms.looked import looked
from tests.rooms.model_relay import Box, Dice, ModelRelay
from tests.rooms.world import Person, World

HOUR = 3_600_000


Numbered = list[tuple[int, bytes]]


def shuffled(dice: Dice, frames: Numbered) -> Numbered:
    return dice.random.sample(frames, len(frames))


MOODS: dict[str, Callable[[Dice, Frames], Frames]] = {
    "drops": lambda dice, told: replace(told, frames=tuple(f for f in told.frames if dice.between(0, 2))),
    "reorders": lambda dice, told: replace(told, frames=tuple(shuffled(dice, list(told.frames)))),
    "renumbers": lambda dice, told: replace(told, frames=tuple((seq + 1, data) for seq, data in told.frames)),
    "repeats": lambda dice, told: replace(told, frames=tuple(f for f in told.frames for _ in range(2))),
    "oversize": lambda dice, told: replace(told, frames=tuple((s, data + bytes(70_000)) for s, data in told.frames)),
    "empties": lambda dice, told: replace(told, frames=tuple((seq, b"") for seq, _ in told.frames)),
    "huge-seq": lambda dice, told: replace(told, frames=tuple((seq + 2**52, data) for seq, data in told.frames)),
    "incarnations": lambda dice, told: told if dice.between(0, 6) else replace(told, incarnation=dice.bytes(8)),
    "forgets": lambda dice, told: told if dice.between(0, 4) else Frames(b"", 0, ()),
    "noise": lambda dice, told: replace(told, frames=tuple((seq, dice.bytes(len(data))) for seq, data in told.frames)),
    "flips": lambda dice, told: replace(
        told, frames=tuple((seq, data[:-1] + bytes((data[-1] ^ 1,))) for seq, data in told.frames)
    ),
    "hides": lambda dice, told: replace(told, frames=()),
    "false-head": lambda dice, told: replace(told, head=told.head + 10**6),
    "small-head": lambda dice, told: replace(told, head=told.head // 2),
}


class LyingRelay(ModelRelay):
    """A relay that answers reads as its ``mood`` has it."""

    mood = ""

    def read(self, address: bytes, after: int, limit: int = 1_000, *, inbox: bool = False) -> Frames:
        told = super().read(address, after, limit, inbox=inbox)
        return MOODS[self.mood](self._dice, told) if self.mood else told


@pytest.mark.parametrize("mood", MOODS)
def test_a_relay_that_lies_about_what_it_holds(mood: str) -> None:
    """While it lies people talk and commit as well as they can; once it is honest, everything has arrived, once."""
    world = World(15)
    relay = world.relay = LyingRelay(world.dice)
    everybody = people(world, 4)
    room = world.group(*everybody)
    relay.mood = mood
    texts = []
    for turn in range(12):
        person = everybody[turn % 4]
        texts.append(f"{person.name} {turn}")
        person.send(room, texts[-1])
        if turn % 4 == 3:
            update_keys(everybody[(turn // 4) % 4], room)
        for other in everybody:
            world.turn(other)
        world.pass_time(3_000)
    relay.mood = ""
    world.settle(span=5 * 24 * HOUR, most=6_000)
    assert {("joined", everybody[0].where(room))} == {(p.phase(room), p.where(room)) for p in everybody}
    assert everybody[0].epoch(room) > 1
    assert [sorted(texts)] * 4 == [sorted(person.texts(room)) for person in everybody]


@pytest.mark.parametrize("mood", ["hides", "noise", "flips"])
def test_a_relay_that_lies_about_receipts_does_not_keep_people_busy(mood: str) -> None:
    """Each receipt that is hidden or mangled gives the others something to tell: they do so ever later."""
    world = World(16)
    relay = world.relay = LyingRelay(world.dice)
    a, b = people(world, 2)
    room = world.group(a, b)
    relay.mood = mood
    a.send(room, "lost")
    for _ in range(1_800):
        for person in (a, b):
            world.turn(person)
        world.pass_time(1_000)
    assert len(frames_at(world, a.where(room))) < 100
    relay.mood = ""
    world.settle(span=2 * 24 * HOUR, most=4_000)
    assert [["lost"]] * 2 == [person.texts(room) for person in (a, b)]


@pytest.mark.parametrize("mood", MOODS)
def test_a_relay_that_lies_to_people_who_are_being_added(mood: str) -> None:
    """Invitations that a lying relay hid or mangled are found once it is honest: everybody is in and can talk."""
    world = World(19)
    relay = world.relay = LyingRelay(world.dice)
    a, b, c = people(world, 3)
    room = world.group(a, b)
    world.befriend(a, c)
    relay.mood = mood
    add(a, room, c)
    for _ in range(4):
        for person in (a, b, c):
            world.turn(person)
        world.pass_time(3_000)
    relay.mood = ""
    world.settle(span=2 * 24 * HOUR, most=4_000)
    all_well(world, room, a, b, c)


def tell(world: World, relay: LyingRelay, mood: str, everybody: list[Person], room: bytes, texts: list[str]) -> None:
    """Tell one lie for a moment, while everybody writes and two ask for new keys; then everybody writes again."""
    relay.mood = mood
    for when in ("during", "after"):
        for person in everybody:
            texts.append(f"{person.name} {when} {mood}")
            person.send(room, texts[-1])
        if when == "after":
            return
        for person in everybody[1::2]:
            update_keys(person, room)
        for _ in range(world.dice.between(1, 3)):
            for person in everybody:
                world.turn(person)
            world.pass_time(200)
        relay.mood = ""


def seconds_until_whole(world: World, everybody: list[Person], room: bytes, texts: list[str], most: int) -> int:
    """How long it takes until everybody has everything, once; each acts once a second, after a minute once a minute."""
    began = world.now
    while any(sorted(person.texts(room)) != sorted(texts) for person in everybody):
        spent = world.now - began
        assert spent <= most * 1_000, [len(person.texts(room)) for person in everybody]
        world.pass_time(1_000 if spent < 60_000 else 60_000)
        for person in everybody:
            world.turn(person)
    return (world.now - began) // 1_000


@pytest.mark.parametrize("seed", range(6))
def test_frames_hidden_from_everybody_are_healed_within_ten_minutes(seed: int) -> None:
    """When all have lost the thread, and two commits were among what was hidden, those who ask help one another."""
    world = World(seed)
    relay = world.relay = LyingRelay(world.dice)
    everybody = people(world, 4)
    room = world.group(*everybody)
    texts: list[str] = []
    tell(world, relay, "hides", everybody, room, texts)
    seconds_until_whole(world, everybody, room, texts, 600)
    assert {"joined"} == {person.phase(room) for person in everybody}


@pytest.mark.parametrize("seed", range(12))
def test_one_lie_after_another_is_healed_within_the_hour(seed: int) -> None:
    """Hidden, exchanged, repeated, garbled, denied: no message is lost and no fork stays, even if nobody acts often."""
    world = World(seed)
    relay = world.relay = LyingRelay(world.dice)
    everybody = people(world, 4)
    room = world.group(*everybody)
    texts: list[str] = []
    for mood in ("hides", "reorders", "repeats", "noise", "flips", "forgets"):
        tell(world, relay, mood, everybody, room, texts)
    seconds_until_whole(world, everybody, room, texts, 3_600)
    assert {"joined"} == {person.phase(room) for person in everybody}


def test_two_histories_end_in_a_warning_and_one_room() -> None:
    """People who were shown different boxes find out, are told, and lose nothing."""
    world = World(16)
    a, b, c, d = people(world, 4)
    room = world.group(a, b, c, d)
    lie = world.relay.copy()
    c.relay = d.relay = lie
    for person in (a, b, c, d):
        person.send(room, f"{person.name} apart")
    world.settle(span=60_000)
    for person in (c, d):
        person.relay = None
    all_well(world, room, a, b, c, d)
    apart = {f"{person.name} apart" for person in (a, b, c, d)}
    for person in (a, b, c, d):
        assert apart <= set(person.texts(room))
    assert "relay-showed-different-histories" in {code for p in (a, b, c, d) for code in warnings(p, room)}


def test_two_histories_one_of_which_lacks_a_frame_are_told_all_the_same() -> None:
    """A frame that is gone explains what follows from that and nothing else (L-02)."""
    world = World(16)
    a, b, c, d = people(world, 4)
    room = world.group(a, b, c, d)
    honest = world.relay
    for turn in range(2):
        lie = honest.copy()
        lie.boxes[bytes(track_of(a, room).keys.box.address)].head += 1
        c.relay = d.relay = lie
        for person in (a, b, c, d):
            person.send(room, f"{person.name} apart {turn}")
        world.settle(span=60_000)
        c.relay = d.relay = None
        world.settle(span=2 * 3_600_000)
        assert "relay-showed-different-histories" in {code for p in (a, b, c, d) for code in warnings(p, room)}
    apart = {f"{person.name} apart {turn}" for person in (a, b, c, d) for turn in range(2)}
    for person in (a, b, c, d):
        assert apart <= set(person.texts(room))
    all_well(world, room, a, b, c, d)


def test_answers_of_another_kind_are_survived() -> None:
    """An append answered with another incarnation, a huge seq or nothing makes no error and loses no message."""
    world = World(17)
    a, b = people(world, 2)
    room = world.group(a, b)
    for number, answer in enumerate((Appended(2**53, b"x" * 8), Appended(0, b""), Appended(1, b"y" * 8))):
        a.send(room, f"no {number}")
        (item,) = world.queues(a)
        a.engine.on_sent(item, answer, world.now)
    world.settle(span=5 * 24 * HOUR, most=4_000)
    assert {f"no {number}" for number in range(3)} == set(b.texts(room))


def test_answers_that_nobody_asked_for_change_nothing() -> None:
    """Frames for unknown rooms, boxes and chunks are dropped."""
    world = World(18)
    a, b = people(world, 2)
    room = world.group(a, b)
    before = standing(world, room)
    box = track_of(a, room).keys.box.address
    junk = Frames(b"i" * 8, 5, ((1, b"junk"), (5, bytes(512))))
    a.engine.on_frames(bytes(32), box, 0, junk, world.now)
    a.engine.on_frames(room, type(box)(bytes(32)), 0, junk, world.now)
    a.engine.on_chunk(bytes(32), b"chunk", world.now)
    a.engine.on_chunk(bytes(32), None, world.now)
    for data in (b"card", None):
        a.engine.on_card(looked("nobody@relay.example", data, world.now), world.now)
    assert before == standing(world, room)
    assert Box(b"i" * 8).head == 0
    all_well(world, room, a, b)
