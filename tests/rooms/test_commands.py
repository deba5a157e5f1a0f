"""What a person may ask of a room, and what is refused at once, in words, instead of failing later."""

from __future__ import annotations

from collections.abc import Callable

import nullabona_mls as native
import pytest

from nullabona.client.core import commands, conversation
from nullabona.client.core.commands import MemberInfo
from nullabona.client.core.model.errors import BadRequest, CardTooOld, LastAdmin, NoSuchRoom, NotAllowed, NotInRoom
from nullabona.client.core.model.intents import Intent
from nullabona.client.core.model.room_info import ROOM_INFO_EXTENSION
from nullabona.client.core.step import Step
from nullabona.client.mls import KEY_PACKAGE_LIFETIME_S
from nullabona.errors import UserError
from nullabona.wire.card import Card, CardDevice, sign_card, verify_card
from tests.rooms.audit import outbox_of
from tests.rooms.hostile import add, kinds, people, remove, standing, update_keys
from tests.rooms.world import Person, World

HOUR = 3_600_000
Act = Callable[[Step, bytes], object]


def do(person: Person, room: bytes, act: Act) -> None:
    with person.engine.step(person.world.now, room) as step:
        act(step, room)


def refused(person: Person, room: bytes, act: Act, error: type[UserError]) -> None:
    """The act raises, and nothing is left of it."""
    before = outbox_of(person)
    with pytest.raises(error):
        do(person, room, act)
    assert before == outbox_of(person)


def direct(world: World, one: Person, other: Person) -> bytes:
    """The settled direct room of two people."""
    with one.engine.step(world.now) as step:
        commands.request_contact(step, other.card, one.card.encoded, "")
    world.settle(span=60_000)
    with other.engine.step(world.now) as step:
        room = commands.accept_contact(step, one.me.account).room
    world.settle(span=60_000)
    return room


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "two\nlines", "\u202eevil"])
def test_names_that_no_room_may_have(name: str) -> None:
    """Empty, too long, or with characters that are not shown: neither for a new room nor for an old one."""
    world = World(1)
    a, b = people(world, 2)
    with pytest.raises(BadRequest), a.engine.step(world.now) as step:
        commands.create_group(step, name)
    assert [] == a.engine.rooms()
    room = world.group(a, b)
    refused(a, room, lambda step, r: commands.rename(step, r, name), BadRequest)


def test_a_new_name_reaches_everybody() -> None:
    """The longest name is taken; the name that it has already makes no commit."""
    world = World(2)
    a, b = people(world, 2)
    room = world.group(a, b)
    name = "가" * 120
    do(a, room, lambda step, r: commands.rename(step, r, name))
    world.settle()
    assert [name] * 2 == [person.info(room).name for person in (a, b)]
    before = a.epoch(room)
    do(a, room, lambda step, r: commands.rename(step, r, name))
    world.settle()
    assert [before] * 2 == [person.epoch(room) for person in (a, b)]


@pytest.mark.parametrize("text", ["", " \n ", "x" * 100_001], ids=["empty", "blank", "too long"])
def test_texts_that_are_not_sent(text: str) -> None:
    """Nothing to read, or too much; what is refused is not kept."""
    world = World(3)
    a, b = people(world, 2)
    room = world.group(a, b)
    refused(a, room, lambda step, r: conversation.send_text(step, r, text), BadRequest)
    assert [] == a.messages(room)


def test_the_longest_text_arrives() -> None:
    """100,000 characters, 300,000 bytes: through blobs, whole."""
    world = World(4)
    a, b = people(world, 2)
    room = world.group(a, b)
    a.send(room, "각" * 100_000)
    world.settle()
    assert ["각" * 100_000] == b.texts(room)


def test_a_plain_member_changes_nobody_and_nothing() -> None:
    """Adding, removing, renaming, appointing: only an admin may, and is told so."""
    world = World(5)
    a, b, c = people(world, 3)
    room = world.group(a, b)
    acts: list[Act] = [
        lambda step, r: commands.add_account(step, r, c.card),
        lambda step, r: commands.remove_account(step, r, a.account),
        lambda step, r: commands.rename(step, r, "mine"),
        lambda step, r: commands.set_admin(step, r, b.account, admin=True),
    ]
    for act in acts:
        refused(b, room, act, NotAllowed)


def test_a_direct_room_stays_as_it_is() -> None:
    """It has two people, no name and no admin; either may leave it."""
    world = World(6)
    a, b, c = people(world, 3)
    room = direct(world, a, b)
    for act in (
        lambda step, r: commands.add_account(step, r, c.card),
        lambda step, r: commands.rename(step, r, "ours"),
        lambda step, r: commands.remove_account(step, r, a.account),
    ):
        refused(b, room, act, NotAllowed)
    do(a, room, commands.leave)
    world.settle()
    assert ("left", "joined", {b.account}) == (a.phase(room), b.phase(room), b.members(room))


def test_requests_that_contradict_the_room() -> None:
    """Who is in is not added, who is not in is not removed or appointed, and nobody removes themselves."""
    world = World(7)
    a, b, c = people(world, 3)
    room = world.group(a, b)
    for act in (
        lambda step, r: commands.add_account(step, r, b.card),
        lambda step, r: commands.remove_account(step, r, c.account),
        lambda step, r: commands.remove_account(step, r, a.account),
        lambda step, r: commands.set_admin(step, r, c.account, admin=True),
        lambda step, r: commands.set_admin(step, r, a.account, admin=True),
    ):
        refused(a, room, act, BadRequest)


def test_who_is_added_and_removed_at_once_is_not_added() -> None:
    """A wish that nobody has carried out yet is taken back, and no invitation goes out."""
    world = World(8)
    a, b, c = people(world, 3)
    room = world.group(a, b)
    world.befriend(a, c)
    with a.engine.step(world.now, room) as step:
        commands.add_account(step, room, c.card)
        commands.remove_account(step, room, c.account)
    world.settle()
    assert ({a.account, b.account}, "none") == (a.members(room), c.phase(room))


def test_a_group_keeps_an_admin() -> None:
    """The last admin can neither be dismissed nor leave; with a second one, both can happen."""
    world = World(9)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    refused(a, room, lambda step, r: commands.set_admin(step, r, a.account, admin=False), LastAdmin)
    refused(a, room, commands.leave, LastAdmin)
    do(a, room, lambda step, r: commands.set_admin(step, r, b.account, admin=True))
    world.settle()
    assert {a.account, b.account} == set(c.info(room).admins)
    do(b, room, lambda step, r: commands.set_admin(step, r, a.account, admin=False))
    world.settle()
    assert (b.account,) == c.info(room).admins
    do(a, room, commands.leave)
    world.settle()
    assert ("left", {b.account, c.account}) == (a.phase(room), c.members(room))


def test_dismissals_that_cross_leave_an_admin() -> None:
    """Two admins dismiss each other at the same moment: one wish holds, the other is dropped, the room has an admin."""
    world = World(10)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    do(a, room, lambda step, r: commands.set_admin(step, r, b.account, admin=True))
    world.settle()
    do(a, room, lambda step, r: commands.set_admin(step, r, b.account, admin=False))
    do(b, room, lambda step, r: commands.set_admin(step, r, a.account, admin=False))
    world.settle(span=2 * HOUR)
    admins = {person.info(room).admins for person in (a, b, c)}
    assert admins in ({(a.account,)}, {(b.account,)})
    assert len(standing(world, room)) == 1


def test_dismissing_everybody_at_once_leaves_one() -> None:
    """Each dismissal is fine alone; together they would leave nobody, so the last one is dropped."""
    world = World(16)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    do(a, room, lambda step, r: commands.set_admin(step, r, b.account, admin=True))
    world.settle()
    with a.engine.step(world.now, room) as step:
        commands.set_admin(step, room, b.account, admin=False)
        commands.set_admin(step, room, a.account, admin=False)
    world.settle()
    assert [(a.account,)] * 3 == [person.info(room).admins for person in (a, b, c)]


def test_a_card_that_was_not_renewed_invites_nobody() -> None:
    """After 30 days the private half of a key package has been around for too long; a renewed card will do."""
    world = World(17)
    a, b, c = people(world, 3)
    room = world.group(a, b)
    world.befriend(a, c)
    world.pass_time(30 * 24 * HOUR)
    renewed = card_with(c)
    world.pass_time(24 * HOUR)
    refused(a, room, lambda step, r: commands.add_account(step, r, c.card), CardTooOld)
    do(a, room, lambda step, r: commands.add_account(step, r, renewed))
    world.settle()
    assert ("joined", {a.account, b.account, c.account}) == (c.phase(room), b.members(room))


def test_whoever_is_alone_leaves_at_once() -> None:
    """There is nobody to carry it out; the messages stay, and nothing is asked of the relay any more."""
    world = World(11)
    (a,) = people(world, 1)
    room = world.group(a)
    a.send(room, "note to myself")
    do(a, room, commands.leave)
    world.settle()
    assert ("left", ["note to myself"], ["left"]) == (a.phase(room), a.texts(room), kinds(a, room, "left", "removed"))
    assert () == a.engine.reads(room)


def test_nothing_is_done_in_a_room_that_one_is_out_of() -> None:
    """Removed people keep what they read; they send, read on and change nothing."""
    world = World(12)
    a, b = people(world, 2)
    room = world.group(a, b)
    message = a.send(room, "before")
    world.settle()
    remove(a, room, b)
    world.settle()
    for act in (
        lambda step, r: conversation.send_text(step, r, "after"),
        commands.update_keys,
        commands.leave,
        lambda step, r: commands.rename(step, r, "mine"),
    ):
        refused(b, room, act, NotInRoom)
    do(b, room, lambda step, r: commands.mark_read(step, r, message))
    assert ["before"] == b.texts(room)
    refused(b, bytes(32), commands.update_keys, NoSuchRoom)


def test_members_are_listed_by_handle() -> None:
    """With who is an admin, how many devices each has, and which one is us."""
    world = World(13)
    a, b = people(world, 2)
    room = world.group(b, a)
    with a.engine.step(world.now, room) as step:
        assert [
            MemberInfo(a.account, a.me.handle, admin=False, devices=1, me=True),
            MemberInfo(b.account, b.me.handle, admin=True, devices=1, me=False),
        ] == commands.members(step, room)


def card_with(person: Person, extensions: tuple[int, ...] = (ROOM_INFO_EXTENSION,)) -> Card:
    """The person's next card, its key package fresh and able to do what ``extensions`` say."""
    config = native.Config(suite=person.world.suite, extensions=extensions, lifetime_s=KEY_PACKAGE_LIFETIME_S)
    package, delta = native.make_key_package(person.mls.signer, person.certificate, config)
    with person.store.transaction():
        person.store.mls_write(delta.puts, delta.dels)
    day = person.world.now // 86_400_000
    device = CardDevice(person.card.devices[0].certificate, package)
    encoded = sign_card(
        person.identity,
        handle=person.card.handle,
        issued_day=day,
        devices=(device,),
        inbox=person.card.inbox,
        previous=person.card,
    )
    return verify_card(encoded, today=day)


def test_a_person_who_cannot_be_added_spoils_nothing_else() -> None:
    """A card that names a device which cannot be in rooms: the person is told, and what else was wanted is done."""
    world = World(14)
    a, b, c, odd = people(world, 4)
    room = world.group(a, b, c)
    with a.engine.step(world.now, room) as step:
        commands.add_account(step, room, card_with(odd, extensions=()))
        commands.remove_account(step, room, c.account)
        commands.rename(step, room, "without c")
    world.settle()
    assert ["change-failed"] == kinds(a, room, "change-failed")
    assert ({a.account, b.account}, "without c", "removed") == (b.members(room), b.info(room).name, c.phase(room))
    do(a, room, lambda step, r: commands.add_account(step, r, card_with(odd, extensions=())))
    world.settle()
    assert ["change-failed"] * 2 == kinds(a, room, "change-failed")
    assert ([], "none") == (waiting(a, room), odd.phase(room))


def waiting(person: Person, room: bytes) -> list[Intent]:
    """What the device still wants of the room."""
    with person.engine.step(person.world.now, room) as step:
        return list(step.room(room).intents)


def test_whoever_is_added_by_two_cards_comes_in_once() -> None:
    """A wish that lost a race is wanted again beside one with the person's newer card: the newer one is carried out."""
    world = World(15)
    a, b, c = people(world, 3)
    room = world.group(a, b)
    world.befriend(a, c)
    add(a, room, c)
    update_keys(b, room)
    for item in world.queues(b):
        world.post(b, item)
    with a.engine.step(world.now, room) as step:
        commands.add_account(step, room, card_with(c))
    world.settle(span=2 * HOUR)
    assert [] == kinds(a, room, "change-failed")
    assert ("joined", {a.account, b.account, c.account}) == (c.phase(room), b.members(room))
    assert len(standing(world, room)) == 1
