"""Stores the messages that other devices sent, each exactly once (spec/room.md §6)."""

from __future__ import annotations

from dataclasses import replace

from nullabona.client.core import files
from nullabona.client.core.delivery import box_log
from nullabona.client.core.model.content import Annotation, Envelope, File, Gone, Profile, Shown, encode_body
from nullabona.client.core.model.facts.messages import MessageStored
from nullabona.client.core.model.records import Device, Message, MessageState
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import annotating, expiry, kinds, profiles, read_markers, search, sending, typing


def new(
    step: Step, room: RoomState, track: BoxTrack, seq: int, device: Device, said: Envelope, body: Shown | Annotation
) -> Message | None:
    """The row for a message or annotation that arrived; None if we have it already. Nothing is stored yet (`keep`)."""
    known = step.store.message(room.id, said.id)
    if known is not None and not _is_only_told(known, device.account):
        if known.account == device.account:
            sending.sorted_first(step, room, known, box_log.place(track, seq))
        return None
    message = Message(
        room=room.id,
        id=said.id,
        account=device.account,
        device=device.device,
        sent_at=said.sent_at,
        position=box_log.place(track, seq),
        epoch=track.epoch,
        state=MessageState.RECEIVED,
        box=track.keys.box.address,
        frame=b"",
        resent=0,
        body=b"",
    )
    return kinds.filled(step, message, body, entitled=kinds.entitled(room.info, device.account, body))


def _is_only_told(known: Message, account: bytes) -> bool:
    """Whether we have this line only from another member's backfill. The author's own message then replaces it."""
    told = known.account == account and known.told_by not in {b"", account}
    return told and known.kind in kinds.SPOKEN


def keep(step: Step, room: RoomState, device: Device, message: Message, body: Shown | Annotation) -> None:
    """Store a new message or annotation and apply it."""
    if isinstance(body, Profile):
        profiles.learn(step, device.account, device.handle, message.sent_at, body)
        message = replace(message, body=encode_body(Gone("done")))
    step.store.put_message(message)
    if message.kind in annotating.ANNOTATIONS:
        annotating.came(step, room, message)
    elif message.shown:
        _appeared(step, room, device, message)
    read_markers.match_markers(step, room, message.id, message.position)


def _appeared(step: Step, room: RoomState, device: Device, message: Message) -> None:
    """Index a new line for search, apply annotations that arrived before it, and tell listeners."""
    body = kinds.stored(message)
    search.index(step.store, message, body)
    if isinstance(body, File):
        files.received(step, room, message.id, body)
    typing.spoke(step, room, device.account)
    step.tell(MessageStored(room.id, message.id, device.account, device.handle))
    annotating.settle(step, room, message.id)
    read = step.store.marker(room.id, step.local.account)
    if device.account == step.local.account:
        expiry.start(step, message, since=message.sent_at)
    elif read is not None and message.position <= read:
        expiry.start(step, message)
