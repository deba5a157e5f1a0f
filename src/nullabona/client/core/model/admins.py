"""The admins of a group after a member has left: agreed state, so that all members decide alike (spec/room.md §3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from nullabona.client.core.model.records import Device
from nullabona.client.core.model.room_info import GROUP, RoomInfo


def settled(info: RoomInfo, staying: Mapping[int, Device], added: Collection[bytes] = ()) -> RoomInfo:
    """What a commit has to make of a room's info. ``staying``: the devices by leaf that were and are in; ``added``: the
    accounts that come in with it.

    An admin who is gone loses the role, even if they come back later. If no admin is left, the remaining account with
    the lowest leaf becomes one: whatever two admins do at the same time, a group is never without.
    """
    if info.kind != GROUP or not staying:
        return info
    present = {device.account for device in staying.values()} | set(added)
    admins = tuple(account for account in info.admins if account in present) or (staying[min(staying)].account,)
    return info if admins == info.admins else msgspec.structs.replace(info, admins=admins)
