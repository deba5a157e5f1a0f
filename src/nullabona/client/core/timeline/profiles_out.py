"""Send the own profile to a room when it is due."""

from __future__ import annotations

from nullabona.client.core import acquaintance, messages
from nullabona.client.core.chat import profiles
from nullabona.client.core.state import RoomState
from nullabona.client.core.step import Step


def look_after(step: Step, room: RoomState) -> None:
    """Send the profile if it is due; to somebody who was blocked meanwhile when they are no more."""
    if acquaintance.is_shut(step.store, room.info):
        room.profile_at = 0
    if 0 < room.profile_at <= step.now and not messages.held(step, room):
        room.profile_at = 0
        room.profile_late = False
        if step.others(room, room.epoch):
            messages.send(step, room, profiles.own(step))
