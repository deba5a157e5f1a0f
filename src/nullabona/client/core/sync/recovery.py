"""Re-appends what a relay lost, compares what it showed each device, and forgets closed boxes (spec/room.md §4)."""

from __future__ import annotations

from typing import Final

from nullabona.client.core import files
from nullabona.client.core.delivery import box_log, receipts, views
from nullabona.client.core.delivery.box_log import WATCH_DAYS, winner_key
from nullabona.client.core.delivery.outbox import queue_raw, queue_trim
from nullabona.client.core.group import branches
from nullabona.client.core.model.content import View
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.records import DeviceView, Frame
from nullabona.client.core.model.state import BoxTrack, RoomState, UpdateKeys
from nullabona.client.core.relocation import moving
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.sync import acknowledgements
from nullabona.client.core.timeline import sending
from nullabona.wire.frame import Kind

KEEP_DAYS: Final = 30
"""We follow a closed box at most this long; relays expire frames after as many days."""
MAX_CLOSED: Final = 48
"""Most closed boxes followed at once."""
OLDEST_KEPT: Final = 16
"""How many of them are the oldest ones: a device that missed an epoch writes to the last box that it knows."""
LONELY_ANNOUNCEMENTS: Final = 7
"""After so many announcements (about 21 hours) that nobody followed, a branch gives way to one that lives."""


# -- loss ---------------------------------------------------------------------------------------------------------


def put_back(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Re-append frames the relay lost: ours now, other members' after a random delay."""
    own = 0 < track.put_back_own_at <= step.now
    anybody = 0 < track.put_back_any_at <= step.now
    if not own and not anybody:
        return
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
        track.put_back_own_at = track.settle_until if waiting else 0
    if anybody:
        track.put_back_any_at = 0


def break_silence(step: Step, room: RoomState, track: BoxTrack) -> None:
    """If nobody came to the re-created box, ask for a ticket: the room may have gone on before the box was lost."""
    if not 0 < track.silence_at <= step.now:
        return
    track.silence_at = 0
    views = step.store.views(track.keys.box.address)
    if not track.closed and not any(view.incarnation == track.incarnation for view in views):
        branches.lost_thread(step, room, "silence")


def _merged_own(room: RoomState, track: BoxTrack) -> bool:
    return any(merged.epoch == track.epoch and merged.mine for merged in room.history)


def _put_back_commit(step: Step, room: RoomState, track: BoxTrack, frame: Frame, *, anybody: bool) -> bool:
    """Re-append an unsettled commit, but only after the settling time; True if our own still has to wait."""
    if track.closed:
        return False
    own = room.pending is not None and room.pending.frame == frame.hash
    if step.now < track.settle_until:
        return own
    if own or anybody:
        queue_raw(step, room, track, frame.hash, frame.data)
    return False


# -- the views of others -----------------------------------------------------------------------------------------


def note_views(step: Step, room: RoomState, device: bytes, views: tuple[View, ...]) -> None:
    """Record what another device reports to have seen: an acknowledgement, and a comparison of histories."""
    for view in views:
        track = next((track for track in room.boxes if track.keys.box.address[:8] == view.box), None)
        if track is not None:
            _note_view(step, room, track, device, view)


def _note_view(step: Step, room: RoomState, track: BoxTrack, device: bytes, view: View) -> None:
    box = track.keys.box.address
    old = step.store.view(box, device)
    if old is not None and old.incarnation == view.incarnation and old.seq > view.seq:
        return
    said = DeviceView(box, device, view.incarnation, view.seq, view.chain, view.missing, view.unreadable)
    step.store.put_view(said)
    track.check_acks = True
    compare(step, room, track, said)
    _answer_gaps(step, room, track, said)


def compare_due(step: Step, room: RoomState, track: BoxTrack, above: int) -> None:
    """Compare the views that were ahead of us and no longer are."""
    for view in step.store.views(track.keys.box.address):
        if above < view.seq <= track.position:
            compare(step, room, track, view)


def compare(step: Step, room: RoomState, track: BoxTrack, view: DeviceView) -> None:
    """Find out whether the relay showed that device a different history."""
    if view.incarnation != track.incarnation or not track.start < view.seq <= track.position:
        return
    frame = step.store.frame_at(track.keys.box.address, view.seq)
    if frame is None or not any(view.chain) or frame.chain[: receipts.CHAIN_SHOWN] == view.chain:
        return
    step.store.put_view(DeviceView(view.box, view.device, view.incarnation, 0, b"", (), ()))
    _diverge(step, room, track)


def _diverge(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Histories differ: warn once, append our frames where everybody sees them, and begin a clean epoch."""
    if track.diverged:
        return
    track.diverged = True
    step.tell(Warned(room=room.id, code="relay-showed-different-histories", detail={"epoch": track.epoch}))
    if track.closed:
        sending.leave_epoch(step, room, track)
        box_log.announce(step, room, track)
        return
    for frame in step.store.frames(track.keys.box.address):
        if frame.mine and frame.data and frame.kind == Kind.MESSAGE:
            queue_raw(step, room, track, frame.hash, frame.data)
    _move_on(step, room)


def _move_on(step: Step, room: RoomState) -> None:
    """Begin a new epoch, in which every ratchet starts again."""
    if not any(isinstance(intent, UpdateKeys) for intent in room.intents):
        room.intents.append(UpdateKeys())
        room.commit_at = max(room.commit_at, step.within(step.timing.put_back_any))


def _answer_gaps(step: Step, room: RoomState, track: BoxTrack, view: DeviceView) -> None:
    """A device could not read a frame of ours: resend its message now, under new keys."""
    if view.incarnation != track.incarnation:
        return
    for seq in (*view.missing, *view.unreadable):
        frame = step.store.frame_at(track.keys.box.address, seq)
        if frame is None:
            continue
        if frame.mine and frame.message:
            if seq not in view.unreadable or not _waits_for_epoch(step, room, track, frame.message):
                sending.send_again(step, room, track, frame.message)
        elif frame.data and seq in view.missing and not track.closed:
            track.put_back_any_at = track.put_back_any_at or step.within(step.timing.put_back_any)


def _waits_for_epoch(step: Step, room: RoomState, track: BoxTrack, message_id: bytes) -> bool:
    """Whether a message waits for a new epoch, because a device repeatedly cannot decrypt ours.

    It may have missed more of our messages in this epoch than its ratchet skips ahead. So we begin another epoch, at
    most once a day for all devices, and send the message to everybody there.
    """
    message = step.store.message(room.id, message_id)
    if track.closed or message is None or not sending.was_in_vain(message):
        return False
    if room.moved_on != step.day:
        room.moved_on = step.day
        _move_on(step, room)
    return room.pending is not None or any(isinstance(intent, UpdateKeys) for intent in room.intents)


# -- closed boxes -------------------------------------------------------------------------------------------------


def look_after_closed(step: Step, room: RoomState) -> None:
    """Closed boxes: announce our branch to devices that have not followed, trim and forget what nobody needs."""
    for track in list(room.boxes[:-1]):
        days = KEEP_DAYS if not track.trimmed else WATCH_DAYS if box_log.removed_since(room, track) else 0
        if step.now - track.left_at > days * DAY_MS:
            _forget(step, room, track)
        elif track.trim_at and track.trim_at <= step.now:
            queue_trim(step, track.relay, track.keys.box, track.position)
            track.trim_at, track.trimmed = 0, True
            if not box_log.removed_since(room, track):
                _forget(step, room, track)
        elif track.answer_at and track.answer_at <= step.now:
            track.answer_at = 0
            if not track.settled_seen:
                box_log.announce(step, room, track)
        elif track.announce_at and track.announce_at <= step.now:
            _beacon(step, room, track)
    while len(room.boxes) - 1 > MAX_CLOSED:
        _forget(step, room, room.boxes[OLDEST_KEPT])
    if room.former and not any(box_log.removed_since(room, track) for track in room.boxes[:-1]):
        room.former = {}


def _beacon(step: Step, room: RoomState, track: BoxTrack) -> None:
    shown = views.shown_after(step, room, track)
    if shown and track.acked >= track.position:
        track.announce_at = 0
        track.trim_at = track.trim_at or step.within(step.timing.trim) + 1
        return
    # All devices are in a later epoch, but some have not acknowledged everything: check later, without announcing.
    if not shown and not track.announced:
        box_log.announce(step, room, track)
    track.announced = False
    if shown and track.announcements:
        acknowledgements.send_again(step, room, track)
    if not shown and track.announcements >= LONELY_ANNOUNCEMENTS and not views.anybody_after(step, room, track):
        branches.give_way(step, room, track)
    track.announcements += 1
    track.announce_at = (
        step.now
        + (step.timing.announcement << min(track.announcements, 10))
        + step.rng.between(0, step.timing.announcement)
    )


def _forget(step: Step, room: RoomState, track: BoxTrack) -> None:
    room.boxes.remove(track)
    step.store.delete_value(winner_key(track))
    step.store.drop_box(track.keys.box.address)
