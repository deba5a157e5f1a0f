"""Our order to leave a room, until a member has carried it out (spec/room.md §3).

The order names the keys that our devices have in the room, so that an old order removes nobody who came back. If a
device's key changes before that (it renewed the key, or made a commit for another member), the order no longer covers
that device and we issue a new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from nullabona.client.core import rooms
from nullabona.client.core.account import own_devices
from nullabona.client.core.group import removal_orders
from nullabona.client.core.model.content import Leave
from nullabona.client.core.model.proofs import RemovalOrder
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import sending

HASH_SIZE: Final = 32


def say(step: Step, room: RoomState) -> None:
    """Send the room an order to remove our account, which any member may carry out."""
    order = _order(step, room)
    sending.send_note(step, room, Leave(order))
    rooms.note_leaving(step, order)


def say_again(step: Step, room: RoomState) -> None:
    """In a new epoch: issue another order if our devices have keys that the last one does not name."""
    known = step.store.get_value(rooms.leaving_key(room.id))
    if known is None:
        return
    keys = {sha256(device.encryption_key).digest() for device in _own(step, room)}
    if not keys <= {known[at : at + HASH_SIZE] for at in range(0, len(known), HASH_SIZE)}:
        say(step, room)


def heed(step: Step, room: RoomState, given: Sequence[RemovalOrder]) -> None:
    """Note the orders in a commit that one of our own devices signed to leave the room."""
    for order in given:
        if is_ours(step, room, order):
            rooms.note_leaving(step, order)


def is_ours(step: Step, room: RoomState, order: RemovalOrder) -> bool:
    """Whether a device of our own gave an order to leave the room, and not one that is revoked: others may not know of
    that yet and carry it out, but we do not.
    """
    gone = own_devices.gone(step.store)
    own = {device.signature_key for device in _own(step, room) if device.device not in gone}
    return order.account == step.local.account and order.signer in own


def carry_out(step: Step, room: RoomState) -> RemovalOrder | None:
    """Our order, if only our own devices are in the room, so that we have to carry it out ourselves; else None."""
    if not rooms.leaving(step, room.id):
        return None
    alone = len(_own(step, room)) == len(step.roster(room.id)) > 1
    return _order(step, room) if alone else None


def is_last(step: Step, room: RoomState) -> bool:
    """Whether we want to leave and this device is the only one left in the room."""
    return rooms.leaving(step, room.id) and len(step.roster(room.id)) == 1


def _order(step: Step, room: RoomState) -> RemovalOrder:
    return removal_orders.make(step, room, _own(step, room))


def _own(step: Step, room: RoomState) -> list[Device]:
    return [device for device in step.roster(room.id).values() if device.account == step.local.account]
