"""What this device wants to commit to a room, and when it may (spec/room.md §3)."""

from __future__ import annotations

from typing import Final

from nullabona.client.core.model.proofs import RemovalOrder
from nullabona.client.core.model.state import BoxTrack, Intent, RemoveAccount, RoomState
from nullabona.client.core.step import Step

TEND_MS = 20_000
"""Within this time after a commit a device sees to it that its account's devices, and only they, are in."""
LOOK_MS = 60_000
"""So long a commit waits at most until the box was read: of a relay that is gone a device learns by what it sends."""
LOST_ADMIN: Final = 2
LOST_OTHERS: Final = 6
"""So often a removal loses before it is insisted on, by an admin and by whoever carries out an order."""


def want(room: RoomState, intent: Intent) -> None:
    """Remember what this device wants changed; it is redone until it holds or no longer makes sense."""
    if intent not in room.intents:
        room.intents.append(intent)


def want_out(room: RoomState, order: RemovalOrder) -> None:
    """Have an order carried out, in place of older ones for the same account."""
    room.intents = [i for i in room.intents if not isinstance(i, RemoveAccount) or i.account != order.account]
    want(room, RemoveAccount(order.account, order))


def look_first(step: Step, track: BoxTrack) -> None:
    """No commit in this box before it was read, or cannot be for so long: others may be in a later epoch already."""
    track.look_until = step.now + LOOK_MS


def lost(room: RoomState) -> None:
    """Another's commit that removes nobody came first. Count it, if we want somebody out."""
    room.beaten = room.beaten + 1 if _wanted(room) else 0


def insists(step: Step, room: RoomState) -> bool:
    """Whether no commit but one that removes somebody is taken now."""
    admin = step.me.account in room.info.admins
    return room.beaten >= (LOST_ADMIN if admin else LOST_OTHERS) and bool(_wanted(room))


def _wanted(room: RoomState) -> list[Intent]:
    pending = room.pending.intents if room.pending is not None else []
    return [intent for intent in [*room.intents, *pending] if isinstance(intent, RemoveAccount)]
