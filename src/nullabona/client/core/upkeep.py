"""What time, or what just happened, makes due in a room that this device is in."""

from __future__ import annotations

from nullabona.client.core.delivery import box_log
from nullabona.client.core.devices import membership, sync_out
from nullabona.client.core.group import branches, commits, welcomes
from nullabona.client.core.incoming import room_frames
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.relocation import moving, search
from nullabona.client.core.step import Step
from nullabona.client.core.sync import acknowledgements, arrivals, recovery, tickets
from nullabona.client.core.timeline import sending


def look_after(step: Step, room: RoomState) -> None:
    """One room's upkeep, in this order: each line may rest on what those before it did."""
    room_frames.look_after(step, room)
    if room.phase != JOINED:
        return
    for track in room.boxes:
        recovery.put_back(step, room, track)
        box_log.confirm(step, room, track)
        recovery.break_silence(step, room, track)
        acknowledgements.update_acks(step, room, track)
    recovery.look_after_closed(step, room)
    welcomes.look_after_invites(step, room)
    arrivals.look_around(step, room)
    tickets.ask(step, room)
    if room.phase != JOINED:
        return
    commits.renew_keys(step, room)
    membership.look_after(step, room)
    sync_out.look_after(step, room)
    moving.look_after(step, room)
    search.look_after(step, room)
    commits.advance(step, room)
    branches.redone(step, room)
    sending.send_profile(step, room)
    if 0 < room.receipt_at <= step.now:
        sending.send_receipt(step, room)
