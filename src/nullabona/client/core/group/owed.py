"""After a fork: what members of the other branch lack, and what waits for removals to be redone (spec/room.md §7)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from nullabona.client.core.delivery import views
from nullabona.client.core.model.intents import RemoveAccount
from nullabona.client.core.model.records import Device, Message, MessageState
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import sending
from nullabona.wire.address import Address

OWED_MOST: Final = 256
"""Most messages owed to one device that a fork left outside."""


def welcome_back(step: Step, room: RoomState, device: bytes) -> None:
    """Resend our messages to a device that rejoined and may lack them (other devices drop the copies)."""
    tracks = {track.keys.box.address: track for track in room.boxes}

    def has_it(message: Message) -> bool:
        if not message.box:
            return True
        if message.epoch >= room.epoch:
            return True
        track = tracks.get(Address(message.box))
        return track is not None and views.has_acked(step, track, device, message.frame)

    sending.resend_unacknowledged(step, room, has_it)


def note_owed(step: Step, room: RoomState, before: Iterable[Device]) -> None:
    """Remember which of our messages the members who stayed on the branch we left still lack."""
    present = {device.device for device in step.roster(room.id).values()}
    undelivered = step.store.own_messages(room.id, (MessageState.WAITING, MessageState.SENT))
    for device in before:
        owed = [message.id for message in undelivered if device.since <= message.epoch]
        if device.device not in present and owed:
            room.owed[device.device.hex()] = owed[-OWED_MOST:]


def send_owed(step: Step, room: RoomState) -> None:
    """Send owed messages to devices that a fork left outside and that are in the room again."""
    present = {device.device.hex() for device in step.roster(room.id).values()}
    for device in [device for device in room.owed if device in present]:
        for message_id in room.owed.pop(device):
            message = step.store.message(room.id, message_id)
            if message is not None and message.epoch < room.epoch:
                sending.resend(step, room, message)


def redone(step: Step, room: RoomState) -> None:
    """Send the messages that waited for removals to be redone, once those are done or impossible."""
    if not room.redo:
        return
    intents = [*room.intents, *(room.pending.intents if room.pending is not None else [])]
    wanted = {intent.account for intent in intents if isinstance(intent, RemoveAccount)}
    wanted &= {device.account for device in step.roster(room.id).values()}
    room.redo = [account for account in room.redo if account in wanted]
    if not room.redo:
        sending.release_held(step, room)
