"""What this device wants to commit to a room, and when it may (spec/room.md §3)."""

from __future__ import annotations

from typing import Final

from nullabona.client.core.model.intents import Intent, RemoveAccount
from nullabona.client.core.model.proofs import RemovalOrder
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import Step

TEND_MS = 20_000
"""Within this time after a commit, a device makes sure that its account's devices, and only they, are in the room."""
LOOK_MS = 60_000
"""Longest wait of a commit for a read of the box. Then it is sent anyway: that shows whether the relay is gone."""
LOST_ADMIN: Final = 2
LOST_OTHERS: Final = 6
"""How often a removal loses before we insist on it: as an admin, and as a member who carries out an order."""


def want(room: RoomState, intent: Intent) -> None:
    """Remember a change that this device wants, until it holds or no longer makes sense."""
    if intent not in room.intents:
        room.intents.append(intent)


def want_out(room: RoomState, order: RemovalOrder) -> None:
    """Carry out an order, in place of older ones for the same account."""
    room.intents = [i for i in room.intents if not isinstance(i, RemoveAccount) or i.account != order.account]
    want(room, RemoveAccount(order.account, order))


def carried_out(step: Step, room: RoomState) -> None:
    """Drop the removals of accounts that are out. If one is let in again, its old order could still name its key."""
    present = {device.account for device in step.roster(room.id).values()}
    room.intents = [i for i in room.intents if not isinstance(i, RemoveAccount) or i.account in present]


def look_first(step: Step, track: BoxTrack) -> None:
    """Make no commit in this box until it was read, or for `LOOK_MS`: others may already be in a later epoch."""
    track.look_until = step.now + LOOK_MS


def lost(room: RoomState) -> None:
    """Another's commit that removes nobody came first. Count it if we want to remove somebody."""
    room.beaten = room.beaten + 1 if _wanted(room) else 0


def insists(step: Step, room: RoomState) -> bool:
    """Whether we now accept only commits that remove somebody."""
    admin = step.local.account in room.info.admins
    return room.beaten >= (LOST_ADMIN if admin else LOST_OTHERS) and bool(_wanted(room))


def _wanted(room: RoomState) -> list[Intent]:
    pending = room.pending.intents if room.pending is not None else []
    return [intent for intent in [*room.intents, *pending] if isinstance(intent, RemoveAccount)]
