"""How soon those find a room who have only the card of somebody who may move it, and what an outage does not do."""

from __future__ import annotations

import pytest

from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.state import decode_state, encode_state
from nullabona.client.core.step import Step
from tests.rooms.hostile import people
from tests.rooms.moves import TWO, burn, homes, homes_of, move, state_of
from tests.rooms.test_handed import came
from tests.rooms.world import RELAY, World

MINUTE = 60_000
HOUR = 60 * MINUTE


def texts(world: World, room: bytes) -> list[list[str]]:
    """What everybody has, each sorted."""
    return [sorted(person.texts(room)) for person in world.people]


@pytest.mark.parametrize("seed", range(4))
def test_who_has_only_a_card_to_go_by_is_there_within_a_minute(seed: int) -> None:
    """Only the admin moves; the others are told nothing, and everything that was said is there once."""
    world = World(40 + seed)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    burn(world)
    for person in (a, b, c):
        person.send(room, f"{person.name} meanwhile")
    world.settle(span=3_000)
    move(world, a, TWO)
    world.settle(span=40_000)
    assert {TWO} == homes(world, room)
    world.settle(span=17_000)
    assert [["p0 meanwhile", "p1 meanwhile", "p2 meanwhile"]] * 3 == texts(world, room)
    assert {RELAY} == {person.me.relay for person in (b, c)}


def test_a_relay_that_is_away_for_a_moment_has_nobody_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cards are asked for after ten seconds, not before; then only those of who may move the room."""
    looked: list[tuple[bytes, str]] = []

    def look(step: Step, handle: str) -> None:
        looked.append((step.local.account, handle))

    world = World(50)
    a, b = people(world, 2)
    room = world.group(a, b)
    monkeypatch.setattr(inbox_addresses, "look_again", look)
    burn(world)
    world.settle(span=world.timing.scout_cards - 1)
    assert ([], {RELAY}) == (looked, homes_of((a, b), room))
    world.settle(span=world.timing.scout + 2)
    assert {(b.account, a.me.handle)} == set(looked)


@pytest.mark.parametrize(("host", "expected"), [("one.example", set()), ("two.example", {"mina@two.example"})])
def test_nobody_is_looked_up_at_the_address_of_the_relay_that_is_away(
    host: str, expected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a directory answers there, the relay may be refusing this device alone, to see whom it looks up."""
    looked: set[str] = set()
    world = World(52)
    a, b = (world.person(name, host=host) for name in ("mina", "jun"))
    room = world.group(a, b)
    monkeypatch.setattr(inbox_addresses, "look_again", lambda _, handle: looked.add(handle))
    burn(world)
    world.settle(span=10 * MINUTE)
    assert expected == looked
    assert state_of(b, room).scout_turn > 2


def test_where_a_box_is_is_stored_with_it() -> None:
    """Also if that is not where the room's info says."""
    world = World(51)
    (a,) = people(world, 1)
    state = state_of(a, world.group(a))
    state.current.relay = TWO
    assert TWO == decode_state(encode_state(state)).relay


def test_whose_relay_does_not_answer_asks_in_inboxes_after_hours() -> None:
    """Four to eight, at a drawn time: the members' inboxes are at another relay."""
    hours = [asked_in_inboxes_after(seed) / HOUR for seed in (60, 61)]
    assert all(4 <= each <= 8.2 for each in hours)
    assert hours[0] != hours[1]


def asked_in_inboxes_after(seed: int) -> int:
    """How long nothing comes into an inbox while the room's relay is away, to a minute, in ms."""
    world = World(seed)
    a, b, c = people(world, 3)
    move(world, a, TWO)
    room = world.group(a, b, c)
    world.settle(span=10 * MINUTE)
    assert {TWO} == homes(world, room)
    before, since = [came(world, b), came(world, c)], world.now
    world.dead.add(TWO)
    while before == [came(world, b), came(world, c)] and world.now < since + 9 * HOUR:
        world.settle(span=MINUTE)
    return world.now - since
