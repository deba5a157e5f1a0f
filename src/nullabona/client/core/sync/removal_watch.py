"""After a removal: watch the box whose commit removed us, in case the room merged another commit (spec/room.md §7).

Meanwhile we repeat the invitations of accounts that we added and that have not shown up: only we have their Welcomes.

The order of frames can be lost with the relay. If some members merged another commit of that epoch, we may still be in
on their branch; then we ask for a ticket like any other device. If the removal is final, members answer "gone", and
the watch ends.
"""

from __future__ import annotations

from nullabona.client.core import deleting, rooms
from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery import box_log, room_items
from nullabona.client.core.delivery.blobs import body_of
from nullabona.client.core.delivery.box_log import WATCH_DAYS
from nullabona.client.core.group import branches, welcomes
from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.state import JOINED, BoxTrack, RoomState
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.sync import tickets
from nullabona.wire.frame import Kind
from nullabona.wire.messages import Frames


def take_frames(step: Step, room: RoomState, track: BoxTrack, after: int, answer: Frames) -> None:
    """Look for other members' settled commits in the answer to a read of the watched box."""
    if answer.incarnation != track.incarnation:
        track.incarnation, track.position = answer.incarnation, 0
        if room.invites_at:
            room.invites_at = min(room.invites_at, step.within(step.timing.put_back_any))
        return
    if after != track.position:
        return
    ours = track.winner.commit if track.winner is not None else b""
    out = own_devices.is_signed_out(step.store)  # then no branch of the room is ours
    for seq, data in answer.frames:
        track.position = max(track.position, seq)
        opened = None if out else box_log.open_quietly(track, data)
        if opened is None:
            continue
        if opened.kind is not Kind.SETTLED:
            room_items.note_answer(step, room, track, opened)
            continue
        body = body_of(step, room, track, opened)
        claim = branches.claim_in(step, room, track, body) if isinstance(body, bytes) else None
        if claim is None or claim.commit == ours or step.local.account in claim.removed:
            continue
        helper = branches.signer_of(step, room, claim)
        branches.begin(
            step, room, Rejoin(branches.FORK, track.epoch, claim.commit, list(claim.removed), [helper], step.now)
        )


def look_after(step: Step, room: RoomState) -> None:
    """Ask for a ticket if there is a reason; stop watching after `WATCH_DAYS`."""
    if room.phase == JOINED or not room.boxes:
        return
    tickets.ask(step, room)
    welcomes.look_after_invites(step, room)
    if room.rejoin is None and step.over(room.current.left_at, WATCH_DAYS * DAY_MS + 1):
        stop(step, room)


def stop(step: Step, room: RoomState) -> None:
    """The removal is final: stop watching."""
    room.rejoin = None
    welcomes.forget_invites(step, room)
    rooms.forget_leaving(step, room.id)
    for track in room.boxes:
        step.store.drop_box(track.keys.box.address)
    room.boxes = []
    deleting.forget_members(step, room)


def ends_at(room: RoomState) -> int | None:
    left_at = room.current.left_at
    return None if left_at is None else left_at + WATCH_DAYS * DAY_MS + 1
