"""A direct room that one of the two has left is opened again when the person writes there."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from nullabona.client.api.contacts import Contacts
from nullabona.client.api.errors import Offline, TimedOut
from nullabona.client.api.session import Session
from nullabona.client.core import commands, rooms
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.step import Step

_LOOK_UP_S: Final = 5.0


def is_closed(step: Step, room: bytes) -> bool:
    """Whether `reopen` must come before the person's next message."""
    return commands.must_reopen(step, step.room(room))


async def reopen(session: Session, room: bytes) -> None:
    """Open a direct room again, with the other person's newest card if the directory can be reached.

    Raises `NotInRoom` if they are no contact, `UnknownHandle` if their account is gone, `CardForked` if their handle
    leads to another account, `CardTooOld`.
    """
    with session.view() as step:
        contact = step.store.contact(rooms.other_of(step, step.room(room)))
    if contact is not None and contact.card:
        # The known card may list a device that they have removed since, or lack one.
        with suppress(TimedOut, Offline):
            await Contacts(session).look_up(contact.handle, timeout_s=_LOOK_UP_S)
    with session.step(room) as step:
        if commands.must_reopen(step, step.room(room)):
            commands.reopen(step, room, session.account_in(step.store).record.card)


def opening(step: Step, room: RoomState) -> str:
    """How far a direct room is open: see `RoomSummary.opening`."""
    if rooms.is_reopening(step, room):
        return "asked"
    if not rooms.is_over(step, room):
        return "adding" if rooms.awaits_other(step, room) else ""
    return "alone" if room.phase == JOINED and not rooms.leaving(step, room.id) else "left"
