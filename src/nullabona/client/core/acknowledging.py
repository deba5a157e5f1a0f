"""What other devices have of a box: up to where all have come, and who has shown up since (spec/room.md §4)."""

from __future__ import annotations

from nullabona.client.core import messages
from nullabona.client.core.records import Device, DeviceView, Frame, MessageState
from nullabona.client.core.state import BoxTrack, RoomState
from nullabona.client.core.step import Step


def update_acks(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Find up to where every other device has come; what all have is delivered and need not be kept."""
    if not track.check_acks:
        return
    track.check_acks = False
    box = track.keys.box.address
    views = {view.device: view for view in step.store.views(box) if _is_known(track, view)}
    others = step.others(room, track.epoch)
    acked = min([views[d.device].seq if d.device in views else 0 for d in others], default=track.position)
    acked = min([acked, track.position, *(candidate.seq - 1 for candidate in track.candidates)])
    if acked <= track.acked:
        return
    for frame in step.store.own_frames(box, track.acked, acked):
        if frame.message:
            _deliver(step, room, frame, views, others)
    step.store.erase_frame_data(box, acked)
    track.acked = acked


def _is_known(track: BoxTrack, view: DeviceView) -> bool:
    """Whether a view acknowledges what lies before it. Not if its history may be another one: if it is ahead of us, or
    shows no chain, as some of what it has read still waits for its blobs.
    """
    return view.incarnation == track.incarnation and view.seq <= track.position and any(view.chain)


def _deliver(step: Step, room: RoomState, frame: Frame, views: dict[bytes, DeviceView], others: list[Device]) -> None:
    unread = any(
        frame.seq in views[device.device].missing or frame.seq in views[device.device].unreadable for device in others
    )
    message = step.store.message(room.id, frame.message)
    if unread or message is None or message.frame != frame.hash:
        return
    messages.set_state(step, message, MessageState.DELIVERED)


def has_acked(step: Step, track: BoxTrack, device: bytes, frame_hash: bytes) -> bool:
    """Whether that device said it has this frame of the track's box."""
    frame = step.store.frame(track.keys.box.address, frame_hash)
    view = step.store.view(track.keys.box.address, device)
    if frame is None or view is None or not frame.seq or not _is_known(track, view):
        return False
    return frame.seq <= view.seq and frame.seq not in view.missing and frame.seq not in view.unreadable


def send_again(step: Step, room: RoomState, track: BoxTrack) -> None:
    """All who were in the epoch are in a later one, and somebody has not said that they have these messages of ours:
    whatever stood in the way, send them again.
    """
    others = step.others(room, track.epoch)
    for message in step.store.own_messages(room.id, (MessageState.WAITING, MessageState.SENT)):
        here = message.box == track.keys.box.address
        if here and not all(has_acked(step, track, other.device, message.frame) for other in others):
            messages.send_again(step, room, track, message.id)


def anybody_after(step: Step, room: RoomState, track: BoxTrack) -> bool:
    """Whether any other device that is still in the room has shown up in a later epoch."""
    others = {device.device for device in step.others(room, room.epoch)}
    later = [other for other in room.boxes if other.epoch > track.epoch]
    return any(view.device in others for other in later for view in step.store.views(other.keys.box.address))


def all_here(step: Step, room: RoomState) -> bool:
    """Whether every other device of the room has been seen at the relay that keeps it now."""
    tracks = [track for track in room.boxes if track.incarnation and track.relay == room.relay]
    seen = {
        view.device
        for track in tracks
        for view in step.store.views(track.keys.box.address)
        if view.incarnation == track.incarnation
    }
    return {device.device for device in step.others(room, room.epoch)} <= seen


def shown_after(step: Step, room: RoomState, track: BoxTrack) -> bool:
    """Whether every device that was in this epoch has shown up in a later one.

    One that asked its way back may not know yet that it is in: its new leaf alone is no sign of it.
    """
    later = [other for other in room.boxes if other.epoch > track.epoch]
    seen = {view.device for other in later for view in step.store.views(other.keys.box.address)}
    were = {device.device for device in step.others(room, track.epoch)}
    told = {view.device for view in step.store.views(track.keys.box.address)}
    were |= told & {device.device for device in step.others(room, room.epoch)}
    return were <= seen
