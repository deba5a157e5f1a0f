"""Changes that only our branch has made, to be made again on the branch we move to (spec/room.md §7)."""

from __future__ import annotations

from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.state import Intent, Merged, RemoveAccount, RoomState


def to_redo(room: RoomState, rejoin: Rejoin) -> list[Intent]:
    """What we want of the room, and what this branch has done and the other has not: to be done there."""
    intents = list(room.intents)
    if room.pending is not None:
        intents += room.pending.intents
    for merged in _undone(room, rejoin):
        intents += merged.mine
        intents += [RemoveAccount(order.account, order) for order in merged.orders]
    return [intent for index, intent in enumerate(intents) if intent not in intents[:index]]


def _undone(room: RoomState, rejoin: Rejoin) -> list[Merged]:
    """What this branch did since the fork and the other one has not: to be redone there."""
    if not rejoin.commit:
        return []
    return [merged for merged in room.history if merged.epoch >= rejoin.epoch and merged.commit != rejoin.commit]
