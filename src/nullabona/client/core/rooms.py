"""Which rooms this account shares with other accounts, and which it has asked to leave."""

from __future__ import annotations

from nullabona.client.core.model.errors import NotInRoom
from nullabona.client.core.model.proofs import RemovalOrder
from nullabona.client.core.model.state import JOINED, REJOINING, AddAccount, RoomState
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
        if room.rejoin is not None or leaving(step, id):
            continue
        wanted = [*room.intents, *(room.pending.intents if room.pending else ())]
        coming = {intent.account for intent in wanted if isinstance(intent, AddAccount)}
        if account in coming | {device.account for device in step.roster(id).values()}:
            return room
    return None
