"""Whatever people do with what they said, on whichever of their devices, everybody comes to see the same lines."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import combinations

import pytest

from nullabona.client.core import commands, conversation
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import annotating, kinds
from nullabona.errors import NullabonaError
from tests.rooms.devices import another_device
from tests.rooms.world import Person, World

DAYS_3 = 3 * 86_400_000
UNLIKE = {"notice", kinds.DELETED}
"""What each device writes for itself; and what was taken back before it was out is a deleted line where it was said."""

Deed = Callable[[Step, bytes, bytes, random.Random], object]
DEEDS: dict[str, Deed] = {
    "say": lambda step, room, _, dice: conversation.send_text(step, room, f"word {dice.random()}"),
    "answer": lambda step, room, line, _: conversation.send_text(step, room, "so it is", reply_to=line),
    "edit": lambda step, room, line, dice: conversation.edit(step, room, line, f"better {dice.random()}"),
    "delete": lambda step, room, line, _: conversation.delete(step, room, line, for_all=True),
    "react": lambda step, room, line, dice: conversation.react(step, room, line, dice.choice(["👍", "❤️", ""])),
    "ask": lambda step, room, *_: conversation.send_poll(step, room, "When?", ["now", "later"]),
    "vote": lambda step, room, line, dice: conversation.vote(step, room, line, [dice.randrange(2)]),
    "close": lambda step, room, line, _: conversation.close_poll(step, room, line),
    "pin": lambda step, room, line, dice: conversation.pin(step, room, line, on=dice.random() < 0.5),
    "forward": lambda step, room, line, _: conversation.forward(step, room, line, room),
    "read": lambda step, room, line, _: commands.mark_read(step, room, line),
    "timer": lambda step, room, _, dice: conversation.set_timer(step, room, dice.choice([0, 60, 3_600])),
    "keys": lambda step, room, *_: commands.update_keys(step, room),
}
HAPPENS = ["network", "network", "time", "settle", "goes or comes", "crash"]


def happens(world: World, what: str, person: Person, dice: random.Random) -> None:
    if what == "network" and person.online:
        room, want = dice.choice(world.reads(person))
        world.read(person, room, want, limit=dice.randint(1, 8))
        if items := world.queues(person):
            luck = dice.random()
            world.post(person, dice.choice(items), lose_request=luck < 0.1, lose_answer=luck > 0.9)
        person.engine.tick(world.now)
    elif what == "time":
        world.pass_time(dice.choice([10, 1_000, 60_000, 600_000]))
    elif what == "settle":
        world.settle(span=dice.choice([1_000, 60_000]))
    elif what == "goes or comes":
        person.online = not person.online
    elif what == "crash":
        person.crash()


def seen(person: Person, room: bytes) -> Iterator[tuple[bytes, tuple[object, ...]]]:
    """Each line by its id, with all that is shown of it."""
    with person.engine.step(person.world.now, room) as step:
        for line in step.store.messages(room, limit=10_000):
            if line.shown and line.kind not in UNLIKE:
                body = kinds.stored(line)
                sheet = annotating.sheet_of(line, body, step.store.annotations(room, line.id), direct=False)
                shown = sorted(sheet.reactions), sorted(sheet.votes.items()), sheet.pinned, sheet.closed
                yield line.id, (line.account, line.kind, repr(body), line.edited_at, *shown)


def marker(person: Person, room: bytes) -> int | None:
    with person.store.transaction():
        return person.store.marker(room, person.account)


def lived(seed: int) -> tuple[World, bytes, list[Person]]:
    dice, world = random.Random(seed), World(seed)
    mina, jun, sora = (world.person(name) for name in ("mina", "jun", "sora"))
    room = world.group(mina, jun, sora)
    people = [mina, jun, sora, another_device(world, mina, "mina's desk"), another_device(world, jun, "jun's desk")]
    world.settle()
    for _ in range(60):
        what, person = dice.choice([*DEEDS, "say", *HAPPENS]), dice.choice(people)
        if what in DEEDS:
            lines = [line.id for line in person.messages(room)]
            with suppress(NullabonaError), person.engine.step(world.now, room) as step:
                DEEDS[what](step, room, dice.choice(lines or [b""]), dice)
        else:
            happens(world, what, person, dice)
    for person in people:
        person.online = True
    world.settle(span=DAYS_3, most=3_000)
    return world, room, people


@pytest.mark.parametrize("seed", [*range(8), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(8, 80))])
def test_everybody_sees_the_same(seed: int) -> None:
    """Of one account's devices all the same; of others what neither has let go of."""
    _, room, people = lived(seed)
    shown = {person.name: dict(seen(person, room)) for person in people}
    for one, two in combinations(people, 2):
        mine, theirs = shown[one.name], shown[two.name]
        if one.account == two.account:
            assert mine == theirs, f"{one.name}, {two.name}"
            assert marker(one, room) == marker(two, room)
        both = mine.keys() & theirs.keys()
        assert {id: mine[id] for id in both} == {id: theirs[id] for id in both}, f"{one.name}, {two.name}"


def timed(timer_s: int) -> tuple[World, Person, Person, Person, bytes]:
    """Mina's laptop and desk machine, and Jun, in a room with a timer."""
    world = World(4)
    laptop, jun = world.person("mina"), world.person("jun")
    room = world.group(laptop, jun)
    desk = another_device(world, laptop, "mina's desk")
    world.settle()
    with laptop.engine.step(world.now, room) as step:
        conversation.set_timer(step, room, timer_s)
    world.settle()
    return world, laptop, desk, jun, room


def test_what_one_says_goes_from_all_of_ones_devices() -> None:
    """No device of the sender has to be read on for that; whoever has not read it keeps it."""
    world, laptop, desk, jun, room = timed(600)
    desk.send(room, "the code is 1234")
    world.settle(span=60_000)
    assert ["the code is 1234"] * 3 == [person.texts(room)[-1] for person in (laptop, desk, jun)]
    world.settle(span=600_000)
    assert ([], [], ["the code is 1234"]) == (laptop.texts(room), desk.texts(room), jun.texts(room))


def test_a_device_that_was_away_does_not_keep_it_longer() -> None:
    """It counts from when it was said."""
    world, laptop, desk, _, room = timed(3_600)
    laptop.online = False
    desk.send(room, "soon gone")
    world.settle(span=3_000_000)
    laptop.online = True
    world.settle(span=60_000)
    assert ["soon gone"] == laptop.texts(room)
    world.settle(span=700_000)
    assert [] == laptop.texts(room)


def test_a_clock_that_is_ahead_on_another_device_gives_no_more_time() -> None:
    world, laptop, desk, _, room = timed(600)
    ahead = world.now + 86_400_000
    with desk.engine.step(ahead, room) as step:
        conversation.send_text(step, room, "from tomorrow")
    world.turn(desk)
    world.settle(span=60_000)
    assert ["from tomorrow"] == laptop.texts(room)
    world.settle(span=700_000)
    assert [] == laptop.texts(room)
