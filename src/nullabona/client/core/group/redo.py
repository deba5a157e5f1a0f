"""Changes that only our branch made and that we redo on the branch we move to (spec/room.md §7)."""

from __future__ import annotations

from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.state import Intent, Merged, RemoveAccount, RoomState


def to_redo(room: RoomState, rejoin: Rejoin) -> list[Intent]:
    """Our open intents, and the changes of this branch that the other branch lacks."""
    intents = list(room.intents)
    if room.pending is not None:
        intents += room.pending.intents
    for merged in _undone(room, rejoin):
        intents += merged.mine
        intents += [RemoveAccount(order.account, order) for order in merged.orders]
    return [intent for index, intent in enumerate(intents) if intent not in intents[:index]]


def _undone(room: RoomState, rejoin: Rejoin) -> list[Merged]:
    """This branch's commits since the fork that the other branch lacks."""
    if not rejoin.commit:
        return []
    return [merged for merged in room.history if merged.epoch >= rejoin.epoch and merged.commit != rejoin.commit]
