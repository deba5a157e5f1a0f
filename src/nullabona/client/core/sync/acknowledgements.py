"""How far every other device has read a box, and which messages are delivered by that (spec/room.md §4)."""

from __future__ import annotations

from nullabona.client.core.delivery import views
from nullabona.client.core.delivery.views import is_known
from nullabona.client.core.model.records import Device, DeviceView, Frame, MessageState
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import sending


def update_acks(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Find how far every other device has read. Frames that all have are delivered and need not be kept."""
    if not track.check_acks:
        return
    track.check_acks = False
    box = track.keys.box.address
    views = {view.device: view for view in step.store.views(box) if is_known(track, view)}
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


def _deliver(step: Step, room: RoomState, frame: Frame, views: dict[bytes, DeviceView], others: list[Device]) -> None:
    unread = any(
        frame.seq in views[device.device].missing or frame.seq in views[device.device].unreadable for device in others
    )
    message = step.store.message(room.id, frame.message)
    if unread or message is None or message.frame != frame.hash:
        return
    sending.set_state(step, message, MessageState.DELIVERED)


def send_again(step: Step, room: RoomState, track: BoxTrack) -> None:
    """All devices of the epoch are in a later one: resend our messages that some of them never acknowledged."""
    others = step.others(room, track.epoch)
    for message in step.store.own_messages(room.id, (MessageState.WAITING, MessageState.SENT)):
        here = message.box == track.keys.box.address
        if here and not all(views.has_acked(step, track, other.device, message.frame) for other in others):
            sending.send_again(step, room, track, message.id)
