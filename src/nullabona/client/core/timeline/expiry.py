"""Disappearing messages: when a line's timer starts, and what happens when it ends (spec/room.md §6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from nullabona.client.core.model.content import Gone
from nullabona.client.core.model.facts.messages import MessageChanged, MessageGone
from nullabona.client.core.model.records import Message
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import erasure

_AT_ONCE: Final = 256


def start(step: Step, message: Message, since: int | None = None) -> None:
    """Start the timer of a line, now or at an earlier moment, if it has one that does not run yet."""
    current = step.store.message(message.room, message.id)
    if current is None or not current.timer_s or current.expires_at is not None:
        return
    begun = step.now if since is None else min(since, step.now)
    step.store.put_message(replace(current, expires_at=begun + current.timer_s * 1_000))
    if current.shown:
        step.tell(MessageChanged(current.room, current.id))


def read_upto(step: Step, room: bytes, position: int) -> None:
    """This account has read up to a position: start the timers of others' messages."""
    for message in step.store.timed_messages(room, position):
        start(step, message)


def sweep(step: Step) -> None:
    """Erase every line whose timer has ended."""
    while page := step.store.expired_messages(step.now, _AT_ONCE):
        for message in page:
            shown = message.shown
            erasure.erase(step, message, Gone("expired"))
            if shown:
                step.tell(MessageGone(message.room, message.id))
