"""What strangers may make a device do before its person has said yes: nothing elsewhere, and not much."""

from __future__ import annotations

import pytest

from nullabona.client.core import commands
from nullabona.client.core.contacts import held_invitations
from nullabona.client.core.contacts import requests as core_people
from nullabona.client.core.incoming import invitations
from nullabona.client.core.model.inbox_items import ContactRequest, Invitation
from nullabona.client.core.model.records import ContactState
from nullabona.wire.blob import cut_blob
from tests.rooms.hostile import add, all_well, people, to_inbox
from tests.rooms.model_relay import ModelRelay
from tests.rooms.moves import TWO, move
from tests.rooms.world import RELAY, Person, World

MINUTE = 60_000


def asked_for(person: Person) -> set[str]:
    """The relays that chunks are wanted from, once the inbox was read."""
    world = person.world
    for room, want in world.reads(person):
        world.read(person, room, want)
    person.engine.tick(world.now)
    return {want.relay for want in person.engine.chunk_requests(world.now)}


@pytest.mark.parametrize(("size", "relay", "wanted"), [
    (100_000, "wss://stranger.example:443/v1", set()),
    (100_000, RELAY, {RELAY}),
    (invitations.MOST_CHUNKS * 1_000_000, RELAY, {RELAY}),
    ((invitations.MOST_CHUNKS + 1) * 1_048_576, RELAY, set()),
])  # fmt: skip
def test_a_stranger_s_invitation_is_fetched_where_the_inbox_is_if_it_is_small(
    size: int, relay: str, wanted: set[str]
) -> None:
    """Else whoever has a card would learn when and from where its devices read their inbox, or fill them."""
    world = World(1)
    (victim,) = people(world, 1)
    stranger = world.person("stranger", host="stranger.example")
    ref, _ = cut_blob(world.dice.bytes(32), bytes(size))
    to_inbox(stranger, victim, Invitation(world.dice.bytes(16), world.dice.bytes(32), relay, ref))
    assert wanted == asked_for(victim)
    assert [] == victim.engine.lookups(world.now)


def test_no_more_invitations_and_requests_wait_than_a_person_may_look_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that were there first stay; when one was answered, there is room for another."""
    monkeypatch.setattr(held_invitations, "MOST", 2)
    monkeypatch.setattr(core_people, "MOST_ASKING", 3)
    world = World(2)
    (victim,) = people(world, 1)
    rooms = [invited_by(world, victim, number) for number in range(3)]
    assert rooms[:2] == requests(victim)
    with victim.engine.step(world.now) as step:
        invitations.decline_request(step, rooms[0])
    later = invited_by(world, victim, 3)
    assert [*rooms[:2], later] == requests(victim)
    for number in range(4):
        asker = world.person(f"asker{number}")
        to_inbox(asker, victim, ContactRequest(asker.card.encoded, "hello"))
        world.settle(span=MINUTE)
    assert 3 == asking(victim)
    with victim.engine.step(world.now) as step:
        commands.decline_contact(step, step.store.contacts()[0].account)
    last = world.person("last")
    to_inbox(last, victim, ContactRequest(last.card.encoded, "hello"))
    world.settle(span=MINUTE)
    assert 3 == asking(victim)


def test_somebody_of_another_operator_is_invited_by_way_of_their_own_relay(monkeypatch: pytest.MonkeyPatch) -> None:
    """What leads into the room lies there; to the room's relay they go when they have said yes."""
    asked: list[str] = []
    real = World.relay_of

    def noting(self: World, person: Person, url: str = RELAY) -> ModelRelay | None:
        asked.extend([url] if person.name == "far" else [])
        return real(self, person, url)

    monkeypatch.setattr(World, "relay_of", noting)
    world = World(3)
    a, b = people(world, 2)
    move(world, a, TWO)
    far = world.person("far")
    room = world.group(a, b)
    add(a, room, far)
    world.settle(span=MINUTE)
    assert [room] == requests(far)
    assert {RELAY} == set(asked)
    with far.engine.step(world.now) as step:
        invitations.accept_request(step, room)
    all_well(world, room, a, b, far)
    assert {RELAY, TWO} == set(asked)


def invited_by(world: World, victim: Person, number: int) -> bytes:
    stranger = world.person(f"s{number}")
    room = world.group(stranger, name=f"room {number}")
    add(stranger, room, victim)
    world.settle(span=MINUTE)
    stranger.online = False
    return room


def requests(person: Person) -> list[bytes]:
    """The rooms that strangers invited the person to, as told."""
    return [room for kind, room, _ in person.events() if kind == "room-request"]


def asking(person: Person) -> int:
    with person.store.transaction():
        return sum(contact.state is ContactState.ASKING for contact in person.store.contacts())
