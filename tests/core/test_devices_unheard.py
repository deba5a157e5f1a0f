"""A device of the account that is in a room and was never heard there: who helps it, when, how, and how often."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core.account import own_devices, waiting
from nullabona.client.core.devices import membership, sync_out, unheard
from nullabona.client.core.group import welcomes
from nullabona.client.core.model.intents import RemoveDevice
from nullabona.client.core.model.records import Device, DeviceView
from nullabona.client.core.model.state import Invite, RoomState, Unheard
from nullabona.client.core.step import DAY_MS
from tests.core.home import PHONE, TABLET, WATCH, Home, twin
from tests.core.stage import START, Other
from tests.core.talk import Talk

HOUR = 3_600_000


def put(home: Home, talk: Talk, room: RoomState, since: int = 1, *devices: Other) -> None:
    """The room is in epoch 1, with boxes since epoch 0, and these devices of ours came in ``since``."""
    if room.epoch == 0:
        room.boxes.append(msgspec.structs.replace(room.current, epoch=1, secret=room.id[::-1]))
    talk.step.store.put_devices(
        [twin(home.stage, each, room.id, 5 + at, since) for at, each in enumerate(devices or (PHONE,))]
    )
    talk.step.roster_changed(room.id)


def shows(talk: Talk, room: RoomState, device: Other = PHONE) -> None:
    """The device acknowledges something in the current box."""
    talk.step.store.put_view(DeviceView(room.current.keys.box.address, device.device, b"i", 1, b"c", (), ()))


def own(talk: Talk, room: RoomState) -> dict[bytes, Device]:
    devices = talk.step.roster(room.id).values()
    return {device.device: device for device in devices if device.account == talk.me}


def note(talk: Talk, room: RoomState) -> None:
    unheard.note(talk.step, room, own(talk, room))


def later(talk: Talk, room: RoomState, ms: int = 2 * DAY_MS) -> None:
    """So much time passes, and the room is looked after."""
    talk.step.now += ms
    unheard.look_after(talk.step, room)


def helped(talk: Talk) -> tuple[list[bytes], bool]:
    """Whom we want to remove from the shared room to add it again, and whether we will tell of the group."""
    shared = own_devices.shared(talk.step)
    assert shared is not None
    dirty = sync_out._load(talk.step)
    out = [intent.device for intent in shared.intents if isinstance(intent, RemoveDevice)]
    return out, f"{sync_out.REMEMBERED}:{talk.group.id.hex()}" in dirty


NOBODY: tuple[list[bytes], bool] = ([], False)


# -- since when ---------------------------------------------------------------------------------------------------


def test_a_device_has_a_day_to_show_up_and_the_devices_take_turns(home: Home, at: Talk) -> None:
    """An hour for each device with a lower id; this one is never waited for."""
    put(home, at, at.group, 1, PHONE, TABLET)
    at.group.tend_at = at.step.now
    membership.look_after(at.step, at.group)
    due = START + DAY_MS + sum(id < at.step.local.device for id in (PHONE.device, TABLET.device)) * HOUR
    assert {each.device.hex(): Unheard(1, due) for each in (PHONE, TABLET)} == at.group.unheard
    assert due == at.group.unheard_at
    at.step.now += 5
    note(at, at.group)
    assert due == at.group.unheard_at, "the time does not begin again with each commit"


def test_a_device_that_has_shown_up_or_is_gone_is_not_waited_for(home: Home, at: Talk) -> None:
    """It is no matter who of the two came first."""
    put(home, at, at.group, 1, PHONE, TABLET)
    shows(at, at.group)
    own_devices.note_gone(at.step.store, [TABLET.device])
    at.group.unheard = {TABLET.device.hex(): Unheard(1, START)}
    note(at, at.group)
    assert ({}, None) == (at.group.unheard, at.group.unheard_at)


# -- in a room of people --------------------------------------------------------------------------------------------


def test_a_device_that_is_not_heard_in_a_group_is_told_of_it_once(home: Home, at: Talk) -> None:
    """By the room that the devices share; nobody is removed from the group."""
    put(home, at, at.group)
    shows(at, home.shared_of(at))
    note(at, at.group)
    later(at, at.group, DAY_MS - 1)
    assert NOBODY == helped(at)
    later(at, at.group, HOUR * 2)
    assert (([], True), []) == (helped(at), at.group.intents)
    at.step.store.delete_value("devices-dirty")
    for _ in range(3):
        note(at, at.group)
        later(at, at.group)
    assert (NOBODY, None) == (helped(at), at.group.unheard_at)


def test_a_device_that_slept_helps_when_it_wakes(home: Home, at: Talk) -> None:
    """Also if the room's devices are looked at again in the very step in which that is overdue."""
    put(home, at, at.group)
    shows(at, home.shared_of(at))
    note(at, at.group)
    at.step.now += 9 * DAY_MS
    note(at, at.group)
    later(at, at.group, 0)
    assert ([], True) == helped(at)


def test_a_device_that_is_not_in_the_shared_room_yet_is_told_later(home: Home, at: Talk) -> None:
    """It would not read that."""
    put(home, at, at.group)
    note(at, at.group)
    later(at, at.group)
    assert (NOBODY, at.step.now + DAY_MS) == (helped(at), at.group.unheard_at)
    shows(at, home.shared_of(at))
    later(at, at.group)
    assert ([], True) == helped(at)


def test_a_device_that_showed_up_meanwhile_needs_no_help(home: Home, at: Talk) -> None:
    """Nor one that is out, or in again a moment ago."""
    put(home, at, at.group, 1, PHONE, TABLET, WATCH)
    for each in (PHONE, TABLET, WATCH):
        shows(at, home.shared_of(at), each)
    note(at, at.group)
    shows(at, at.group, PHONE)
    at.step.store.drop_devices(at.group.id, [TABLET.device, WATCH.device])
    at.step.store.put_devices([twin(home.stage, WATCH, at.group.id, 9, 2)])
    at.step.roster_changed(at.group.id)
    later(at, at.group)
    assert (NOBODY, {TABLET.device.hex(), WATCH.device.hex()}) == (helped(at), set(at.group.unheard))
    assert at.group.unheard_at is None
    at.group.boxes.append(msgspec.structs.replace(at.group.current, epoch=2, secret=bytes(32)))
    note(at, at.group)
    assert 2 == at.group.unheard[WATCH.device.hex()].since, "in a room of people its time begins again"


# -- in the room that the devices share ---------------------------------------------------------------------------


def test_a_device_that_never_came_is_let_in_again_and_told_everything(home: Home, at: Talk) -> None:
    """Once; who comes in again that way is not waited for, whoever of us did it."""
    room = home.shared_of(at)
    put(home, at, room)
    note(at, room)
    later(at, room)
    assert (([PHONE.device], False), True) == (helped(at), sync_out.owes(at.step.store, PHONE.device))
    room.intents = []
    put(home, at, room, 2)
    room.boxes.append(msgspec.structs.replace(room.current, epoch=2, secret=bytes(32)))
    for _ in range(3):
        note(at, room)
        later(at, room)
    assert (NOBODY, Unheard(2, 0)) == (helped(at), room.unheard[PHONE.device.hex()])


def test_who_was_let_in_again_by_another_is_not_let_in_by_us(home: Home, at: Talk) -> None:
    """Before our turn came."""
    room = home.shared_of(at)
    put(home, at, room)
    note(at, room)
    put(home, at, room, 2)
    room.boxes.append(msgspec.structs.replace(room.current, epoch=2, secret=bytes(32)))
    note(at, room)
    later(at, room)
    assert (NOBODY, Unheard(2, 0)) == (helped(at), room.unheard[PHONE.device.hex()])


@pytest.mark.parametrize("attempts", [1, welcomes.MAX_INVITES, welcomes.MAX_INVITES + 1])
def test_while_we_invite_it_we_wait(home: Home, at: Talk, attempts: int) -> None:
    """The device may be switched off. After the last invitation nobody else helps."""
    room = home.shared_of(at)
    put(home, at, room)
    note(at, room)
    welcomes._save(at.step, room, [Invite(at.me, [PHONE.device], b"", b"", 0, attempts)])
    later(at, room)
    waits = attempts <= welcomes.MAX_INVITES
    assert ([] if waits else [PHONE.device], False) == helped(at)
    assert (at.step.now + DAY_MS if waits else None) == room.unheard_at


@pytest.mark.parametrize("why", ["as long in as we", "a box is gone", "not on the card"])
def test_a_device_that_may_have_come_is_not_put_out(home: Home, at: Talk, why: str) -> None:
    """We cannot tell it from one that is switched off."""
    room = home.shared_of(at)
    put(home, at, room, 0 if why == "as long in as we" else 1, WATCH if why == "not on the card" else PHONE)
    note(at, room)
    if why == "a box is gone":
        room.boxes.append(msgspec.structs.replace(room.current, epoch=2, secret=bytes(32)))
        del room.boxes[1]
    later(at, room)
    assert (NOBODY, []) == (helped(at), waiting.waiting(at.step.store, "devices-owed"))


def test_a_shared_room_that_was_given_up_is_left_as_it_is(home: Home, at: Talk) -> None:
    """The devices settle on another one."""
    room = home.shared_of(at)
    put(home, at, room)
    note(at, room)
    own_devices.set_room(at.step.store, at.group.id)
    later(at, room)
    assert ([], None) == (room.intents, room.unheard_at)
