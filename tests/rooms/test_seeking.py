"""An account that came back without its rooms: contacts tell which ones they share, and whom they do not tell."""

from __future__ import annotations

import pytest

from nullabona.client.core import commands
from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.model.inbox_items import ItemBody, RoomsAsked, RoomsTold, RoomTold
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.client.core.model.room_info import DEVICES, DIRECT, GROUP, RoomInfo, encode_info
from nullabona.client.core.restore import returning, seeking
from tests.rooms.copying import copied, put_back
from tests.rooms.devices import another_device, remove_device, restored
from tests.rooms.world import RELAY, Person, World

HOURS = 3_600_000


def knows(person: Person, other: Person, state: ContactState = ContactState.REQUESTED) -> None:
    """A contact, as the person makes one or a backup brings it."""
    with person.store.transaction():
        handle = other.me.handle
        person.store.put_contact(Contact(other.account, handle, "", state, b"", "", b"", ()))


def seek(world: World, person: Person, other: Person) -> None:
    knows(person, other)
    with person.engine.step(world.now) as step:
        seeking.want(step, other.account, other.me.handle)


def say(world: World, sender: Person, to: Person, body: ItemBody) -> None:
    with sender.engine.step(world.now) as step:
        inbox_sending.post(step, to.account, to.me.handle, body)


def friends(seed: int) -> tuple[World, Person, Person, bytes, bytes]:
    """Two with a direct room and a group."""
    world = World(seed)
    mina, jun = world.person("mina"), world.person("jun")
    with jun.engine.step(world.now) as step:
        commands.request_contact(step, mina.card, jun.card.encoded, "hello")
    world.settle(span=60_000)
    with mina.engine.step(world.now) as step:
        direct = commands.accept_contact(step, jun.account).room
    world.settle(span=60_000)
    group = world.group(mina, jun)
    return world, mina, jun, direct, group


def devices_in(person: Person, room: bytes) -> set[bytes]:
    with person.store.transaction():
        return {device.device for device in person.store.devices(room)}


def test_one_old_contact_brings_back_what_both_are_in() -> None:
    """The direct room and the group, with a new leaf that takes the place of the old one; the contact is one again."""
    world, mina, jun, direct, group = friends(1)
    fresh = restored(world, jun, "again")
    seek(world, fresh, mina)
    world.settle(span=HOURS)
    assert {"joined"} == {fresh.phase(direct), fresh.phase(group)}
    for room in (direct, group):
        assert {mina.me.device, fresh.me.device} == devices_in(mina, room)
    with fresh.store.transaction():
        contact = fresh.store.contact(mina.account)
    assert contact is not None
    assert (ContactState.ACCEPTED, direct) == (contact.state, contact.room)
    assert 1 == sum(kind == "contact-request" for kind, _, _ in mina.events()), "it was asked again"


def test_a_backup_asks_its_contacts_for_what_is_newer_than_it() -> None:
    """Without the person doing anything."""
    world, mina, jun, _, group = friends(2)
    fresh = restored(world, jun, "again")
    knows(fresh, mina, ContactState.ACCEPTED)
    world.settle(span=HOURS)
    assert "joined" == fresh.phase(group)


def test_the_record_may_show_the_new_card_late() -> None:
    """Until it does, nothing is said; whoever asks asks again."""
    world, mina, jun, direct, _ = friends(3)
    old = world.cards[jun.me.handle]
    fresh = restored(world, jun, "again")
    now, world.cards[jun.me.handle] = world.cards[jun.me.handle], old
    seek(world, fresh, mina)
    world.settle(span=10 * 60_000)
    assert "none" == fresh.phase(direct)
    world.cards[jun.me.handle] = now
    world.settle(span=6 * HOURS)
    assert "joined" == fresh.phase(direct)


def test_whoever_is_away_answers_weeks_later() -> None:
    """What was asked lies in the inbox; nobody is asked for ever."""
    world, mina, jun, direct, _ = friends(4)
    mina.online = False
    fresh = restored(world, jun, "again")
    seek(world, fresh, mina)
    world.settle(span=3 * 86_400_000)
    asked = len(world.relay.boxes[mina.card.inbox.address].frames)
    world.settle(span=10 * 86_400_000)
    assert asked == len(world.relay.boxes[mina.card.inbox.address].frames) <= seeking.MOST_ASKS + 1
    mina.online = True
    world.settle(span=2 * HOURS)
    assert "joined" == fresh.phase(direct)


def test_a_device_that_no_card_names_is_told_nothing() -> None:
    """One that was removed keeps its certificate; the account's newest card decides."""
    world, mina, jun, direct, group = friends(5)
    thief = another_device(world, jun, "thief")
    world.settle()
    remove_device(world, jun, thief)
    world.settle()
    with thief.engine.step(world.now) as step:
        for room in (direct, group):
            step.forget_room(room)
            step.mls.forget(room)
    with thief.store.transaction():
        returning.note_restored(thief.store)
    seek(world, thief, mina)
    world.settle(span=86_400_000)
    assert ("none", "none") == (thief.phase(direct), thief.phase(group))
    assert {mina.me.device, jun.me.device} == devices_in(mina, group)


def test_nobody_is_looked_up_for_a_stranger() -> None:
    """Whoever shares no room with us learns nothing, not even that somebody read it."""
    world, mina, _, _, _ = friends(6)
    stranger = world.person("stranger")
    say(world, stranger, mina, RoomsAsked())
    for _ in range(20):
        world.turn(stranger)
        for room, want in world.reads(mina):
            world.read(mina, room, want)
        assert [] == mina.engine.lookups(world.now)


@pytest.mark.parametrize("case", ["a stranger", "unasked", "another's direct room", "a devices' room"])
def test_who_is_believed_about_what(case: str) -> None:
    """Only a contact who was asked, and of direct rooms only of the one with them."""
    world = World(7)
    mina, jun, eve = world.person("mina"), world.person("jun"), world.person("eve")
    with jun.store.transaction():
        returning.note_restored(jun.store)
    if case != "a stranger":
        knows(jun, eve)
    if case not in {"a stranger", "unasked"}:
        seek(world, jun, eve)
    pair = tuple(sorted((jun.account, mina.account)))
    info = {
        "another's direct room": RoomInfo(1, DIRECT, "", RELAY, (), pair),
        "a devices' room": RoomInfo(1, DEVICES, "", RELAY),
    }.get(case, RoomInfo(1, GROUP, "come in", RELAY, (eve.account,)))
    room = RoomTold(b"r" * 32, encode_info(info), ((eve.account, eve.me.handle),))
    say(world, eve, jun, RoomsTold((room,)))
    world.settle(span=HOURS)
    assert "none" == jun.phase(b"r" * 32)


@pytest.mark.parametrize("told", [True, False], ids=["its own files tell", "only a room's box tells"])
def test_a_copied_folder_finds_the_rooms_that_came_after_the_copy(told: bool) -> None:  # noqa: FBT001
    """Its leaf stands in them, so nobody can add it again; a contact tells it where to ask.

    What lies in a box a member can forge: for that alone nobody is asked, which would show whom the account knows.
    """
    world, mina, jun, direct, _ = friends(23)
    kept = copied(jun.store)
    later = world.group(mina, jun)
    jun.send(direct, "that a copy will not know")
    world.settle(span=60_000)
    put_back(world, jun, kept, told=told)
    assert jun.phase(later) == "none"
    world.settle(span=6 * HOURS)
    assert jun.phase(direct) == "joined"
    assert jun.phase(later) == ("joined" if told else "none")
    if not told:
        return
    mina.send(later, "are you there?")
    world.settle(span=60_000)
    assert "are you there?" in jun.texts(later)
