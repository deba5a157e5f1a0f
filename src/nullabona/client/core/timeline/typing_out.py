"""Tell a room that this account is writing: at most every five seconds, and only if the person wants that."""

from __future__ import annotations

from typing import Final

from nullabona.client.core import acquaintance, preferences
from nullabona.client.core.model.content import Typing
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import sending
from nullabona.client.core.timeline.typing import LASTS_MS

PAUSE_MS: Final = 5_000


def say(step: Step, room: RoomState, *, on: bool) -> None:
    """Tell the room that this account is writing or has stopped, unless that was told a moment ago."""
    waited = step.now - room.typing_at
    if room.phase != JOINED or not preferences.profile(step.store).typing or 0 <= waited < PAUSE_MS:
        return
    if not on and waited >= LASTS_MS:
        return
    quiet = sending.held(step, room) or acquaintance.is_shut(step.store, room.info)
    if not quiet and step.others(room, room.epoch):
        room.typing_at = step.now
        sending.send_fleeting(step, room, Typing(on))
