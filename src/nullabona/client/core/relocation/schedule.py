"""When a room is searched for at other relays (spec/relocation.md §5)."""

from __future__ import annotations

from nullabona.client.core.model import move_orders
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.step import Step


def begin(step: Step, room: RoomState, *, soon: bool = False) -> None:
    """There is reason to look: the relay is out of reach, or an order has been heard of."""
    room.scout_since, room.scout_turn = step.now, 0
    room.scout_at = step.now + 1 if soon else step.within(step.timing.scout) + 1
    room.unreachable_at = step.now + step.timing.silence + step.rng.between(0, step.timing.silence)


def again(step: Step, room: RoomState) -> None:
    """Somebody who may move the room, or we, have another relay now: look there soon."""
    if room.phase == JOINED and room.scout_at:
        room.scout_at = min(room.scout_at, step.within(step.timing.scout // 4) + 1)


def card_changed(step: Step, account: bytes) -> None:
    """An account has another relay than before: rooms that it may move are looked for there."""
    for id in step.store.rooms():
        room = step.find_room(id)
        if room is not None and room.phase == JOINED and move_orders.may_move(room.info, account):
            again(step, room)


def relay_changed(step: Step, before: str) -> None:
    """Our own account has left a relay: rooms that are still there are looked for where we are now."""
    for id in step.store.rooms():
        room = step.find_room(id)
        if room is not None and room.phase == JOINED and room.relay in {before, *step.down}:
            begin(step, room, soon=True)
