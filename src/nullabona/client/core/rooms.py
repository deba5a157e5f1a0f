"""Which rooms this account shares with other accounts, and which it has asked to leave."""

from __future__ import annotations

from nullabona.client.core.model.errors import NotInRoom
from nullabona.client.core.model.intents import AddAccount, Intent, RemoveAccount
from nullabona.client.core.model.proofs import RemovalOrder
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.model.state import JOINED, REJOINING, REMOVED, RoomState
from nullabona.client.core.step import Step


def joined_room(step: Step, id: bytes) -> RoomState:
    """A room that this device is in. Raises `NotInRoom`."""
    room = step.room(id)
    if room.phase != JOINED:
        raise NotInRoom("you are not in this room any more")
    return room


def note_leaving(step: Step, order: RemovalOrder) -> None:
    """Note an order to leave that one of our devices signed."""
    step.store.set_value(leaving_key(order.room), b"".join(order.leaves))


def leaving(step: Step, room: bytes) -> bool:
    """Whether we have asked to leave a room and no member has carried that out yet."""
    return step.store.get_value(leaving_key(room)) is not None


def forget_leaving(step: Step, room: bytes) -> None:
    """Forget the order to leave: we are out, or stay."""
    step.store.delete_value(leaving_key(room))


def leaving_key(room: bytes) -> str:
    return f"leaving:{room.hex()}"


def shared_rooms(step: Step, account: bytes) -> list[bytes]:
    """The rooms that we know to share with an account, and the direct room with it in any state."""
    found = []
    contact = step.store.contact(account)
    for id in step.store.rooms():
        room = step.find_room(id)
        here = room is not None and room.phase in {JOINED, REJOINING}
        if (here and account in {device.account for device in step.roster(id).values()}) or (
            contact is not None and contact.room == id
        ):
            found.append(id)
    return found


def talking_in(step: Step, account: bytes) -> RoomState | None:
    """The direct room that we share with an account, or to which we have added it; not one that we want to leave or
    want to rejoin.
    """
    for id in step.store.rooms():
        room = step.find_room(id)
        if room is None or room.phase not in {JOINED, REJOINING} or account not in room.info.pair:
            continue
        if room.rejoin is None and not leaving(step, id) and account in _in_or_coming(step, room):
            return room
    return None


def _in_or_coming(step: Step, room: RoomState) -> set[bytes]:
    """The accounts that are in a room and stay, or that this device is adding."""
    going = {intent.account for intent in _wanted(room) if isinstance(intent, RemoveAccount)}
    return _coming(room) | {device.account for device in step.roster(room.id).values()} - going


def _coming(room: RoomState) -> set[bytes]:
    return {intent.account for intent in _wanted(room) if isinstance(intent, AddAccount)}


def _wanted(room: RoomState) -> list[Intent]:
    return [*room.intents, *(room.pending.intents if room.pending else ())]


# -- direct rooms that somebody has left --------------------------------------------------------------------------


def other_of(step: Step, room: RoomState) -> bytes:
    """The other account of a direct room; empty for a group."""
    if room.info.kind != DIRECT:
        return b""
    return next((account for account in room.info.pair if account != step.local.account), b"")


def is_over(step: Step, room: RoomState) -> bool:
    """Whether nobody hears us in a direct room: we are out of it or want to be, or the other account is out.

    Not if this device alone was put out: the account's other devices go on there, and the room is theirs to open.
    """
    other = other_of(step, room)
    if not other or room.rejoin is not None or room.phase == REJOINING or put_out_alone(step, room):
        return False
    return room.phase != JOINED or leaving(step, room.id) or other not in _in_or_coming(step, room)


def put_out_alone(step: Step, room: RoomState) -> bool:
    """Whether this device was removed from a room that its account did not leave: other devices of it are in.

    Then they have unlinked it, and it hears of that from the account's card later.
    """
    if room.phase != REMOVED:
        return False
    return any(
        device.account == step.local.account and device.device != step.local.device
        for device in step.roster(room.id).values()
    )


def awaits_other(step: Step, room: RoomState) -> bool:
    """Whether we are adding the other account to a direct room: what it did not see added it could not read."""
    other = other_of(step, room)
    if not other or other not in _coming(room):
        return False
    return all(device.account != other for device in step.roster(room.id).values())


def is_reopening(step: Step, room: RoomState) -> bool:
    """Whether we are out of a direct room, or want to be, and have asked the other account to talk again."""
    other = other_of(step, room)
    if not other or room.phase == REJOINING or (room.phase == JOINED and not leaving(step, room.id)):
        return False
    contact = step.store.contact(other)
    return contact is not None and contact.state is ContactState.REQUESTED and contact.room == room.id


def room_to_write_in(step: Step, id: bytes) -> RoomState:
    """A room that this device is in, or that it will be in again. Raises `NotInRoom`."""
    room = step.room(id)
    return room if is_reopening(step, room) else joined_room(step, id)
