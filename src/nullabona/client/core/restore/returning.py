"""Coming back into rooms for which we have history but no keys: after a restore, or when a profile was copied back.

We never reuse ratchet state. The room stays readable until a member sends a ticket; then this device is in it with a
new leaf, and its account's old leaf is removed (spec/devices.md §8).
"""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core import acquaintance
from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery import box_log, inbox_sending
from nullabona.client.core.delivery.outbox import queue_last
from nullabona.client.core.group import evidence
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.branches import RETURNING, Helper, Rejoin, helpers_of
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.facts.rooms import RoomChanged
from nullabona.client.core.model.gaps import Gap
from nullabona.client.core.model.inbox_items import TicketRequest
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.room_info import DEVICES, RoomInfo, decode_info, encode_info
from nullabona.client.core.model.state import JOINED, REJOINING, RoomState
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.sync import former_rooms
from nullabona.client.core.timeline import gaps
from nullabona.wire.frame import Kind

RESTORED: Final = "restored"
"""Store key: this device was restored from the recovery phrase, a backup or a copy of its folder."""
RESTORED_NOW: Final = b"new"
"""Its value while nobody was asked yet."""
_EXPECTED: Final = "expected-rooms"


def begin(step: Step, room_id: bytes, info: RoomInfo, members: list[Helper], told_by: bytes = b"") -> None:
    """This account is in the room, by our memory or by the statement of account ``told_by``: ask its ``members`` for a
    way back.

    For the room that our devices share, only those devices are asked.
    """
    if step.find_room(room_id) is not None:
        return
    room, ours = RoomState(room_id, info, REJOINING, [], told_by=told_by), info.kind == DEVICES
    _ask(step, room, [member for member in members if (member.account == step.local.account) == ours])
    step.add_room(room)
    if not ours and step.store.get_value(RESTORED) is not None:
        room.gap = Gap(None)
        gaps.begin(step, room)


class Expected(msgspec.Struct, array_like=True, frozen=True):
    """A room that another device of the account is in and will let us into."""

    room: bytes
    info: bytes
    members: tuple[Helper, ...]
    due: int


_expected = msgspec.msgpack.Decoder(list[Expected])


def expect(step: Step, room_id: bytes, info: RoomInfo, members: list[Helper]) -> None:
    """Another device of ours is in the room and will add us. If it is lost before that, we ask members ourselves."""
    if step.find_room(room_id) is not None:
        return
    due = step.now + step.timing.silence + step.rng.between(0, step.timing.silence)
    others = [each for each in expected(step) if each.room != room_id]
    _keep(step, [*others, Expected(room_id, encode_info(info), tuple(members), due)])


def expected(step: Step) -> list[Expected]:
    """Rooms that another device reported and that we may not be in yet."""
    data = step.store.get_value(_EXPECTED)
    return _expected.decode(data) if data else []


def come_after_all(step: Step) -> None:
    """Ask members of the rooms to which our other devices have not added us in time."""
    late = [each for each in expected(step) if each.due <= step.now]
    if late:
        _keep(step, [each for each in expected(step) if each.due > step.now])
    for each in late:
        begin(step, each.room, decode_info(each.info), list(each.members))


def next_due(step: Step) -> int | None:
    """When `come_after_all` has something to do, in ms."""
    return min((each.due for each in expected(step)), default=None)


def _keep(step: Step, rooms: list[Expected]) -> None:
    if rooms:
        step.store.set_value(_EXPECTED, msgspec.msgpack.encode(rooms))
    else:
        step.store.delete_value(_EXPECTED)


def note_restored(store: Store) -> None:
    """The account restarts on this device, or continues from a copy: ask contacts for rooms that it does not know
    (`core.restore.seeking`). In the caller's transaction.
    """
    store.set_value(RESTORED, RESTORED_NOW)


def copied_back(step: Step, room: RoomState) -> None:
    """Our own leaf has signed something here that this profile does not know: the profile is a copy from before that.

    Its ratchet positions may be used already, so we send nothing more from that leaf. Only a holder of this device's
    key, for example with a copy of the folder, can cause this. We ask no contact for other rooms: otherwise such a
    holder could at any time make this device show an observer of the relay whom the account knows.
    """
    if room.phase == JOINED:
        forsake(step, room)
        step.tell(Warned(room=room.id, code="copied-back"))


def forsake_all(step: Step) -> None:
    """The profile's own files show that it is a copy: use no room's keys again, and ask contacts for newer rooms."""
    for room in step.store.rooms():
        forsake(step, step.room(room))
    note_restored(step.store)
    step.tell(Warned(code="copied-back"))


def forsake(step: Step, room: RoomState) -> None:
    """Forget everything about a room but its messages and the way back, because its keys must not be used again."""
    if room.phase != JOINED:
        return
    roster = list(step.roster(room.id).values())
    members = [device for device in roster if device.account != step.local.account]
    left = RoomState(room.id, room.info, REJOINING, [], read_upto=room.read_upto, rulings=room.rulings, went=room.went)
    left.gap = gaps.forsaken(step, room)
    way, owed = former_rooms.keep(step, room), box_log.last_words(step, room)
    for track in room.boxes:
        step.store.delete_value(box_log.winner_key(track))
    step.forget_room(room.id)
    step.mls.forget(room.id)
    if room.info.kind == DEVICES:
        own_devices.forget_room(step.store, room.id)
        listed = {device.id for device in own_devices.others(step)}
        members = [device for device in roster if device.device in listed]
        if not members:
            return
        own_devices.set_room(step.store, room.id)
    _ask(step, left, helpers_of(members))
    step.add_room(left)
    gaps.begin(step, left)
    former_rooms.put(step, room.id, way)
    for track, claim in owed:
        queue_last(step, left, track, Kind.SETTLED, claim)


def begin_elsewhere(step: Step, room_id: bytes, info: RoomInfo, members: list[Helper], told_by: bytes) -> None:
    """The person found that another version of the room is the real one: go there, and forget the way into this one."""
    old = step.find_room(room_id)
    if old is not None:
        forsake(step, old)
        step.forget_way(room_id)
        step.forget_room(room_id)
    begin(step, room_id, info, members, told_by)
    if old is not None:
        step.room(room_id).doubted = old.doubted
        step.tell(RoomChanged(room_id, info.name, info.admins, info.timer_s))


def _ask(step: Step, room: RoomState, members: list[Helper]) -> None:
    room.rejoin = Rejoin(RETURNING, 0, b"", [], members, step.within(step.timing.ticket))


def look_after(step: Step, room: RoomState) -> None:
    """Ask the next member when it is time. After each round the pause doubles, up to a day."""
    rejoin = room.rejoin
    if rejoin is None or rejoin.next_at > step.now or not rejoin.helpers:
        return
    helper = rejoin.helpers[rejoin.attempts % len(rejoin.helpers)]
    rejoin.attempts += 1
    inbox_sending.post(step, helper.account, helper.handle, TicketRequest(room.id, 0, b""))
    if rejoin.attempts > len(rejoin.helpers) and not acquaintance.is_blocked(step.store, helper.account):
        inbox_addresses.look_again(step, helper.handle)
    rounds, place = divmod(rejoin.attempts, len(rejoin.helpers))
    pause = min(step.timing.ticket << min(rounds, 12), DAY_MS) if place == 0 else step.timing.ticket
    rejoin.next_at = step.now + pause + step.rng.between(0, step.timing.ticket)


def told_gone(step: Step, room: RoomState, account: bytes) -> bool:
    """A member says that this account is no longer in the room. Whether to believe it: that member could have removed
    the account, or everybody says so (`evidence.given_up`).
    """
    rejoin = room.rejoin
    if rejoin is None:
        return False
    if account not in rejoin.gone:
        rejoin.gone.append(account)
    return evidence.may_put_us_out(step, room, account) or evidence.given_up(step, room, rejoin)
