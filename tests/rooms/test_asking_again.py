"""Who was forgotten, has left or never came and asks again is answered (spec/room.md §9)."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import pytest

from nullabona.client.core import commands
from nullabona.client.core.contacts import requests, trust
from nullabona.client.core.model.outbox_targets import InboxFrame, ReplyFrame, RoomFrame
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.client.core.step import Step
from nullabona.errors import NullabonaError
from tests.rooms.devices import another_device, restored
from tests.rooms.world import Person, World

HOUR = 3_600_000
DAY = 24 * HOUR


def contact(person: Person, other: Person) -> Contact | None:
    with person.store.transaction():
        return person.store.contact(other.account)


def state(person: Person, other: Person) -> ContactState | None:
    known = contact(person, other)
    return None if known is None else known.state


def room_of(person: Person, other: Person) -> bytes:
    known = contact(person, other)
    assert known is not None
    return known.room


def asks(world: World, person: Person, other: Person) -> None:
    own = world.cards[person.me.handle].encoded
    with person.engine.step(world.now) as step:
        commands.request_contact(step, world.cards[other.me.handle], own, "hello")


def accepts(world: World, person: Person, other: Person) -> None:
    with person.engine.step(world.now) as step:
        commands.accept_contact(step, other.account)


def forgets(world: World, person: Person, other: Person) -> None:
    with person.engine.step(world.now) as step:
        trust.forget(step, requests.need_contact(step, other.account))


def leaves(world: World, person: Person, room: bytes) -> None:
    with person.engine.step(world.now, room) as step:
        commands.leave(step, room)


def asked(seed: int) -> tuple[World, Person, Person]:
    """Mina has asked Jun, who has not answered."""
    world = World(seed)
    mina, jun = world.person("mina"), world.person("jun")
    asks(world, mina, jun)
    world.settle(span=60_000)
    return world, mina, jun


def two_who_talk() -> tuple[World, Person, Person, bytes]:
    world, mina, jun = asked(81)
    accepts(world, jun, mina)
    world.settle(span=HOUR)
    room = room_of(mina, jun)
    mina.send(room, "before")
    world.settle(span=60_000)
    return world, mina, jun, room


def test_a_contact_that_was_forgotten_is_back_at_once_while_both_are_in_their_room() -> None:
    """Nobody is asked, and nothing goes out: the other never heard of it."""
    world, mina, jun, room = two_who_talk()
    forgets(world, mina, jun)
    world.settle(span=60_000)
    asks(world, mina, jun)
    assert (ContactState.ACCEPTED, room) == (state(mina, jun), room_of(mina, jun))
    with mina.store.transaction():
        items = mina.engine.due(world.now + DAY)
        assert not [item for item in items if isinstance(item.target, InboxFrame | RoomFrame | ReplyFrame)]


@pytest.mark.parametrize("forgotten", [True, False], ids=["forgotten", "still a contact"])
def test_who_left_the_room_and_asks_again_is_let_in_again(forgotten: bool) -> None:  # noqa: FBT001 - see ids
    """Into the same room, where the other still has what was said, and whatever they call them."""
    world, mina, jun, room = two_who_talk()
    with jun.engine.step(world.now) as step:
        requests.rename_contact(step, requests.need_contact(step, mina.account), "minnie")
    leaves(world, mina, room)
    world.settle(span=HOUR)
    assert {jun.account} == jun.members(room)
    if forgotten:
        forgets(world, mina, jun)
    asks(world, mina, jun)
    assert state(mina, jun) is ContactState.REQUESTED
    world.settle(span=HOUR)
    assert [ContactState.ACCEPTED] * 2 == [state(mina, jun), state(jun, mina)]
    assert [room, room] == [room_of(mina, jun), room_of(jun, mina)]
    mina.send(room, "after")
    world.settle(span=60_000)
    assert ["before", "after"] == jun.texts(room)
    known = contact(jun, mina)
    assert known is not None
    assert "minnie" == known.name


def test_whoever_is_left_in_the_room_may_ask_too() -> None:
    world, mina, jun, room = two_who_talk()
    leaves(world, mina, room)
    world.settle(span=HOUR)
    forgets(world, mina, jun)
    asks(world, jun, mina)
    assert state(jun, mina) is ContactState.REQUESTED
    world.settle(span=60_000)
    assert state(mina, jun) is ContactState.ASKING
    accepts(world, mina, jun)
    world.settle(span=HOUR)
    assert room_of(mina, jun) == room_of(jun, mina)
    mina.send(room_of(mina, jun), "here again")
    world.settle(span=60_000)
    assert "here again" in jun.texts(room_of(jun, mina))


def test_who_took_the_request_back_before_it_was_accepted_and_asks_again_comes_in() -> None:
    """The invitation that came in between was not wanted; it is given anew, long after it was given up."""
    world, mina, jun = asked(82)
    forgets(world, mina, jun)
    accepts(world, jun, mina)
    world.settle(span=20 * DAY, most=3_000)
    assert "none" == mina.phase(room_of(jun, mina))
    asks(world, mina, jun)
    world.settle(span=HOUR)
    room = room_of(jun, mina)
    assert (ContactState.ACCEPTED, room) == (state(mina, jun), room_of(mina, jun))
    mina.send(room, "there")
    world.settle(span=60_000)
    assert ["there"] == jun.texts(room)


def test_who_deleted_a_contact_meets_them_in_the_chat_that_is_there() -> None:
    """The contact, who lost the room of two from sight as well, asks; nobody opens a second one."""
    world, mina, jun, room = two_who_talk()
    forgets(world, mina, jun)
    with jun.engine.step(world.now) as step:
        contact_ = requests.need_contact(step, mina.account)
        requests.ask(step, contact_, world.cards[jun.me.handle].encoded)
    world.settle(span=60_000)
    accepts(world, mina, jun)
    assert (ContactState.ACCEPTED, room) == (state(mina, jun), room_of(mina, jun))


def test_who_restored_their_account_is_answered_by_who_deleted_them() -> None:
    """Their new device is not in the room of two that the old one was in, so another room is opened."""
    world, mina, jun, room = two_who_talk()
    forgets(world, mina, jun)
    world.settle(span=HOUR)
    new = restored(world, jun, "jun's new phone")
    world.settle(span=HOUR)
    asks(world, new, mina)
    world.settle(span=60_000)
    accepts(world, mina, new)
    world.settle(span=HOUR)
    assert (ContactState.ACCEPTED, "joined") == (state(new, mina), new.phase(room_of(new, mina)))
    mina.send(room_of(mina, new), "there you are")
    world.settle(span=60_000)
    assert ["there you are"] == new.texts(room_of(new, mina))
    assert room != room_of(new, mina)


def test_who_restored_their_account_is_answered_by_who_still_has_them() -> None:
    """They come back into the same room, and nobody is asked again."""
    world, mina, jun, room = two_who_talk()
    new = restored(world, jun, "jun's new phone")
    asks(world, new, mina)
    world.settle(span=60_000)
    assert (ContactState.ACCEPTED, room, "joined") == (state(new, mina), room_of(new, mina), new.phase(room))
    assert ContactState.ACCEPTED == state(mina, new)
    mina.send(room, "there you are")
    world.settle(span=60_000)
    assert ["before", "there you are"] == new.texts(room)


def test_a_request_that_comes_late_changes_nothing() -> None:
    """It was sent again before the answer came."""
    world, mina, jun = asked(83)
    accepts(world, jun, mina)
    asks(world, mina, jun)
    world.settle(span=HOUR)
    room = room_of(mina, jun)
    assert [ContactState.ACCEPTED] * 2 == [state(mina, jun), state(jun, mina)]
    assert [room] * 2 == [room_of(mina, jun), room_of(jun, mina)]
    assert [1, 1] == [len({place for kind, place, _ in one.events() if kind == "joined"}) for one in (mina, jun)]


def test_who_is_blocked_is_not_let_in() -> None:
    world, mina, jun, room = two_who_talk()
    leaves(world, mina, room)
    world.settle(span=HOUR)
    with jun.engine.step(world.now) as step:
        commands.block_contact(step, mina.account)
    forgets(world, mina, jun)
    asks(world, mina, jun)
    world.settle(span=DAY)
    assert (ContactState.REQUESTED, ContactState.BLOCKED) == (state(mina, jun), state(jun, mina))
    assert {jun.account} == jun.members(room)


BLOCKED: Final = (20, 97, 121, 132)
"""Seeds in which somebody blocks who is invited, or who leaves: what waited then is done once nobody is blocked."""
Choice = Callable[[Step, Person, Person], object]
CHOICES: dict[str, Choice] = {
    "ask": lambda step, me, other: commands.request_contact(step, other.card, me.card.encoded, "hello"),
    "accept": lambda step, _, other: commands.accept_contact(step, other.account),
    "decline": lambda step, _, other: commands.decline_contact(step, other.account),
    "block": lambda step, _, other: commands.block_contact(step, other.account),
    "forget": lambda step, _, other: trust.forget(step, requests.need_contact(step, other.account)),
    "leave": lambda step, me, other: commands.leave(step, requests.need_contact(step, other.account).room),
}


def wants(world: World, person: Person, other: Person) -> None:
    """The person does whatever it takes on their side."""
    now = state(person, other)
    with suppress(NullabonaError):
        if now is ContactState.ASKING:
            accepts(world, person, other)
        else:
            if now is ContactState.BLOCKED:
                with person.engine.step(world.now) as step:
                    trust.unblock(step, requests.need_contact(step, other.account))
            asks(world, person, other)


@pytest.mark.parametrize(
    "seed",
    [
        *range(10),
        *BLOCKED,
        *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(10, 150) if seed not in BLOCKED),
    ],
)
def test_whatever_was_between_two_people_they_talk_once_both_want_to(seed: int) -> None:
    dice, world = random.Random(seed), World(seed)
    mina, jun = world.person("mina"), world.person("jun")
    people_ = [mina, jun, *([another_device(world, mina, "mina's desk")] if seed % 2 else [])]
    world.settle()
    for _ in range(25):
        person = dice.choice(people_)
        other = jun if person.account == mina.account else mina
        if dice.random() < 0.6:
            with suppress(NullabonaError), person.engine.step(world.now) as step:
                CHOICES[dice.choice([*CHOICES, "ask", "accept"])](step, person, other)
        else:
            person.online = dice.random() < 0.7
        if dice.random() < 0.6:
            world.settle(span=dice.choice([1_000, 60_000, HOUR]))
    for person in people_:
        person.online = True
    world.settle(span=DAY, most=1_000)
    for _ in range(2):
        for person, other in ((mina, jun), (jun, mina)):
            wants(world, person, other)
            world.settle(span=2 * HOUR)
    assert [ContactState.ACCEPTED] * 2 == [state(mina, jun), state(jun, mina)]
    for person, other in ((mina, jun), (jun, mina)):
        person.send(room_of(person, other), f"from {person.name}")
    world.settle(span=HOUR)
    assert "from mina" in jun.texts(room_of(mina, jun))
    assert "from jun" in mina.texts(room_of(jun, mina))
