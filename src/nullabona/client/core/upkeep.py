"""What time, or what just happened, makes due in a room that this device is in."""

from __future__ import annotations

from nullabona.client.core import (
    acknowledging,
    arrivals,
    boxes,
    committing,
    healing,
    helping,
    invites,
    messages,
    reading,
    relocating,
    scouting,
)
from nullabona.client.core.delivery import box_log
from nullabona.client.core.devices import telling, tending
from nullabona.client.core.state import JOINED, RoomState
from nullabona.client.core.step import Step


def look_after(step: Step, room: RoomState) -> None:
    """One room's upkeep, in this order: each line may rest on what those before it did."""
    reading.look_after(step, room)
    if room.phase != JOINED:
        return
    for track in room.boxes:
        boxes.put_back(step, room, track)
        box_log.confirm(step, room, track)
        boxes.break_silence(step, room, track)
        acknowledging.update_acks(step, room, track)
    boxes.look_after_closed(step, room)
    invites.look_after_invites(step, room)
    arrivals.look_around(step, room)
    helping.ask(step, room)
    if room.phase != JOINED:
        return
    committing.renew_keys(step, room)
    tending.look_after(step, room)
    telling.look_after(step, room)
    relocating.look_after(step, room)
    scouting.look_after(step, room)
    committing.advance(step, room)
    healing.redone(step, room)
    messages.send_profile(step, room)
    if 0 < room.receipt_at <= step.now:
        messages.send_receipt(step, room)
