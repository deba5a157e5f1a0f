"""Makes sure that all devices of the account, and no removed ones, are in every room that this device is in.

Each device does this by itself, after a random delay, so that usually one does it for all (spec/devices.md §4).
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Final

import msgspec

from nullabona.client.core import rooms
from nullabona.client.core.account import own_devices
from nullabona.client.core.devices import inbox_state, sync_out, unheard, unlisted
from nullabona.client.core.directory.keeping import note_own_card
from nullabona.client.core.group import commits, intents
from nullabona.client.core.group.create import create_room
from nullabona.client.core.model.errors import MlsRefused
from nullabona.client.core.model.facts.account import DevicesChanged, SignedOut
from nullabona.client.core.model.facts.signals import ReplyBoxesChanged
from nullabona.client.core.model.intents import AddAccount, Intent, RemoveDevice
from nullabona.client.core.model.room_info import DEVICES, RoomInfo
from nullabona.client.core.model.state import JOINED, REJOINING, DeviceChanges, RoomState
from nullabona.client.core.model.sync_items import CardItem
from nullabona.client.core.step import Step
from nullabona.wire.card import Card

_AT_ONCE: Final = 3
"""How often we add or remove the same device in a room without extra delay."""
_LONGEST_MS: Final = 6 * 3_600_000
_DOUBLINGS: Final = 16
"""More doublings than needed to reach the longest delay."""
_FORGOTTEN_MS: Final = 86_400_000
"""After this time without a change, the count is forgotten."""
_ASKED_ENOUGH: Final = 8
"""How often, over an hour and a half, we ask for a way back into the shared room before we make a new one."""


def soon(step: Step, within_ms: int = intents.TEND_MS) -> None:
    """The list of devices changed: schedule a check of every room."""
    for id in step.store.rooms():
        room = step.find_room(id)
        if room is not None and room.phase == JOINED:
            room.tend_at = step.within(within_ms) + 1


def changed_here(step: Step, card: Card) -> None:
    """This device made a card that adds or revokes a device: send it to the others before anything follows from it."""
    note_own_card(step.store, card.hash)
    own_devices.note_card(step.store, card.encoded)
    _share(step)
    sync_out.tell_now(step, CardItem(card.encoded))
    sync_out.note(step, sync_out.CARD)
    step.tell(DevicesChanged())
    soon(step, 0)


def follow(step: Step, card: Card) -> None:
    """The directory has a newer card of the account than this device knew: follow it, or sign out.

    A device restored from a copy may have made that card itself, and not know the shared room that it made then.
    """
    if all(device.certificate.device_id != step.local.device for device in card.devices):
        sign_out(step)
        return
    own_devices.note_card(step.store, card.encoded)
    inbox_state.follow(step, card)
    if own_devices.leads(step):
        _share(step)
    soon(step)
    shown(step)


def shown(step: Step) -> None:
    """The directory shows the newest card known here: judge unlisted devices."""
    if unlisted.judge(step):
        sync_out.note(step, sync_out.CARD)
        step.tell(DevicesChanged())
        soon(step)


def share_anew(step: Step, room: RoomState) -> None:
    """Make a new shared room if nobody lets this device back into the old one: perhaps nobody else was ever in it."""
    asked = room.rejoin.attempts if room.info.kind == DEVICES and room.rejoin is not None else 0
    if asked >= _ASKED_ENOUGH and own_devices.leads(step) and own_devices.room_id(step.store) == room.id:
        _share(step)


def _share(step: Step) -> None:
    """Make the room that the devices share, unless this is the only device or is in such a room."""
    if own_devices.others(step) and own_devices.shared(step) is None:
        own_devices.set_room(step.store, create_room(step, RoomInfo(1, DEVICES, "", step.local.relay)).id)


def sign_out(step: Step, *, unasked: bool = True) -> None:
    """This device no longer belongs to the account: it leaves every room without looking for a way back, leaves the
    inbox to the others, and keeps its history.

    ``unasked``: it was not done on this device, so we warn the person.
    """
    if own_devices.is_signed_out(step.store):
        return
    inbox_state.leave(step)
    own_devices.note_signed_out(step.store)
    step.tell(ReplyBoxesChanged())
    for id in step.store.rooms():
        room = step.find_room(id)
        if room is not None and room.phase in {JOINED, REJOINING}:
            commits.leave_room(step, room)
        elif room is not None:
            room.rejoin = None
    if unasked:
        step.tell(SignedOut())


def look_after(step: Step, room: RoomState) -> None:
    """Add and remove this account's devices in a room, if that is due."""
    if not step.due(room.tend_at):
        return
    room.tend_at = None
    if own_devices.leads(step) and not own_devices.room_id(step.store):
        _share(step)
    present = {
        device.device: device for device in step.roster(room.id).values() if device.account == step.local.account
    }
    unlisted.note(step, present)
    unheard.note(step, room, present)
    wanted = [*room.intents, *(room.pending.intents if room.pending is not None else [])]
    _bring_in(step, room, present, wanted)
    for id in own_devices.gone(step.store):
        out = RemoveDevice(id)
        if id in present and id != step.local.device and out not in wanted and _may_see_to(step, room, id):
            intents.want(room, out)


def _bring_in(step: Step, room: RoomState, present: Container[bytes], wanted: Sequence[Intent]) -> None:
    card = own_devices.card(step.store)
    if card is None or rooms.leaving(step, room.id):
        return
    absent = [device for device in own_devices.others(step) if device.id not in present and _whole(step, device)]
    coming = {package for intent in wanted if isinstance(intent, AddAccount) for package in intent.key_packages}
    more = [d.key_package for d in absent if d.key_package not in coming and _may_see_to(step, room, d.id)]
    if more:  # of several intents to add an account's devices only the newest counts, so it names all of them
        packages = tuple(d.key_package for d in absent if d.key_package in coming or d.key_package in more)
        inbox = msgspec.msgpack.encode(card.inbox)
        intents.want(room, AddAccount(step.local.account, step.local.handle, packages, inbox))


def _may_see_to(step: Step, room: RoomState, device: bytes) -> bool:
    """Whether it is time to add or remove a device. If so, count it; if not, schedule another check.

    If two devices of the account disagree about a third, as after a folder was copied back, one adds it whenever the
    other has removed it. They do so with growing delays, until the public record corrects one of them.
    """
    known = room.device_changes.get(device.hex())
    if known is None or step.now - known.last > _FORGOTTEN_MS:
        known = room.device_changes[device.hex()] = DeviceChanges(0, 0)
    again = min(known.times - _AT_ONCE, _DOUBLINGS)
    wait = min(intents.TEND_MS << again, _LONGEST_MS) if again >= 0 else 0
    if step.now < known.last + wait:
        due = known.last + wait
        room.tend_at = min(room.tend_at or due, due)
        return False
    known.times, known.last = known.times + 1, step.now
    return True


def _whole(step: Step, device: own_devices.OwnDevice) -> bool:
    try:
        return step.mls.key_package_owner(device.key_package) == device.signature_key
    except MlsRefused:
        return False
