"""What other devices report to have seen of a box, and whether the relay showed them the same (spec/room.md §4)."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from nullabona.client.core import acquaintance
from nullabona.client.core.delivery import box_log, receipts
from nullabona.client.core.delivery.outbox import queue_raw
from nullabona.client.core.model.content import View
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.records import DeviceView
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.sync import gaps, repair
from nullabona.client.core.timeline import sending
from nullabona.wire.frame import Kind

MOST_DIFFER: Final = 8
"""So many different histories, shown by an account in a room on a day, have us warn and begin an epoch."""
_DIFFERS: Final = "histories-differ"
_GAP: Final = "history-gap"


def note_views(step: Step, room: RoomState, device: bytes, views: tuple[View, ...], *, quiet: bool = False) -> None:
    """Record what another device reports to have seen: an acknowledgement, and a comparison of histories.

    ``quiet``: send it nothing that it lacks. It is a blocked contact's and must not see that this device is on.
    """
    for view in views:
        track = next((track for track in room.boxes if track.keys.box.address[:8] == view.box), None)
        if track is not None:
            _note_view(step, room, track, device, view, quiet=quiet)


def _note_view(step: Step, room: RoomState, track: BoxTrack, device: bytes, view: View, *, quiet: bool) -> None:
    box = track.keys.box.address
    old = step.store.view(box, device)
    if old is not None and old.incarnation == view.incarnation and old.seq > view.seq:
        return
    said = DeviceView(box, device, view.incarnation, view.seq, view.chain, view.missing, view.unreadable)
    step.store.put_view(said)
    track.check_acks = True
    compare(step, room, track, said)
    if not quiet:
        repair.answer(step, room, track, said)


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
    innocent = track.diverged or _is_innocent(step, room, track, view)  # to judge it costs a look at many frames
    step.store.put_view(DeviceView(view.box, view.device, view.incarnation, 0, b"", (), ()))
    _diverge(step, room, track, view.device, warns=not innocent)


def _is_innocent(step: Step, room: RoomState, track: BoxTrack, view: DeviceView) -> bool:
    """Whether frames that were gone explain the difference: somebody was away for longer than the relay keeps frames.

    If they were gone for us, we cannot tell, and others judge ours: we believe it once a day.
    """
    if view.missing and gaps.explain(step, track, view):
        return True
    return bool(track.missing) and _first_gap(step, room, view.device)


def _diverge(step: Step, room: RoomState, track: BoxTrack, device: bytes, *, warns: bool) -> None:
    """Histories differ: warn once, append our frames where everybody sees them, and begin a clean epoch.

    The device may lie, so its account has us warn and begin epochs a few times a day only.
    """
    if track.diverged or acquaintance.is_shut(step.store, room.info):
        return
    track.diverged = True
    counts = _counts(step, room, device)
    if counts and warns:
        step.tell(Warned(room=room.id, code="relay-showed-different-histories", detail={"epoch": track.epoch}))
    if track.closed:
        sending.leave_epoch(step, room, track)
        box_log.announce(step, room, track)
        return
    for frame in step.store.frames(track.keys.box.address):
        if frame.mine and frame.data and frame.kind == Kind.MESSAGE:
            queue_raw(step, room, track, frame.hash, frame.data)
    if counts:
        repair.begin_epoch(step, room)


def _first_gap(step: Step, room: RoomState, device: bytes) -> bool:
    """Whether our gap explains a difference from the device for the first time today, in this room."""
    return step.store.saw(_GAP, sha256(room.id + device + step.day.to_bytes(4, "big")).digest(), step.day)


def _counts(step: Step, room: RoomState, device: bytes) -> bool:
    """Whether the device's account has not shown us too many different histories of the room today."""
    known = step.store.device(room.id, device)
    who = sha256(room.id + (known.account if known is not None else device) + step.day.to_bytes(4, "big")).digest()
    return any(step.store.saw(_DIFFERS, sha256(who + bytes((turn,))).digest(), step.day) for turn in range(MOST_DIFFER))
