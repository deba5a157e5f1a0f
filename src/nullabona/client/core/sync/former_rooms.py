"""What a device keeps of a room whose keys it gave up: enough to let others back in if no member has keys any more.

That is a ticket of the epoch it was in (spec/room.md §7): GroupInfo, tree and room secret, no ratchet and no private
key. The ticket gives no new ability to send or read. We delete it when the device is back, or out, or after the number
of days that a box is kept.
"""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core.group import branch_history, rulings
from nullabona.client.core.model import move_orders
from nullabona.client.core.model.inbox_items import Ticket
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step, way_key

KEEP_DAYS: Final = 30


class Kept(msgspec.Struct, array_like=True, frozen=True):
    """``accounts``: who was in the room; ``day``: when its keys were given up."""

    ticket: bytes
    accounts: tuple[bytes, ...]
    day: int

    def __repr__(self) -> str:
        return "<Kept>"


_kept = msgspec.msgpack.Decoder(Kept)
_tickets = msgspec.msgpack.Decoder(Ticket)


def make_ticket(step: Step, room: RoomState) -> Ticket:
    """A ticket for another device into the current epoch."""
    track, group = room.current, step.group(room)
    return Ticket(
        room.id,
        room.epoch,
        track.secret,
        group.group_info(),
        group.ratchet_tree(),
        track.incarnation,
        track.position,
        branch_history.told(room),
        move_orders.to_carry(room),
        *rulings.to_carry(room),
    )


def keep(step: Step, room: RoomState) -> bytes:
    """The encoded ticket, to be stored with `put` once the room is forgotten."""
    ticket = msgspec.msgpack.encode(make_ticket(step, room))
    accounts = {device.account for device in step.roster(room.id).values()}
    return msgspec.msgpack.encode(Kept(ticket, tuple(sorted(accounts)), step.day))


def put(step: Step, room: bytes, kept: bytes) -> None:
    step.store.set_value(way_key(room), kept)


def ticket_for(step: Step, room: bytes, account: bytes) -> Ticket | None:
    """The kept ticket, for an account that was in the room when we gave up its keys."""
    data = step.store.get_value(way_key(room))
    if data is None:
        return None
    found = _kept.decode(data)
    if step.day - found.day > KEEP_DAYS:
        step.forget_way(room)
        return None
    return _tickets.decode(found.ticket) if account in found.accounts else None
