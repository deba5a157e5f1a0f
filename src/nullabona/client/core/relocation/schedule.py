"""When we search for a room at other relays (spec/relocation.md §5)."""

from __future__ import annotations

from nullabona.client.core.model import move_orders
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.step import Step


def begin(step: Step, room: RoomState, *, soon: bool = False) -> None:
    """Schedule a search: the relay is unreachable, or we have learned of an order."""
    room.scout_since, room.scout_turn = step.now, 0
    room.scout_at = step.now + 1 if soon else step.within(step.timing.scout) + 1
    room.unreachable_at = step.now + step.timing.silence + step.rng.between(0, step.timing.silence)


def again(step: Step, room: RoomState) -> None:
    """We, or an account that may move the room, have another relay now: search there soon."""
    if room.phase == JOINED and room.scout_at:
        room.scout_at = min(room.scout_at, step.within(step.timing.scout // 4) + 1)


def card_changed(step: Step, account: bytes) -> None:
    """An account has a new relay: search there for the rooms that it may move."""
    for id in step.store.rooms():
        room = step.find_room(id)
        if room is not None and room.phase == JOINED and move_orders.may_move(room.info, account):
            again(step, room)


def relay_changed(step: Step, before: str) -> None:
    """Our own account has left a relay: search for rooms that are still there at our new relay."""
    for id in step.store.rooms():
        room = step.find_room(id)
        if room is not None and room.phase == JOINED and room.relay in {before, *step.down}:
            begin(step, room, soon=True)
