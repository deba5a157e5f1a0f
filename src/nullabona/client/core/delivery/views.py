"""Which devices have acknowledged a position in a box (spec/room.md §4)."""

from __future__ import annotations

from nullabona.client.core.model.records import DeviceView
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import Step


def is_known(track: BoxTrack, view: DeviceView) -> bool:
    """Whether a view acknowledges everything before it. Not if its history may differ: it is ahead of us, or shows no
    chain because some frames still wait for their blobs.
    """
    return view.incarnation == track.incarnation and view.seq <= track.position and any(view.chain)


def has_acked(step: Step, track: BoxTrack, device: bytes, frame_hash: bytes) -> bool:
    """Whether that device acknowledged this frame of the track's box."""
    frame = step.store.frame(track.keys.box.address, frame_hash)
    view = step.store.view(track.keys.box.address, device)
    if frame is None or view is None or not frame.seq or not is_known(track, view):
        return False
    return frame.seq <= view.seq and frame.seq not in view.missing and frame.seq not in view.unreadable


def anybody_after(step: Step, room: RoomState, track: BoxTrack) -> bool:
    """Whether any other current device of the room has shown up in a later epoch."""
    others = {device.device for device in step.others(room, room.epoch)}
    later = [other for other in room.boxes if other.epoch > track.epoch]
    return any(view.device in others for other in later for view in step.store.views(other.keys.box.address))


def all_here(step: Step, room: RoomState) -> bool:
    """Whether every other device of the room has shown up at the relay that keeps it now."""
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

    The new leaf of a device that rejoined is not enough: the device may not know yet that it is in.
    """
    later = [other for other in room.boxes if other.epoch > track.epoch]
    seen = {view.device for other in later for view in step.store.views(other.keys.box.address)}
    were = {device.device for device in step.others(room, track.epoch)}
    told = {view.device for view in step.store.views(track.keys.box.address)}
    were |= told & {device.device for device in step.others(room, room.epoch)}
    return were <= seen
