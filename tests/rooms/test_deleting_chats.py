"""A chat that one has left is deleted, on all devices of the account and nowhere else (spec/devices.md §3)."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core import conversation, deleting, preferences
from nullabona.client.core.devices import sync_out
from nullabona.client.core.group import intents
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.intents import RemoveDevice
from nullabona.client.core.model.sync_items import PreferenceItem
from nullabona.client.core.preferences import RoomPreferences
from tests.rooms.devices import another_device
from tests.rooms.test_asking_again import DAY, HOUR, leaves, two_who_talk
from tests.rooms.test_talking_again import writes
from tests.rooms.world import Person, World


def deletes(world: World, person: Person, room: bytes) -> None:
    with person.engine.step(world.now, room) as step:
        deleting.delete_chat(step, room)


def is_deleted(person: Person, room: bytes) -> bool:
    """Whether a list shows nothing of it, and no line, notice or search entry is left."""
    with person.store.transaction():
        rows = person.store.rows(room, after=-(1 << 60), before=1 << 62, limit=10)
        return preferences.is_deleted(person.store, room) and not rows


def two_devices() -> tuple[World, Person, Person, Person, bytes]:
    """Mina with two devices, and Jun; both of hers have what was said."""
    world, mina, jun, room = two_who_talk()
    desk = another_device(world, mina, "mina's desk")
    world.settle(span=HOUR)
    jun.send(room, "to both")
    world.settle(span=HOUR)
    assert "to both" in desk.texts(room)
    return world, mina, desk, jun, room


def test_only_a_chat_that_one_left_is_deleted() -> None:
    """In a room that one is in nothing is erased."""
    world, mina, _, room = two_who_talk()
    with pytest.raises(BadRequest):
        deletes(world, mina, room)
    assert ["before"] == mina.texts(room)
    assert not is_deleted(mina, room)


def test_a_deleted_chat_is_gone_here_and_stays_with_the_other() -> None:
    """Also from a device that is off meanwhile; no line of what happens later brings it back."""
    world, mina, desk, jun, room = two_devices()
    desk.online = False
    leaves(world, mina, room)
    world.settle(span=HOUR)
    deletes(world, mina, room)
    world.settle(span=HOUR)
    assert (True, False) == (is_deleted(mina, room), is_deleted(desk, room))
    desk.online = True
    world.settle(span=10 * DAY, most=3_000)  # the box was trimmed: it has to ask where the room is
    assert "left" == desk.phase(room)
    assert [True, True] == [is_deleted(mina, room), is_deleted(desk, room)]
    assert ["before", "to both"] == jun.texts(room)


def test_a_chat_is_deleted_though_nobody_has_carried_out_yet_that_one_leaves() -> None:
    """What is left of it then goes with the leaving."""
    world, mina, desk, jun, room = two_devices()
    jun.online = False
    leaves(world, mina, room)
    deletes(world, mina, room)
    world.settle(span=HOUR)
    assert is_deleted(mina, room)
    jun.online = True
    world.settle(span=HOUR)
    assert ["left", "left"] == [mina.phase(room), desk.phase(room)]
    assert [True, True] == [is_deleted(mina, room), is_deleted(desk, room)]


def test_who_is_named_in_a_deleted_chat_is_forgotten() -> None:
    """Once the last box of the room is watched no more."""
    world, mina, _, room = two_who_talk()
    leaves(world, mina, room)
    world.settle(span=HOUR)
    deletes(world, mina, room)
    world.settle(span=10 * DAY, most=3_000)
    with mina.store.transaction():
        assert [] == mina.store.devices(room)


def test_a_deleted_chat_that_is_opened_again_begins_empty() -> None:
    """On all devices; what is said then is kept, also when one leaves again."""
    world, mina, desk, jun, room = two_devices()
    leaves(world, mina, room)
    world.settle(span=HOUR)
    deletes(world, mina, room)
    world.settle(span=HOUR)
    writes(world, jun, room, "still there?")
    world.settle(span=3 * HOUR)
    assert [["still there?"]] * 2 == [mina.texts(room), desk.texts(room)]
    leaves(world, desk, room)
    world.settle(span=HOUR)
    assert [["still there?"]] * 2 == [mina.texts(room), desk.texts(room)]


def test_a_device_that_is_in_a_room_erases_nothing_on_the_word_of_another() -> None:
    """One that was stolen could say so of every chat."""
    world, mina, desk, _, room = two_devices()
    with desk.engine.step(world.now, room) as step:
        preferences.change(step, preferences.room_scope(room), preferences.RoomPreferences, {"deleted": step.now})
    world.settle(span=HOUR)
    assert ["before", "to both"] == mina.texts(room)
    with mina.engine.step(world.now, room) as step:
        conversation.send_text(step, room, "still here")
    world.settle(span=HOUR)
    assert "still here" in desk.texts(room)


def test_a_device_that_is_put_out_by_another_erases_nothing() -> None:
    """A stolen one says that the chat was deleted, and has this one out for a moment: the account never left."""
    world, mina, desk, _, room = two_devices()
    before = mina.texts(room)
    with desk.engine.step(world.now, room) as step:
        preferences.change(step, preferences.room_scope(room), RoomPreferences, {"deleted": 2**53})
    world.settle(span=HOUR)
    with desk.engine.step(world.now, room) as step:
        intents.want(step.room(room), RemoveDevice(mina.me.device))
    world.settle(span=3 * HOUR)
    assert before == mina.texts(room) != []


@pytest.mark.parametrize("scope", ["room:zz", "room:", "contact:" + "A" * 64, "room:" + "0" * 62])
def test_a_choice_for_no_room_is_passed_over(scope: str) -> None:
    """Any device of the account can say one; the next item counts."""
    world, mina, desk, _, room = two_devices()
    with desk.engine.step(world.now, room) as step:
        sync_out.tell_now(step, PreferenceItem(scope, step.now + 1, {"deleted": msgspec.msgpack.encode(5)}))
        preferences.change(step, preferences.room_scope(room), RoomPreferences, {"draft": "later"})
    world.settle(span=HOUR)
    with mina.store.transaction():
        assert {} == mina.store.preferences(scope)
        assert "later" == preferences.of_room(mina.store, room).draft
