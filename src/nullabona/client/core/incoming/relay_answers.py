"""What relays said to the items of the outbox, and what follows when they said nothing (spec/room.md §6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from nullabona.client.core.delivery import box_log, receipts
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.outbox_items import BLOB, FRAME, INBOX, PIECE, decode_target
from nullabona.client.core.model.records import MessageState, OutboxItem
from nullabona.client.core.model.state import JOINED
from nullabona.client.core.relocation import moving
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import file_messages, sending
from nullabona.wire.address import epoch_keys
from nullabona.wire.messages import AnyResponse, Appended, Refusal

FINAL_REFUSALS: Final = frozenset({"too-large", "bad-request", "unsupported"})
"""Refusals that the same request will always get."""
ADVICE_MS: Final = 3_600_000
"""Longest wait that a refusal can ask for: a relay that lied holds up nothing for longer once it is honest."""
LOOK_EVERY: Final = 3
"""Every so many attempts that an inbox does not answer, its owner's card is looked up again."""


def answered(step: Step, item: OutboxItem, answer: AnyResponse) -> None:
    """The relay took an item, or refused it: for now, so that it is tried again, or for good.

    What a relay says that the item is not for any more is of no meaning: the item is on its way elsewhere.
    """
    room = step.find_room(item.room) if item.room else None
    if room is not None and moving.destination(room, item) != decode_target(item.target).relay:
        step.store.drop_outbox(item.id)
        return
    if isinstance(answer, Refusal) and answer.code not in FINAL_REFUSALS:
        delay = max(min(answer.retry_after_s * 1_000, ADVICE_MS), _backoff(step, item))
        step.store.delay_outbox(item.id, step.now + delay)
        return
    step.store.drop_outbox(item.id)
    step.store.release_outbox(item.box, item.kind, step.now)
    if isinstance(answer, Refusal):
        _refused(step, item, answer)
    elif item.kind == PIECE:
        file_messages.piece_taken(step, item)
    elif isinstance(answer, Appended) and item.kind == FRAME:
        _appended(step, item, answer)


def unanswered(step: Step, item: OutboxItem) -> None:
    """The relay could not be reached, or did not answer: the item waits."""
    step.store.delay_outbox(item.id, step.now + _backoff(step, item))
    if item.kind == INBOX and item.attempts % LOOK_EVERY == LOOK_EVERY - 1:
        inbox_addresses.silent(step, item.box)


def _backoff(step: Step, item: OutboxItem) -> int:
    delay = min(step.timing.retry << min(item.attempts, 12), step.timing.retry_most)
    return delay // 2 + step.rng.between(0, delay // 2)


def _appended(step: Step, item: OutboxItem, answer: Appended) -> None:
    """Our frame made the box, or lies in another incarnation than the one we read: the box was made anew."""
    room = step.find_room(item.room)
    if room is None or room.phase != JOINED:
        return
    track = room.track_at(epoch_keys(decode_target(item.target).secret).box.address)
    if track is None:
        return
    track.confirm_at = track.confirm_at or step.now + step.timing.announcement
    if not track.incarnation:
        track.incarnation = answer.incarnation
    elif track.incarnation != answer.incarnation:
        box_log.lose_box(step, room, track, answer.incarnation)
        return
    frame = step.store.frame(item.box, item.ref)
    # A place that was read already is a lie, and where much is gone one more put back at once is no help: `confirm`
    # does it later, and not for ever.
    if frame is not None and not frame.seq and answer.seq > track.position and track.doubts <= receipts.DOUBTS_AT_ONCE:
        track.expected[answer.seq] = item.ref


def _refused(step: Step, item: OutboxItem, answer: Refusal) -> None:
    step.event("refused", item.room, code=answer.code, what=item.kind)
    if item.kind == PIECE:
        file_messages.piece_refused(step, item)
    room = step.find_room(item.room)
    if room is None or item.kind not in {FRAME, BLOB}:
        return
    frame = step.store.frame(item.box, item.ref)
    message = step.store.message(room.id, frame.message) if frame is not None and frame.message else None
    if message is not None:
        sending.set_state(step, message, MessageState.FAILED)
    if frame is not None:
        # What failed must not arrive some day: nothing puts back a frame that is not kept.
        step.store.put_frame(replace(frame, data=b""))
    if room.pending is not None and room.pending.frame == item.ref:
        step.group(room).clear_pending()
        room.pending = None
