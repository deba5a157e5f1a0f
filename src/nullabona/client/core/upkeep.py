"""Upkeep of a room that this device is in: what is due by time, or after what just happened."""

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
    """One room's upkeep. The order matters: each line rests on what those above it did."""
    # First the epoch: a commit whose time has come may end it, or take this device out of the room.
    room_frames.look_after(step, room)
    if room.phase != JOINED:
        return
    for track in room.boxes:
        # What the relay lost, then what it took and does not show. A frame is queued once, whichever finds it.
        recovery.put_back(step, room, track)
        box_log.confirm(step, room, track)
        # A box that was made anew and that nobody came to: a doubt, on which `tickets.ask` below acts in this step.
        recovery.break_silence(step, room, track)
        # Last of a box, as it erases what every device has: what was put back above is still whole.
        acknowledgements.update_acks(step, room, track)
    # Closed boxes are forgotten only after their frames were put back and acknowledged above.
    recovery.look_after_closed(step, room)
    welcomes.look_after_invites(step, room)
    # Doubts about the branch come before commits: a commit may wait while we ask (`evidence.commits_wait`).
    arrivals.look_around(step, room)
    tickets.ask(step, room)
    if room.phase != JOINED:
        return
    # These four only say what they want changed; `advance` then stages all of it as one commit.
    commits.renew_keys(step, room)
    membership.look_after(step, room)
    sync_out.look_after(step, room)
    moving.look_after(step, room)
    # A search that is over withdraws its doubt (`ASTRAY`), which would hold the commit up.
    search.look_after(step, room)
    commits.advance(step, room)
    # Messages wait until removals are staged or cannot be: so after `advance`.
    branches.redone(step, room)
    # A profile is a message and carries our view of the box, so that a receipt may be needless after it.
    sending.send_profile(step, room)
    if 0 < room.receipt_at <= step.now:
        sending.send_receipt(step, room)
