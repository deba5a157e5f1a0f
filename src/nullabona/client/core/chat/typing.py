"""Who is writing: told at most every five seconds and only if the person wants that; ends by itself (§6)."""

from __future__ import annotations

from typing import Final

from nullabona.client.core import acquaintance, messages, preferences
from nullabona.client.core.content import Typing
from nullabona.client.core.records import Writing
from nullabona.client.core.state import JOINED, RoomState
from nullabona.client.core.step import Step

PAUSE_MS: Final = 5_000
LASTS_MS: Final = 8_000
_STALE_MS: Final = 20_000
"""Older words (a device was away, or its clock is wrong) are not shown."""


def say(step: Step, room: RoomState, *, on: bool) -> None:
    """Tell the room that this account is writing or has stopped, unless that was told a moment ago."""
    waited = step.now - room.typing_at
    if room.phase != JOINED or not preferences.profile(step.store).typing or 0 <= waited < PAUSE_MS:
        return
    if not on and waited >= LASTS_MS:
        return
    quiet = messages.held(step, room) or acquaintance.is_shut(step.store, room.info)
    if not quiet and step.others(room, room.epoch):
        room.typing_at = step.now
        messages.send_fleeting(step, room, Typing(on))


def heard(step: Step, room: RoomState, account: bytes, sent_at: int, said: Typing) -> None:
    """Somebody says that they are writing, or not any more."""
    if account != step.me.account and abs(step.now - sent_at) < _STALE_MS and preferences.profile(step.store).typing:
        step.writing.append(Writing(room.id, account, step.now + LASTS_MS if said.on else 0))


def spoke(step: Step, room: RoomState, account: bytes) -> None:
    """Whoever has sent a message is not writing it any more."""
    if account != step.me.account:
        step.writing.append(Writing(room.id, account, 0))
