"""Messages that were written in a direct room after we had left it (spec/room.md §9).

They wait for the other person. If we come back into the same room, they are sent like any others. If both had left, the
two talk in a new room from then on: what waited is sent there.
"""

from __future__ import annotations

from nullabona.client.core import rooms
from nullabona.client.core.model.content import Text
from nullabona.client.core.model.facts.messages import MessageGone
from nullabona.client.core.model.records import MessageState
from nullabona.client.core.model.state import JOINED, REJOINING, RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import kinds, sending


def carry_over(step: Step, room: RoomState) -> None:
    """Send in a new room of two what waits in those that both accounts have left.

    Who was in them decides. Which room a contact is said to have, any device of the account may say.
    """
    other = rooms.other_of(step, room)
    for id in step.store.rooms():
        old = step.find_room(id)
        if old is not None and id != room.id and other and rooms.other_of(step, old) == other:
            _carry_over(step, old, room)


def _carry_over(step: Step, old: RoomState, room: RoomState) -> None:
    if old.phase in {JOINED, REJOINING}:
        return
    for message in step.store.own_messages(old.id, (MessageState.WAITING,)):
        body = kinds.stored(message)
        if isinstance(body, Text) and message.shown:
            # What it answered is in the other room.
            sending.send(step, room, Text(body.text, b"", (), body.forwarded))
            step.store.put_words(old.id, message.id, "")
            step.store.drop_message(old.id, message.id)
            step.tell(MessageGone(old.id, message.id))
