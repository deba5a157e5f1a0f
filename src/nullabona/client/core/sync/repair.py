"""Repairs what a relay lost: appends frames again, on this device's own finding or another's (spec/room.md §4).

A lost frame returns in these steps:

1. `delivery.losses` notices the gap and schedules the repair. If the whole box is gone, `put_back` below repairs it.
2. Our next receipt tells the room what we lack (`delivery.receipts`, sent by `timeline.sending`).
3. Each device that reads the receipt compares it with what it saw (`histories.note_views`) and calls `answer`.
4. The frame's sender resends the message in the current epoch. Other devices that have the frame append it again.
5. Every reader takes it at its new place (`incoming.room_frames`): it recognises a known frame and reads a new one.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from nullabona.client.core import files
from nullabona.client.core.delivery import box_log
from nullabona.client.core.delivery.outbox import queue_raw
from nullabona.client.core.group import branches
from nullabona.client.core.model.intents import UpdateKeys
from nullabona.client.core.model.records import DeviceView, Frame
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.relocation import moving
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import sending
from nullabona.wire.frame import Kind

_PUT_BACK: Final = "put-back"


def look_after(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Do every repair of this box that is due. A frame is queued only once."""
    put_back(step, room, track)
    confirm(step, room, track)
    break_silence(step, room, track)


# -- found by this device -------------------------------------------------------------------------------------------


def put_back(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Re-append frames the relay lost: ours now, other members' after a random delay."""
    own = step.due(track.put_back_own_at)
    anybody = step.due(track.put_back_any_at)
    if not own and not anybody:
        return
    track.reread_until = None
    waiting = False
    for frame in step.store.frames(track.keys.box.address):
        if frame.seq or not frame.data:
            continue
        if frame.kind == Kind.MESSAGE and (frame.mine or anybody):
            if frame.mine and frame.message:
                files.put_back(step, room, frame.message)
            queue_raw(step, room, track, frame.hash, frame.data)
        elif frame.kind == Kind.COMMIT:
            waiting |= _put_back_commit(step, room, track, frame, anybody=anybody)
    if track.closed and not track.settled_seen and (anybody or _merged_own(room, track)):
        box_log.announce(step, room, track)
    moving.put_back(step, room, track, anybody=anybody)
    if own:
        track.put_back_own_at = track.settle_until if waiting else None
    if anybody:
        track.put_back_any_at = None


def _merged_own(room: RoomState, track: BoxTrack) -> bool:
    return any(merged.epoch == track.epoch and merged.mine for merged in room.history)


def _put_back_commit(step: Step, room: RoomState, track: BoxTrack, frame: Frame, *, anybody: bool) -> bool:
    """Re-append an unsettled commit after the settling time. True: our own commit still has to wait for that."""
    if track.closed:
        return False
    own = room.pending is not None and room.pending.frame == frame.hash
    if step.before(track.settle_until):
        return own
    if own or anybody:
        queue_raw(step, room, track, frame.hash, frame.data)
    return False


def confirm(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Re-append own frames of the open box that the relay accepted and does not show, so that nothing waits forever."""
    if not step.due(track.confirm_at):
        return
    track.confirm_at = None
    if track.closed:
        return
    for frame in step.store.frames(track.keys.box.address):
        pending = room.pending is not None and room.pending.frame == frame.hash
        if frame.mine and frame.data and not frame.seq and (pending or frame.kind == Kind.MESSAGE):
            queue_raw(step, room, track, frame.hash, frame.data)


def break_silence(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Ask for a ticket if no other device came to the re-created box: the room may have moved on."""
    if not step.due(track.silence_at):
        return
    track.silence_at = None
    views = step.store.views(track.keys.box.address)
    if not track.closed and not any(view.incarnation == track.incarnation for view in views):
        branches.lost_thread(step, room, "silence")


# -- reported by another device -------------------------------------------------------------------------------------


def answer(step: Step, room: RoomState, track: BoxTrack, view: DeviceView) -> None:
    """Act on another device's report of missing and unreadable frames.

    Our own messages are sent again under new keys. Of other frames, only the missing ones are appended again.
    """
    if view.incarnation != track.incarnation:
        return
    for seq in (*view.missing, *view.unreadable):
        frame = step.store.frame_at(track.keys.box.address, seq)
        if frame is None:
            continue
        if frame.mine and frame.message:
            if seq not in view.unreadable or not _waits_for_epoch(step, room, track, frame.message):
                sending.send_again(step, room, track, frame.message)
        elif frame.data and frame.kind == Kind.MESSAGE and seq in view.missing and not track.trimmed:
            _put_back_for(step, track, frame)


def _put_back_for(step: Step, track: BoxTrack, frame: Frame) -> None:
    """Schedule the return of a frame that is no message of ours: at most once a day per frame, however many ask."""
    # Its sender may be offline for long, so every device that has the frame appends it.
    asked = sha256(frame.hash + step.day.to_bytes(4, "big")).digest()
    if not step.store.saw(_PUT_BACK, asked, step.day):
        return
    box_log.lift(step, frame)
    track.put_back_any_at = track.put_back_any_at or step.within(step.timing.put_back_any)
    if track.trim_at:  # everybody has read the box so far, but has to read this frame, too
        track.trim_at, track.announce_at = None, step.now + step.timing.announcement


def _waits_for_epoch(step: Step, room: RoomState, track: BoxTrack, message_id: bytes) -> bool:
    """Whether a message waits for a new epoch because a device repeatedly cannot decrypt it.

    Begins that epoch, at most once a day for all devices.
    """
    # The device may have missed more of our messages in this epoch than its ratchet skips ahead.
    message = step.store.message(room.id, message_id)
    if track.closed or message is None or not sending.was_in_vain(message):
        return False
    if room.moved_on != step.day:
        room.moved_on = step.day
        begin_epoch(step, room)
    return room.pending is not None or any(isinstance(intent, UpdateKeys) for intent in room.intents)


def begin_epoch(step: Step, room: RoomState) -> None:
    """Schedule a commit that begins a new epoch, in which every ratchet starts again."""
    if not any(isinstance(intent, UpdateKeys) for intent in room.intents):
        room.intents.append(UpdateKeys())
        room.commit_at = max(room.commit_at, step.within(step.timing.put_back_any))
