"""Who is writing: sent at most every five seconds and only if the person allows it; ends by itself (§6)."""

from __future__ import annotations

from typing import Final

from nullabona.client.core import preferences
from nullabona.client.core.model import content
from nullabona.client.core.model.facts.messages import Typing
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step

LASTS_MS: Final = 8_000
_STALE_MS: Final = 20_000
"""Older notes (a device was away, or its clock is wrong) are not shown."""


def heard(step: Step, room: RoomState, account: bytes, sent_at: int, said: content.Typing) -> None:
    """A member has started or stopped writing."""
    if account != step.local.account and abs(step.now - sent_at) < _STALE_MS and preferences.profile(step.store).typing:
        step.tell(Typing(room.id, account, step.now + LASTS_MS if said.on else 0))


def spoke(step: Step, room: RoomState, account: bytes) -> None:
    """A member who has sent a message has stopped writing."""
    if account != step.local.account:
        step.tell(Typing(room.id, account, 0))
