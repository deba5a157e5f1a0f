"""Sends messages: each is stored once, and encrypted again if its frame cannot arrive (spec/room.md §6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from msgspec import structs

from nullabona.client.core import acquaintance, files, preferences, rooms
from nullabona.client.core.delivery import box_log, receipts
from nullabona.client.core.delivery.outbox import queue_frame
from nullabona.client.core.identity import contact_keys
from nullabona.client.core.model.content import (
    Annotation,
    Backfill,
    BackfillRequest,
    Body,
    Deleted,
    Envelope,
    Gone,
    Imported,
    Notice,
    Receipt,
    Shown,
    encode_envelope,
)
from nullabona.client.core.model.errors import NotInRoom
from nullabona.client.core.model.facts.messages import MessageStateChanged
from nullabona.client.core.model.message_ids import RANDOM, is_made_by, message_id
from nullabona.client.core.model.records import Frame, Message, MessageState
from nullabona.client.core.model.room_info import DEVICES
from nullabona.client.core.model.state import JOINED, BoxTrack, RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import annotating, erasure, expiry, kinds, profiles, search
from nullabona.errors import Bug
from nullabona.wire.frame import Kind

MAX_RESENT: Final = 8
"""How often we encrypt a message again because a device could not read it."""
RESENT_IN_VAIN: Final = 2
"""After so many times the relay is not the cause: see `core.sync.repair`."""


def draw_id(step: Step) -> bytes:
    """An id for a message of this account."""
    return message_id(step.local.account, step.rng.bytes(RANDOM))


def send(step: Step, room: RoomState, body: Shown | Annotation | BackfillRequest | Backfill, id: bytes = b"") -> bytes:
    """Store a message and, where it may go out now, its frame. Returns its id: one of `draw_id`, the given one if any.

    What people see gets the room's timer. An annotation has its effect here at once.

    Raises `NotInRoom` if this device is not a member any more, `Bug` if nobody would take a message under this id.
    """
    if id and not is_made_by(step.local.account, id):
        raise Bug("a message under an id that is not this account's")
    if room.phase != JOINED and not rooms.is_reopening(step, room):
        raise NotInRoom("you are not in this room any more")
    if isinstance(body, Shown):
        room.talked_at = step.now
        body = structs.replace(body, timer_s=room.info.timer_s)
        if room.phase == JOINED and profiles.due_before_speaking(step, room):
            send_profile(step, room)
    message = Message(
        room=room.id,
        id=id or draw_id(step),
        account=step.local.account,
        device=step.local.device,
        sent_at=annotating.said_at(step, room.id, body),
        position=step.store.next_unplaced(room.id),
        epoch=room.epoch if room.boxes else 0,
        state=MessageState.WAITING,
        box=b"",
        frame=b"",
        resent=0,
        body=b"",
    )
    message = kinds.filled(step, message, body, entitled=kinds.entitled(room.info, step.local.account, body))
    message = replace(message, shown=message.shown and room.info.kind != DEVICES)
    _store(step, room, message, body)
    if message.shown:
        search.index(step.store, message, body)
    if message.kind in annotating.ANNOTATIONS:
        annotating.came(step, room, message)
    return message.id


def _store(step: Step, room: RoomState, message: Message, body: Body) -> None:
    """Store a waiting message, with its frame if it may be sent now. It waits while sends are held, and in a direct
    room until the other person is in.
    """
    out = not (held(step, room) or rooms.awaits_other(step, room))
    file = files.own(step.store, room.id, message.id)
    if file is not None:
        # Before its pieces, whose events report the file's size to listeners. The message is sent after the last piece.
        step.store.put_message(message)
        out = out and not files.send_pieces(step, room, file)
    if out:
        message = _framed(step, room, message, body)
    if out or file is None:
        step.store.put_message(message)


def _framed(step: Step, room: RoomState, message: Message, body: Body) -> Message:
    """The message, encrypted in the current epoch, with its frame in the outbox."""
    track = room.current
    data = _sealed(step, room, message.id, message.sent_at, body)
    digest = queue_frame(step, room, track, Kind.MESSAGE, data, message=message.id)
    return replace(message, epoch=track.epoch, state=MessageState.WAITING, box=track.keys.box.address, frame=digest)


def held(step: Step, room: RoomState) -> bool:
    """Whether messages wait: an account is in the room that the branch we move to, or came from, has removed.

    Also in a direct room whose other person has a new identity key that was not confirmed.
    """
    if room.phase != JOINED:
        return True
    if contact_keys.holds(step, room):
        return True
    removed = [*room.redo, *(room.rejoin.proven if room.rejoin is not None else [])]
    if not removed:
        return False
    accounts = {device.account for device in step.roster(room.id).values()}
    return any(account in accounts for account in removed)


def send_profile(step: Step, room: RoomState) -> None:
    """Send the profile if it is due; to a contact blocked meanwhile, once they are unblocked."""
    if acquaintance.is_shut(step.store, room.info):
        room.profile_at = None
    if step.due(room.profile_at) and not held(step, room):
        room.profile_at = None
        room.profile_late = False
        if step.others(room, room.epoch):
            send(step, room, profiles.own(step))


def send_receipt(step: Step, room: RoomState) -> None:
    """Send a receipt: what this device has seen and its account has read.

    Not in an epoch that seems to be over: nobody could read it, and every device would report that.
    """
    room.receipt_at = None
    if room.phase != JOINED or held(step, room) or not step.others(room, room.epoch):
        return
    if acquaintance.is_shut(step.store, room.info):
        return  # do not show a blocked contact when this device is online
    track = room.current
    if track.candidates or step.before(track.look_until):
        over_at = max(track.unsure_until, step.now + 1_000)
        room.receipt_at = over_at + step.rng.between(0, receipts.delay(step, room))
        return
    send_fleeting(step, room, Receipt())


def send_fleeting(step: Step, room: RoomState, body: Body) -> bytes:
    """Send a message that is useless later: neither kept nor re-appended. Returns its frame's hash."""
    data = _sealed(step, room, draw_id(step), step.now, body)
    return queue_frame(step, room, room.current, Kind.MESSAGE, data, keep=False)


def send_note(step: Step, room: RoomState, body: Body) -> None:
    """Send a message for devices (`Leave`, `Moved`): kept and re-appended like any other, but not shown."""
    data = _sealed(step, room, draw_id(step), step.now, body)
    queue_frame(step, room, room.current, Kind.MESSAGE, data)


def last_note(step: Step, room: RoomState, body: Body) -> bytes:
    """The MLS message of a branch that this device leaves now: it tells nothing that is told again where we go."""
    envelope = Envelope(draw_id(step), step.now, (), b"", body)
    return step.group(room).encrypt(encode_envelope(envelope))


def _sealed(step: Step, room: RoomState, message: bytes, sent_at: int, body: Body) -> bytes:
    marker = room.read_upto if preferences.profile(step.store).receipts else b""
    envelope = Envelope(message, sent_at, receipts.own_views(room), marker, body)
    receipts.told_views(room)
    room.receipt_at = None
    if receipts.has_more_to_tell(room):
        receipts.tell_soon(step, room)
    return step.group(room).encrypt(encode_envelope(envelope))


def set_state(step: Step, message: Message, state: MessageState) -> None:
    """Record a message's state and log an event."""
    if message.state is not state:
        changed = replace(message, state=state)
        step.store.put_message(changed)
        if changed.shown:
            step.tell(MessageStateChanged(message.room, message.id, state.value))
        if state is MessageState.DELIVERED:
            erasure.arrived(step, changed)


def placed(step: Step, room: RoomState, track: BoxTrack, frame: Frame, seq: int) -> None:
    """An own frame was read back from the box: its message is sent, and has the position of its first copy."""
    message = step.store.message(room.id, frame.message)
    if message is None:
        return
    message = sorted_first(step, room, message, box_log.place(track, seq))
    if message.frame == frame.hash and message.state is MessageState.WAITING:
        set_state(step, message, MessageState.SENT)
        expiry.start(step, message)
    track.check_acks = True


def sorted_first(step: Step, room: RoomState, message: Message, position: int) -> Message:
    """Use the lowest position of a message's copies, so that all devices sort alike."""
    if message.position <= position:
        return message
    moved = replace(message, position=position)
    step.store.put_message(moved)
    if moved.kind in annotating.ANNOTATIONS:
        annotating.came(step, room, moved)
        return step.store.message(room.id, moved.id) or moved
    return moved


# -- sending again ------------------------------------------------------------------------------------------------


def resend(step: Step, room: RoomState, message: Message) -> None:
    """Encrypt a message again in the current epoch, under its old id; devices that have it drop the copy.

    A message that was erased meanwhile is not sent.
    """
    body = kinds.stored(message)
    if isinstance(body, Notice | Deleted | Gone | Imported):
        return
    if message.box:
        step.store.drop_outbox_ref(message.box, message.frame)
    _store(step, room, replace(message, state=MessageState.WAITING, box=b"", frame=b""), body)


def send_again(step: Step, room: RoomState, track: BoxTrack, message_id: bytes) -> None:
    """A device cannot read this message in that box: send it again, a bounded number of times."""
    message = step.store.message(room.id, message_id)
    if message is None or message.box != track.keys.box.address or message.resent >= MAX_RESENT:
        return
    resend(step, room, replace(message, resent=message.resent + 1))


def was_in_vain(message: Message) -> bool:
    """Whether resending it in its epoch did not help."""
    return message.resent >= RESENT_IN_VAIN


def leave_epoch(step: Step, room: RoomState, track: BoxTrack, before: int = 0) -> None:
    """The epoch of ``track`` ended: move our messages that were not placed before the winning commit to the new one.

    ``before`` is the seq of that commit; 0 if no message counts as placed.
    """
    for message in step.store.own_messages(room.id, (MessageState.WAITING, MessageState.SENT)):
        if message.box != track.keys.box.address:
            continue
        frame = step.store.frame(message.box, message.frame)
        in_time = _is_in_time(frame, before)
        if not in_time or track.diverged or was_in_vain(message):
            resend(step, room, message)
    card = step.store.frame(track.keys.box.address, room.card_frame) if room.card_frame else None
    if card is not None and not _is_in_time(card, before):
        room.card_told, room.card_frame, room.card_at = -1, b"", step.within(step.timing.card)


def _is_in_time(frame: Frame | None, before: int) -> bool:
    return frame is not None and 0 < frame.seq < before


def resend_unacknowledged(step: Step, room: RoomState, reached: Callable[[Message], bool]) -> None:
    """Send every undelivered own message again unless ``reached`` says it arrived where it must."""
    for message in step.store.own_messages(room.id, (MessageState.WAITING, MessageState.SENT)):
        if not reached(message):
            resend(step, room, message)


def reached_nobody(_message: Message) -> bool:
    """For `resend_unacknowledged`: messages sent on another branch count as not received."""
    return False


def release_held(step: Step, room: RoomState) -> None:
    """Send messages that were written while sends were held."""
    for message in step.store.own_messages(room.id, (MessageState.WAITING,)):
        if not message.box:
            resend(step, room, message)
