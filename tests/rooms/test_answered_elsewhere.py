"""What one device of an account answered, another that was away does not hear again (spec/devices.md §3)."""

from __future__ import annotations

import pytest

from nullabona.client.core import commands, preferences
from nullabona.client.core.contacts import requests, trust
from nullabona.client.core.delivery import reply_boxes
from nullabona.client.core.devices import shared_inbox
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.requests import INBOX
from nullabona.client.core.preferences import Trust, contact_scope
from nullabona.client.core.timeline import profiles
from tests.rooms.test_devices import pair_of_devices
from tests.rooms.test_people import state_of
from tests.rooms.test_replies import came
from tests.rooms.world import Person, World

ANSWERS = {
    "accept": (commands.accept_contact, ContactState.ACCEPTED),
    "decline": (commands.decline_contact, None),
    "block": (commands.block_contact, ContactState.BLOCKED),
}


def asks(world: World, asker: Person, asked: Person, greeting: str = "hi") -> None:
    with asker.engine.step(world.now) as step:
        commands.request_contact(step, asked.card, asker.card.encoded, greeting)


def answers(world: World, person: Person, asker: Person, how: str) -> None:
    with person.engine.step(world.now) as step:
        ANSWERS[how][0](step, asker.account)


def known(person: Person, other: Person) -> ContactState | None:
    with person.store.transaction():
        contact = person.store.contact(other.account)
    return None if contact is None else contact.state


def heard(person: Person, since: int = 0) -> list[str]:
    """Which greetings a device told its person of."""
    told = person.events()[since:]
    return [str(data["greeting"]) for kind, _, data in told if kind == "contact-request"]


def reads_inbox(world: World, person: Person) -> None:
    for room, want in world.reads(person):
        if room is INBOX:
            world.read(person, room, want)


def asked_while_the_desk_is_away() -> tuple[World, Person, Person, Person]:
    world, laptop, desk, _, _ = pair_of_devices()
    sora = world.person("sora")
    desk.online = False
    asks(world, sora, laptop)
    world.settle(span=60_000)
    assert ["hi"] == heard(laptop)
    return world, laptop, desk, sora


@pytest.mark.parametrize("how", ANSWERS)
def test_the_device_that_answered_does_not_hear_it_again(how: str) -> None:
    """The other one reads the inbox before it hears of the answer, and tells what it found there."""
    world, laptop, desk, sora = asked_while_the_desk_is_away()
    answers(world, laptop, sora, how)
    world.settle(span=60_000)
    desk.online = True
    reads_inbox(world, desk)
    before = len(laptop.events())
    world.settle(span=600_000)
    assert [ANSWERS[how][1]] * 2 == [known(laptop, sora), known(desk, sora)]
    assert [] == heard(laptop, before)


@pytest.mark.parametrize("how", ANSWERS)
def test_who_hears_of_the_answer_first_knows_it(how: str) -> None:
    """Of the request it hears once, from the other device, which told of that before; the inbox brings it no more."""
    world, laptop, desk, sora = asked_while_the_desk_is_away()
    answers(world, laptop, sora, how)
    world.settle(span=60_000)
    desk.online = True
    for room, want in world.reads(desk):
        if room is not None:
            world.read(desk, room, want)
    world.settle(span=600_000)
    assert [ANSWERS[how][1]] * 2 == [known(laptop, sora), known(desk, sora)]
    assert ["hi"] == heard(desk)


def test_a_request_that_was_declined_can_be_made_again() -> None:
    world, laptop, desk, sora = asked_while_the_desk_is_away()
    answers(world, laptop, sora, "decline")
    world.settle(span=60_000)
    asks(world, sora, laptop, "please")
    world.settle(span=60_000)
    desk.online = True
    world.settle(span=600_000)
    assert [ContactState.ASKING] * 2 == [known(laptop, sora), known(desk, sora)]
    assert ["hi", "please"] == heard(laptop)
    answers(world, desk, sora, "accept")
    world.settle(span=600_000)
    assert [ContactState.ACCEPTED] * 3 == [known(laptop, sora), known(desk, sora), state_of(sora, laptop)]


def test_a_request_that_is_declined_here_is_gone_there() -> None:
    world, laptop, desk, _, _ = pair_of_devices()
    sora = world.person("sora")
    asks(world, sora, laptop)
    world.settle(span=60_000)
    assert [ContactState.ASKING] * 2 == [known(laptop, sora), known(desk, sora)]
    answers(world, desk, sora, "decline")
    world.settle(span=60_000)
    assert [None, None] == [known(laptop, sora), known(desk, sora)]
    for person in (laptop, desk):
        with person.engine.step(world.now) as step:
            assert () == shared_inbox.take_requests(step, sora.account)
            assert b"" == reply_boxes.noted(step, sora.account)


def test_it_answers_where_they_wait_though_another_device_was_asked() -> None:
    """It knows of the request from the other device alone; the answer does not come into the asker's inbox."""
    world, laptop, desk, sora = asked_while_the_desk_is_away()
    with laptop.engine.step(world.now) as step:
        frames = shared_inbox.take_requests(step, sora.account)
    with desk.engine.step(world.now) as step:
        shared_inbox.pass_over(step, frames)
    desk.online = True
    world.settle(span=60_000)
    answers(world, desk, sora, "accept")
    world.settle(span=60_000)
    assert ContactState.ACCEPTED is state_of(sora, laptop)
    assert 0 == came(world, sora)


@pytest.mark.parametrize("how", ["block", "decline"])
def test_what_was_chosen_holds_against_what_another_device_only_hears(how: str) -> None:
    """Blocked on one device; the other comes back to a room in which they say what they are called."""
    world, laptop, desk, jun, room = pair_of_devices()
    world.befriend(jun, laptop)
    world.settle(span=60_000)
    assert [ContactState.ACCEPTED] * 2 == [known(laptop, jun), known(desk, jun)]
    desk.online = False
    with laptop.engine.step(world.now) as step:
        if how == "block":
            commands.block_contact(step, jun.account)
        else:
            trust.forget(step, requests.need_contact(step, jun.account))
    world.settle(span=60_000)
    with jun.engine.step(world.now, room) as step:
        profiles.set_own(step, "Jun", b"")
    world.settle(span=60_000)
    desk.online = True
    for other, want in world.reads(desk):
        if other == room:
            world.read(desk, other, want)
    world.settle(span=600_000)
    after = ContactState.BLOCKED if how == "block" else None
    assert [after, after] == [known(laptop, jun), known(desk, jun)]


def test_an_answer_that_came_holds_against_a_nickname() -> None:
    """Sora is called something on the desk while she has not answered, as far as that one knows."""
    world, laptop, desk, _, _ = pair_of_devices()
    sora = world.person("sora")
    with laptop.engine.step(world.now) as step:
        commands.request_contact(step, sora.card, laptop.card.encoded, "hi")
    world.settle(span=60_000)
    desk.online = False
    with sora.engine.step(world.now) as step:
        commands.accept_contact(step, laptop.account)
    world.settle(span=60_000)
    assert ContactState.ACCEPTED is known(laptop, sora)
    with desk.engine.step(world.now) as step:
        requests.rename_contact(step, requests.need_contact(step, sora.account), "S")
    desk.online = True
    world.settle(span=600_000)
    for device in (laptop, desk):
        with device.store.transaction():
            contact = device.store.contact(sora.account)
        assert contact is not None
        assert (ContactState.ACCEPTED, "S") == (contact.state, contact.name)


def test_a_changed_identity_key_holds_against_an_older_verification() -> None:
    """Verified on the laptop while the desk was away; the desk is shown another key before it hears of that."""
    world, laptop, desk, jun, _ = pair_of_devices()
    world.befriend(jun, laptop)
    world.settle(span=60_000)
    desk.online = False
    scope = contact_scope(jun.account)
    with laptop.engine.step(world.now) as step:
        preferences.change(step, scope, Trust, {"verified": jun.card.identity_key})
    world.settle(span=60_000)
    world.pass_time(10_000)
    with desk.engine.step(world.now, chosen=False) as step:
        preferences.change(step, scope, Trust, {"changed": bytes(32)})
    desk.online = True
    world.settle(span=600_000)
    for device in (laptop, desk):
        with device.store.transaction():
            assert bytes(32) == preferences.load(device.store, scope, Trust).changed
