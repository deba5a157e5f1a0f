"""Relays' answers to outbox items, and what happens without an answer (spec/room.md §6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from nullabona.client.core.delivery import losses
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.facts.rooms import RequestRefused
from nullabona.client.core.model.outbox_targets import (
    FilePiece,
    InboxFrame,
    OfRoom,
    RoomBlob,
    RoomFrame,
    room_of,
)
from nullabona.client.core.model.records import MessageState, OutboxItem
from nullabona.client.core.model.state import JOINED
from nullabona.client.core.relocation import moving
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import file_messages, sending
from nullabona.errors import PeerError
from nullabona.wire.address import epoch_keys
from nullabona.wire.blob import decode_ref
from nullabona.wire.frame import open_frame
from nullabona.wire.messages import AnyResponse, Appended, Refusal

FINAL_REFUSALS: Final = frozenset({"too-large", "bad-request", "unsupported"})
"""Refusals that the same request will always get."""
ADVICE_MS: Final = 3_600_000
"""Longest wait that a refusal can ask for: after a lie, an item is delayed no longer once the relay is honest."""
LOOK_EVERY: Final = 3
"""After this many failed attempts to reach an inbox, we look up its owner's card again."""


def answered(step: Step, item: OutboxItem, answer: AnyResponse) -> None:
    """The relay accepted an item, or refused it: temporarily, so that we retry, or for good.

    We ignore the answer of a relay that is no longer the item's destination: the item goes elsewhere.
    """
    target = item.target
    room = step.find_room(target.room) if isinstance(target, OfRoom) else None
    if isinstance(target, OfRoom) and room is not None and moving.destination(room, target) != target.relay:
        step.store.drop_outbox(item.id)
        return
    if isinstance(answer, Refusal) and answer.code not in FINAL_REFUSALS:
        delay = max(min(answer.retry_after_s * 1_000, ADVICE_MS), _backoff(step, item))
        step.store.delay_outbox(item.id, step.now + delay)
        return
    step.store.drop_outbox(item.id)
    step.store.release_outbox(item, step.now)
    if isinstance(answer, Refusal):
        _refused(step, item, answer)
    elif isinstance(target, FilePiece):
        file_messages.piece_taken(step, target, item.ref)
    elif isinstance(target, RoomFrame) and isinstance(answer, Appended):
        _appended(step, target, item.ref, answer)


def unanswered(step: Step, item: OutboxItem) -> None:
    """The relay could not be reached, or did not answer: the item waits."""
    step.store.delay_outbox(item.id, step.now + _backoff(step, item))
    if isinstance(item.target, InboxFrame) and item.attempts % LOOK_EVERY == LOOK_EVERY - 1:
        inbox_addresses.silent(step, item.target.box)


def _backoff(step: Step, item: OutboxItem) -> int:
    delay = min(step.timing.retry << min(item.attempts, 12), step.timing.retry_most)
    return delay // 2 + step.rng.between(0, delay // 2)


def _appended(step: Step, target: RoomFrame, ref: bytes, answer: Appended) -> None:
    """The relay appended our frame. It may have created the box, or re-created it: then the incarnation differs."""
    room = step.find_room(target.room)
    if room is None or room.phase != JOINED:
        return
    track = room.track_at(target.box)
    if track is None:
        return
    track.confirm_at = track.confirm_at or step.now + step.timing.announcement
    if not track.incarnation:
        track.incarnation = answer.incarnation
    elif track.incarnation != answer.incarnation:
        losses.lose_box(step, room, track, answer.incarnation)
        return
    losses.taken(step, track, ref, answer.seq)


def _refused(step: Step, item: OutboxItem, answer: Refusal) -> None:
    target = item.target
    step.tell(RequestRefused(room_of(target) or b"", target.kind, answer.code))
    match target:
        case FilePiece():
            file_messages.piece_refused(step, target)
        case RoomFrame():
            _frame_refused(step, target, item.ref)
        case RoomBlob():
            for digest in _frames_with(step, target, item.ref):
                step.store.drop_outbox_ref(target.box, digest)
                _frame_refused(step, target, digest)
        case _:
            pass


def _frames_with(step: Step, chunk: RoomBlob, digest: bytes) -> list[bytes]:
    """The waiting frames that refer to a chunk of a blob: without it, nobody can read them."""
    return [
        item.ref
        for item in step.store.outbox_of(chunk.room)
        if isinstance(item.target, RoomFrame)
        and item.target.box == chunk.box
        and digest in _chunks_of(item.target, item.data)
    ]


def _chunks_of(target: RoomFrame, frame: bytes) -> tuple[bytes, ...]:
    try:
        opened = open_frame(epoch_keys(target.secret).frame_key, target.box, frame)
        return decode_ref(opened.body).chunks if opened.indirect else ()
    except PeerError:
        return ()  # another member's frame, which we put back: its content is theirs


def _frame_refused(step: Step, target: RoomFrame | RoomBlob, digest: bytes) -> None:
    room, frame = step.find_room(target.room), step.store.frame(target.box, digest)
    if room is None:
        return
    message = step.store.message(room.id, frame.message) if frame is not None and frame.message else None
    if message is not None:
        sending.set_state(step, message, MessageState.FAILED)
    if frame is not None:
        # A failed message must not arrive later: without its data, nothing re-appends the frame.
        step.store.put_frame(replace(frame, data=b""))
    if room.pending is not None and room.pending.frame == digest:
        step.group(room).clear_pending()
        room.pending = None
