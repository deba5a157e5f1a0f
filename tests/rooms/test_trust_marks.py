"""What a person says of a contact's key; and what lifts a change: a comparison or a yes, nothing else (room.md §14)."""

from __future__ import annotations

import pytest

from nullabona.client.core.contacts import trust
from nullabona.client.core.identity import contact_keys
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.records import Contact, MessageState
from nullabona.client.core.preferences import of_contact
from tests.rooms.test_people import accept, ask
from tests.rooms.world import Person, World

MINUTE = 60_000


def contact_of(person: Person, other: Person) -> Contact:
    """The other as this person's contact."""
    with person.store.transaction():
        found = person.store.contact(other.account)
    assert found is not None
    return found


def verify(person: Person, other: Person, *, verified: bool) -> None:
    """The person compares safety numbers, or takes that back."""
    contact = contact_of(person, other)
    with person.engine.step(person.world.now) as step:
        trust.verify(step, contact, verified=verified)


def marks(person: Person, other: Person) -> tuple[bool, bytes, bytes]:
    """Whether the contact is verified, which key was shown instead, and which change the person knows of."""
    contact = contact_of(person, other)
    with person.engine.step(person.world.now) as step:
        known = of_contact(step.store, other.account)
        return contact_keys.is_verified(step, contact), known.changed, known.replaced


def changed(seed: int) -> tuple[World, Person, Person, Person, bytes]:
    """A verified contact, then another account's card under its handle; one message was written after that."""
    world = World(seed)
    mina, jun = world.person("mina"), world.person("jun")
    ask(mina, jun)
    world.settle(span=MINUTE)
    room = accept(jun, mina).room
    world.settle(span=MINUTE)
    verify(mina, jun, verified=True)
    impostor = world.person("jun")
    contact = contact_of(mina, jun)
    with mina.engine.step(world.now) as step:
        contact_keys.note_card(step, contact, impostor.card)
    mina.send(room, "is it you?")
    world.settle(span=10 * MINUTE)
    return world, mina, jun, impostor, room


def test_what_is_written_after_a_change_waits() -> None:
    """The mark is gone, the new key is known as such, and nothing goes out."""
    _, mina, jun, impostor, room = changed(1)
    assert (False, impostor.account, b"") == marks(mina, jun)
    assert ([], [MessageState.WAITING]) == (jun.texts(room), [line.state for line in mina.messages(room)])


def test_whoever_compares_numbers_has_seen_the_change_and_what_waited_goes_out() -> None:
    """Comparing lifts the change, remembers which key it was, and the message arrives at the account that was known."""
    world, mina, jun, impostor, room = changed(2)
    verify(mina, jun, verified=True)
    world.settle(span=10 * MINUTE)
    assert (True, b"", impostor.account) == marks(mina, jun)
    assert ["is it you?"] == jun.texts(room)


def test_taking_a_comparison_back_does_not_lift_the_change() -> None:
    """It says less than before, not more: what waited goes on waiting."""
    world, mina, jun, impostor, room = changed(3)
    verify(mina, jun, verified=False)
    world.settle(span=10 * MINUTE)
    assert (False, impostor.account, b"") == marks(mina, jun)
    assert [] == jun.texts(room)


def test_a_change_that_the_person_knows_is_not_told_again_and_another_one_is() -> None:
    """The same key under the handle later is no news; a third one is."""
    world, mina, jun, impostor, _ = changed(4)
    verify(mina, jun, verified=True)
    third = world.person("jun")
    contact = contact_of(mina, jun)
    with mina.engine.step(world.now) as step:
        again = contact_keys.note_card(step, contact, impostor.card)
        own = contact_keys.note_card(step, contact, jun.card)
        new = contact_keys.note_card(step, contact, third.card)
    assert (False, False, True, third.account) == (again, own, new, marks(mina, jun)[1])


def test_nothing_is_confirmed_where_nothing_changed() -> None:
    """A yes to no question is refused, and comparing twice changes nothing."""
    world = World(5)
    mina, jun = world.person("mina"), world.person("jun")
    world.befriend(mina, jun)
    contact = contact_of(mina, jun)
    with pytest.raises(BadRequest), mina.engine.step(world.now) as step:
        trust.confirm(step, contact)
    verify(mina, jun, verified=True)
    verify(mina, jun, verified=True)
    assert (True, b"", b"") == marks(mina, jun)
