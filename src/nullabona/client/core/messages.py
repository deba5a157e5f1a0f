"""Messages: sending them once and for all, receiving each exactly once, and who has read what (spec/room.md §6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from msgspec import structs

from nullabona.client.core import acquaintance, boxes, files, preferences, receipts, trust
from nullabona.client.core.chat import annotating, erasing, expiry, kinds, profiles, typing, words
from nullabona.client.core.content import (
    Annotation,
    Body,
    Deleted,
    Envelope,
    File,
    Gone,
    Imported,
    Notice,
    Profile,
    Receipt,
    Shown,
    encode_body,
    encode_envelope,
)
from nullabona.client.core.devices import history
from nullabona.client.core.errors import NotInRoom
from nullabona.client.core.message_ids import RANDOM, is_made_by, message_id
from nullabona.client.core.outgoing import queue_frame
from nullabona.client.core.records import UNPLACED, Device, Frame, Message, MessageState
from nullabona.client.core.roominfo import DEVICES
from nullabona.client.core.state import JOINED, BoxTrack, RoomState
from nullabona.client.core.step import Step
from nullabona.errors import Bug
from nullabona.wire.frame import Kind

MAX_RESENT: Final = 8
"""How often a message is encrypted again because somebody said they could not read it."""
RESENT_IN_VAIN: Final = 2
"""After so many times it is not the relay: see `boxes`."""


def draw_id(step: Step) -> bytes:
    """An id for a message of this account."""
    return message_id(step.me.account, step.chance.bytes(RANDOM))


def send(step: Step, room: RoomState, body: Shown | Annotation, id: bytes = b"") -> bytes:
    """Store a message and, where it may go out now, its frame. Returns its id: one of `draw_id`, the given one if any.

    What people see gets the room's timer. An annotation has its effect here at once.

    Raises `NotInRoom` if this device is not a member any more, `Bug` if nobody would take a message under this id.
    """
    if id and not is_made_by(step.me.account, id):
        raise Bug("a message under an id that is not this account's")
    if room.phase != JOINED:
        raise NotInRoom("you are not in this room any more")
    if isinstance(body, Shown):
        body = structs.replace(body, timer_s=room.info.timer_s)
        profiles.before_speaking(step, room)
    message = Message(
        room=room.id,
        id=id or draw_id(step),
        account=step.me.account,
        device=step.me.device,
        sent_at=annotating.said_at(step, room.id, body),
        position=step.store.next_unplaced(room.id),
        epoch=room.epoch,
        state=MessageState.WAITING,
        box=b"",
        frame=b"",
        resent=0,
        body=b"",
    )
    message = kinds.filled(step, message, body, admin=step.me.account in room.info.admins)
    message = replace(message, shown=message.shown and room.info.kind != DEVICES)
    step.store.put_message(message)
    if message.shown:
        words.index(step.store, message, body)
    transmit(step, room, message, body)
    if message.kind in annotating.ANNOTATIONS:
        annotating.came(step, room, message)
    return message.id


def transmit(step: Step, room: RoomState, message: Message, body: Body) -> None:
    """Encrypt a waiting message in the current epoch and queue its frame; it keeps waiting while sends are held."""
    if held(step, room) or files.holds_back(step, room, message.id):
        return
    track = room.current
    data = _sealed(step, room, message.id, message.sent_at, body)
    digest = queue_frame(step, room, track, Kind.MESSAGE, data, message=message.id)
    step.store.put_message(
        replace(message, epoch=track.epoch, state=MessageState.WAITING, box=track.keys.box.address, frame=digest)
    )


def held(step: Step, room: RoomState) -> bool:
    """Nothing is sent to a room that still holds somebody whom the branch we move to, or came from, has removed.

    Nor to a direct room whose other person shows a new identity key that was not confirmed.
    """
    if room.phase != JOINED:
        return True
    if trust.holds(step, room):
        return True
    removed = [*room.redo, *(room.heal.proven if room.heal is not None else [])]
    if not removed:
        return False
    accounts = {device.account for device in step.roster(room.id).values()}
    return any(account in accounts for account in removed)


def send_receipt(step: Step, room: RoomState) -> None:
    """Tell the room what this device has seen and its account has read, without any words.

    Not in an epoch that seems to be over: nobody could read it, and each would say so.
    """
    room.receipt_at = 0
    if room.phase != JOINED or held(step, room) or not step.others(room, room.epoch):
        return
    if acquaintance.is_shut(step.store, room.info):
        return  # when this device is on is not said to somebody who is blocked
    track = room.current
    if track.candidates or step.now < track.look_until:
        over_at = max(track.settle_until, track.look_until, step.now + 1_000)
        room.receipt_at = over_at + step.chance.between(0, receipts.delay(step, room))
        return
    send_fleeting(step, room, Receipt())


def send_fleeting(step: Step, room: RoomState, body: Body) -> None:
    """Something that is of no use later: neither kept nor put back."""
    data = _sealed(step, room, draw_id(step), step.now, body)
    queue_frame(step, room, room.current, Kind.MESSAGE, data, keep=False)


def send_note(step: Step, room: RoomState, body: Body) -> None:
    """A message for devices rather than people (`Leave`, `Moved`): kept and put back like any other, not shown."""
    data = _sealed(step, room, draw_id(step), step.now, body)
    queue_frame(step, room, room.current, Kind.MESSAGE, data)


def _sealed(step: Step, room: RoomState, message: bytes, sent_at: int, body: Body) -> bytes:
    marker = room.read_upto if preferences.profile(step.store).receipts else b""
    envelope = Envelope(message, sent_at, receipts.own_views(room), marker, body)
    receipts.told_views(room)
    room.marker_told = marker
    room.receipt_at = 0
    if receipts.has_more_to_tell(room):
        receipts.tell_soon(step, room)
    return step.group(room).encrypt(encode_envelope(envelope))


def set_state(step: Step, message: Message, state: MessageState) -> None:
    """Record and tell how far a message has come."""
    if message.state is not state:
        changed = replace(message, state=state)
        step.store.put_message(changed)
        if changed.shown:
            step.event("message-state", message.room, id=message.id, state=state.value)
        if state is MessageState.DELIVERED:
            erasing.arrived(step, changed)


def placed(step: Step, room: RoomState, track: BoxTrack, frame: Frame, seq: int) -> None:
    """An own frame was read back from the box: its message is sent, and sorts where its first copy lies."""
    message = step.store.message(room.id, frame.message)
    if message is None:
        return
    message = _sorted_first(step, room, message, boxes.place(track, seq))
    if message.frame == frame.hash and message.state is MessageState.WAITING:
        set_state(step, message, MessageState.SENT)
        expiry.start(step, message)
    track.check_acks = True


def _sorted_first(step: Step, room: RoomState, message: Message, position: int) -> Message:
    """Of the places that copies of a message have, the lowest counts, so that everybody sorts alike."""
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
    """Encrypt a message again in the current epoch, under its old id; whoever has it already drops the copy.

    What was erased meanwhile is not sent any more.
    """
    body = kinds.stored(message)
    if isinstance(body, Notice | Deleted | Gone | Imported):
        return
    if message.box:
        step.store.drop_outbox_ref(message.box, message.frame)
    waiting = replace(message, state=MessageState.WAITING, box=b"", frame=b"")
    step.store.put_message(waiting)
    transmit(step, room, waiting, body)


def send_again(step: Step, room: RoomState, track: BoxTrack, message_id: bytes) -> None:
    """Somebody cannot read this message in that box: send it again, a bounded number of times."""
    message = step.store.message(room.id, message_id)
    if message is None or message.box != track.keys.box.address or message.resent >= MAX_RESENT:
        return
    resend(step, room, replace(message, resent=message.resent + 1))


def was_in_vain(message: Message) -> bool:
    """Whether it does not help to send it again in its epoch."""
    return message.resent >= RESENT_IN_VAIN


def leave_epoch(step: Step, room: RoomState, track: BoxTrack) -> None:
    """The epoch of ``track`` ended: whatever of ours was not placed before the winning commit goes to the new one."""
    for message in step.store.own_messages(room.id, (MessageState.WAITING, MessageState.SENT)):
        if message.box != track.keys.box.address:
            continue
        frame = step.store.frame(message.box, message.frame)
        in_time = frame is not None and 0 < frame.seq < track.winner_seq
        if not in_time or track.diverged or was_in_vain(message):
            resend(step, room, message)


def resend_unacknowledged(step: Step, room: RoomState, reached: Callable[[Message], bool]) -> None:
    """Send every undelivered own message again unless ``reached`` says it arrived where it must."""
    for message in step.store.own_messages(room.id, (MessageState.WAITING, MessageState.SENT)):
        if not reached(message):
            resend(step, room, message)


def reached_nobody(_message: Message) -> bool:
    """For `resend_unacknowledged`: nothing that was sent elsewhere counts here."""
    return False


def release_held(step: Step, room: RoomState) -> None:
    """Messages written while sends were held go out now."""
    for message in step.store.own_messages(room.id, (MessageState.WAITING,)):
        if not message.box:
            resend(step, room, message)


# -- receiving ----------------------------------------------------------------------------------------------------


def receive(
    step: Step, room: RoomState, track: BoxTrack, seq: int, device: Device, said: Envelope, body: Shown | Annotation
) -> None:
    """Keep a message or an annotation of somebody else's, once, however often it comes, and do what it asks."""
    known = step.store.message(room.id, said.id)
    if known is not None:
        if known.account == device.account:
            _sorted_first(step, room, known, boxes.place(track, seq))
        return
    message = Message(
        room=room.id,
        id=said.id,
        account=device.account,
        device=device.device,
        sent_at=said.sent_at,
        position=boxes.place(track, seq),
        epoch=track.epoch,
        state=MessageState.RECEIVED,
        box=track.keys.box.address,
        frame=b"",
        resent=0,
        body=b"",
    )
    message = kinds.filled(step, message, body, admin=device.account in room.info.admins)
    if room.info.kind == DEVICES:
        history.came(step, room, device, message, body)
        return
    if isinstance(body, Profile):
        profiles.learn(step, device.account, device.handle, said.sent_at, body)
        message = replace(message, body=encode_body(Gone("done")))
    step.store.put_message(message)
    if message.kind in annotating.ANNOTATIONS:
        annotating.came(step, room, message)
    elif message.shown:
        _appeared(step, room, device, message)
    _match_markers(step, room, said.id, message.position)


def _appeared(step: Step, room: RoomState, device: Device, message: Message) -> None:
    """A new line: found from now on, as its annotations that came before it want it, and told."""
    body = kinds.stored(message)
    words.index(step.store, message, body)
    if isinstance(body, File):
        files.received(step, room, message.id, body)
    typing.spoke(step, room, device.account)
    step.event("message", room.id, id=message.id, account=device.account, handle=device.handle)
    annotating.settle(step, room, message.id)
    read = step.store.marker(room.id, step.me.account)
    if device.account == step.me.account:
        expiry.start(step, message, since=message.sent_at)
    elif read is not None and message.position <= read:
        expiry.start(step, message)


def note_marker(step: Step, room: RoomState, account: bytes, marker: bytes) -> None:
    """An account has read up to a message; a marker for a message that is still to come waits for it."""
    if not marker:
        return
    message = step.store.message(room.id, marker)
    if message is None:
        room.unmatched_markers[account.hex()] = marker
    elif message.position < UNPLACED:
        _advance_marker(step, room, account, message.position)


def _match_markers(step: Step, room: RoomState, message: bytes, position: int) -> None:
    for account, marker in list(room.unmatched_markers.items()):
        if marker == message:
            del room.unmatched_markers[account]
            _advance_marker(step, room, bytes.fromhex(account), position)


def _advance_marker(step: Step, room: RoomState, account: bytes, position: int) -> None:
    before = step.store.marker(room.id, account)
    if before is None or before < position:
        step.store.put_marker(room.id, account, position)
        step.event("read", room.id, account=account)


def mark_read(step: Step, room: RoomState, message_id: bytes) -> None:
    """Our account has read up to this message; told with the next message or receipt. Never moves back."""
    message = step.store.message(room.id, message_id)
    if message is None or message.imported or message.position >= UNPLACED:
        return
    expiry.read_upto(step, room.id, message.position)
    before = step.store.marker(room.id, step.me.account)
    if before is not None and before >= message.position:
        return
    step.store.put_marker(room.id, step.me.account, message.position)
    step.told.append(("own-read", room.id, {}))
    spoken = step.store.last_spoken(room.id, message.position)
    room.read_upto = spoken.id if spoken is not None else room.read_upto
    if preferences.profile(step.store).receipts:
        receipts.tell_soon(step, room)


def read_elsewhere(step: Step, room: RoomState, message_id: bytes) -> None:
    """Our account has read up to this message on another device; one that is still to come is waited for."""
    message = step.store.message(room.id, message_id)
    if message is not None and message.position < UNPLACED:
        expiry.read_upto(step, room.id, message.position)
    note_marker(step, room, step.me.account, message_id)
