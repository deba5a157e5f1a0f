"""Several devices of one account: each in every room, each told what the others chose, and one that is revoked."""

from __future__ import annotations

import pytest

from nullabona.client.core import commands, preferences
from nullabona.client.core.account import own_devices
from nullabona.client.core.contacts import join_requests, links, requests
from nullabona.client.core.incoming import invitations
from nullabona.client.core.model.invite_link import parse_link
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.requests import INBOX
from nullabona.client.core.preferences import RoomPreferences, room_scope
from tests.rooms.devices import another_device, remove_device
from tests.rooms.world import Person, World


def devices(person: Person, room: bytes) -> set[bytes]:
    with person.store.transaction():
        return {device.device for device in person.store.devices(room)}


def pair_of_devices(seed: int = 1) -> tuple[World, Person, Person, Person, bytes]:
    """Mina with a laptop and a desk machine, Jun, and their group."""
    world = World(seed)
    laptop, jun = world.person("mina"), world.person("jun")
    room = world.group(laptop, jun)
    laptop.send(room, "before")
    world.settle()
    desk = another_device(world, laptop, "mina's desk")
    world.settle()
    return world, laptop, desk, jun, room


def test_a_new_device_is_in_every_room_and_hears_what_is_said_from_then_on() -> None:
    world, laptop, desk, jun, room = pair_of_devices()
    assert devices(jun, room) == {laptop.me.device, desk.me.device, jun.me.device}
    assert len(jun.members(room)) == 2
    desk.send(room, "from the desk")
    jun.send(room, "from jun")
    world.settle()
    assert sorted(laptop.texts(room)) == ["before", "from jun", "from the desk"]
    assert sorted(desk.texts(room)) == ["from jun", "from the desk"]


def test_a_room_made_later_has_all_devices_whoever_made_it() -> None:
    world, laptop, desk, jun, _ = pair_of_devices()
    with desk.engine.step(world.now) as step:
        made = commands.create_group(step, "new")
    world.settle()
    assert devices(laptop, made) == {laptop.me.device, desk.me.device}
    with laptop.engine.step(world.now) as step:
        commands.add_account(step, made, jun.card)
    world.settle()
    jun.send(made, "hello")
    world.settle()
    assert desk.texts(made) == ["hello"]


def test_contacts_choices_and_what_was_read_follow() -> None:
    world, laptop, desk, jun, room = pair_of_devices()
    with desk.store.transaction():
        known = desk.store.contact(jun.account)
    assert known is not None
    assert known.state is ContactState.ACCEPTED
    with desk.engine.step(world.now) as step:
        requests.rename_contact(step, known, "Junie")
        preferences.change(step, room_scope(room), RoomPreferences, {"muted_until": "always", "draft": "half a sen"})
    said = jun.send(room, "read me")
    world.settle()
    with desk.engine.step(world.now) as step:
        commands.mark_read(step, room, said)
    world.settle()
    with laptop.store.transaction():
        contact = laptop.store.contact(jun.account)
        chosen = preferences.of_room(laptop.store, room)
        read = laptop.store.marker(room, laptop.account)
        unread = laptop.store.count_unread(room, read or -1)
    assert contact is not None
    assert contact.name == "Junie"
    assert (chosen.muted_until, chosen.draft) == ("always", "half a sen")
    assert unread == (0, 0)


def test_of_two_choices_the_later_one_counts_on_both() -> None:
    world, laptop, desk, _, room = pair_of_devices()
    laptop.online = desk.online = False
    with laptop.engine.step(world.now) as step:
        preferences.change(step, room_scope(room), RoomPreferences, {"draft": "earlier"})
    world.pass_time(5_000)
    with desk.engine.step(world.now) as step:
        preferences.change(step, room_scope(room), RoomPreferences, {"draft": "later"})
    for person in (desk, laptop):
        person.online = True
        world.settle()
    for person in (laptop, desk):
        with person.store.transaction():
            assert preferences.of_room(person.store, room).draft == "later"


def test_a_device_that_is_put_out_reads_nothing_new() -> None:
    world, laptop, desk, jun, room = pair_of_devices()
    desk.online = False
    remove_device(world, laptop, desk)
    world.settle()
    jun.send(room, "without the desk")
    world.settle()
    assert devices(jun, room) == {laptop.me.device, jun.me.device}
    desk.online = True
    world.settle()
    assert "without the desk" not in desk.texts(room)
    assert desk.phase(room) == "removed"
    with laptop.store.transaction():
        shared = own_devices.room_id(laptop.store)
    assert devices(laptop, shared) == {laptop.me.device}


def test_a_request_is_answered_once_wherever() -> None:
    world, laptop, desk, _, _ = pair_of_devices()
    sora = world.person("sora")
    with sora.engine.step(world.now) as step:
        commands.request_contact(step, laptop.card, sora.card.encoded, "hi")
    world.settle()
    with desk.engine.step(world.now) as step:
        commands.accept_contact(step, sora.me.account)
    world.settle()
    with laptop.store.transaction():
        contact = laptop.store.contact(sora.account)
    assert contact is not None
    assert contact.state is ContactState.ACCEPTED
    sora_room = contact.room
    sora.send(sora_room, "both hear me")
    world.settle()
    assert laptop.texts(sora_room) == desk.texts(sora_room) == ["both hear me"]


@pytest.mark.parametrize("how", ["a link", "an invitation"])
@pytest.mark.parametrize("order", ["there", "away", "reads first"])
def test_a_group_that_one_device_comes_into_the_others_come_into_too(how: str, order: str) -> None:
    """Though only one was asked, or followed the link, and the inviter is a stranger."""
    world = World(51)
    mina, sora = world.person("mina"), world.person("sora")
    desk = another_device(world, sora, "sora's desk")
    world.settle()
    room = world.group(mina)
    desk.online = order != "away"
    with mina.engine.step(world.now, room) as step:
        link = parse_link(links.make_room_link(step, room, hours=1, uses=1).text)
        if how != "a link":
            commands.add_account(step, room, world.cards[sora.me.handle])
    with sora.engine.step(world.now) as step:
        if how == "a link":
            join_requests.ask(step, link, mina.card, world.cards[sora.me.handle].encoded)
    world.settle(span=60_000)
    if order == "reads first":
        desk.online = False
    with sora.engine.step(world.now) as step:
        if how != "a link":
            commands.accept_request(step, room)
    world.settle(span=600_000)
    desk.online = True
    world.settle(span=600_000)
    assert ["joined"] * 3 == [person.phase(room) for person in (mina, sora, desk)]
    for person in (sora, desk):
        kinds = [kind for kind, where, _ in person.events() if where == room]
        assert (False, kinds.count("room-request")) == (waits(person, room), kinds.count("room-request-gone"))
    mina.send(room, "hello both")
    world.settle(span=60_000)
    assert [["hello both"]] * 2 == [sora.texts(room), desk.texts(room)]


def waits(person: Person, room: bytes) -> bool:
    with person.store.transaction():
        return person.store.get_value(f"room-request:{room.hex()}") is not None


@pytest.mark.parametrize("desk_is", ["there", "away"])
def test_an_invitation_that_one_device_declines_is_asked_about_on_none(desk_is: str) -> None:
    """Whether the other device had it already or reads it later; another one is asked about."""
    world = World(52)
    mina, sora = world.person("mina"), world.person("sora")
    desk = another_device(world, sora, "sora's desk")
    world.settle()
    room, other = world.group(mina), world.group(mina)
    desk.online = desk_is == "there"
    with mina.engine.step(world.now, room) as step:
        commands.add_account(step, room, world.cards[sora.me.handle])
    world.settle(span=60_000)
    assert [True, desk.online] == [waits(sora, room), waits(desk, room)]
    with sora.engine.step(world.now) as step:
        commands.decline_request(step, room)
    world.settle(span=60_000)
    desk.online = True
    for place, want in [each for each in world.reads(desk) if each[0] is not INBOX]:
        world.read(desk, place, want)
    world.settle(span=86_400_000)
    assert [False, False] == [waits(sora, room), waits(desk, room)]
    assert ["none", "none"] == [sora.phase(room), desk.phase(room)]
    assert [["room-request", "room-request-gone"], ["room-request", "room-request-gone"] * (desk_is == "there")] == [
        [kind for kind, where, _ in person.events() if where == room and "request" in kind] for person in (sora, desk)
    ]
    with mina.engine.step(world.now, other) as step:
        commands.add_account(step, other, world.cards[sora.me.handle])
    world.settle(span=60_000)
    assert [True, True] == [waits(sora, other), waits(desk, other)]


def test_an_invitation_that_still_waits_leads_nobody_back_who_came_in_another_way() -> None:
    """It would lead to where the room was when it was written."""
    world = World(53)
    mina, sora = world.person("mina"), world.person("sora")
    room = world.group(mina)
    with mina.engine.step(world.now, room) as step:
        commands.add_account(step, room, sora.card)
    world.settle(span=60_000)
    key = f"room-request:{room.hex()}"
    with sora.store.transaction():
        waiting = sora.store.get_value(key)
    assert waiting is not None
    with sora.engine.step(world.now) as step:
        commands.accept_request(step, room)
    world.settle(span=60_000)
    with mina.engine.step(world.now, room) as step:
        commands.update_keys(step, room)
    world.settle(span=60_000)
    with sora.engine.step(world.now, room) as step:
        step.store.set_value(key, waiting)
        invitations.enter_too(step, room)
        assert step.store.get_value(key) is None
    assert ("joined", mina.where(room)) == (sora.phase(room), sora.where(room))
    mina.send(room, "still with us")
    world.settle(span=60_000)
    assert ["still with us"] == sora.texts(room)
