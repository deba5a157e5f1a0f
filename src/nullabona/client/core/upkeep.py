"""Upkeep of a room that this device is in: what is due by time, or after what just happened."""

from __future__ import annotations

from nullabona.client.core.backfill import asking, giving
from nullabona.client.core.contacts import card_handing
from nullabona.client.core.delivery import receipts
from nullabona.client.core.devices import membership, sync_out, unheard
from nullabona.client.core.group import commits, owed, welcomes
from nullabona.client.core.incoming import room_frames
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.relocation import moving, search
from nullabona.client.core.step import Step
from nullabona.client.core.sync import acknowledgements, arrivals, closed_boxes, open_box, repair, tickets
from nullabona.client.core.timeline import sending


def look_after(step: Step, room: RoomState) -> None:
    """One room's upkeep. The order matters: each line relies on the lines above it."""
    # First the epoch: a commit that can be decided now may end it, or remove this device from the room.
    room_frames.look_after(step, room)
    if room.phase != JOINED:
        return
    for track in room.boxes:
        # If nobody came to a re-created box, this records a doubt, and `tickets.ask` below acts on it in this step.
        repair.look_after(step, room, track)
        # Last for each box: this erases what every device has, and the lines above still need those bytes.
        acknowledgements.update_acks(step, room, track)
    open_box.look_after(step, room)
    # Closed boxes are forgotten only after their frames were put back and acknowledged above.
    closed_boxes.look_after(step, room)
    welcomes.look_after_invites(step, room)
    # Doubts about the branch come before commits: a commit may wait while we ask (`evidence.commits_wait`).
    arrivals.look_around(step, room)
    tickets.ask(step, room)
    if room.phase != JOINED:
        return
    # Before commits: while one of ours is on its way, nobody gets a ticket.
    tickets.answer_held(step, room)
    # These five only record what they want changed; `advance` then stages all of it as one commit.
    commits.renew_keys(step, room)
    membership.look_after(step, room)
    unheard.look_after(step, room)
    sync_out.look_after(step, room)
    moving.look_after(step, room)
    # A search that is over withdraws its doubt (`RELAY_UNREACHABLE`), which would delay the commit.
    search.look_after(step, room)
    commits.advance(step, room)
    # After `advance`: messages wait until removals are staged or cannot be.
    owed.redone(step, room)
    # What a restored device asks, and what it is handed, are messages too.
    asking.look_after(step, room)
    giving.look_after(step, room)
    # Before the receipt: a profile and a card carry our view of the box, too, so they may make a receipt needless.
    sending.send_profile(step, room)
    card_handing.look_after(step, room)
    if step.due(room.receipt_at) and not receipts.overslept(step, room):
        sending.send_receipt(step, room)
