"""Keeps how far each account has read each room (spec/room.md §6)."""

from __future__ import annotations

from collections.abc import Iterable

from nullabona.client.core import preferences
from nullabona.client.core.delivery import box_log, receipts
from nullabona.client.core.model.facts.messages import ReadMarker
from nullabona.client.core.model.facts.signals import OwnMarkerMoved
from nullabona.client.core.model.records import UNPLACED
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import expiry


def note_marker(step: Step, room: RoomState, account: bytes, marker: bytes) -> None:
    """Move an account's marker to a message. If the message has not arrived yet, the marker waits for it."""
    if not marker:
        return
    message = step.store.message(room.id, marker)
    if message is None:
        room.unmatched_markers[account.hex()] = marker
    elif message.position < UNPLACED:
        _advance_marker(step, room, account, message.position)


def match_markers(step: Step, room: RoomState, message: bytes, position: int) -> None:
    for account, marker in list(room.unmatched_markers.items()):
        if marker == message:
            del room.unmatched_markers[account]
            _advance_marker(step, room, bytes.fromhex(account), position)


def _advance_marker(step: Step, room: RoomState, account: bytes, position: int) -> None:
    before = step.store.marker(room.id, account)
    if before is None or before < position:
        step.store.put_marker(room.id, account, position)
        step.tell(ReadMarker(room.id, account))


def mark_read(step: Step, room: RoomState, message_id: bytes) -> None:
    """Move our own marker to a message, never back. This works in a room that we have left, too.

    Other members learn of it with our next message or receipt. They never learn what we read while receipts are off.
    """
    message = step.store.message(room.id, message_id)
    if message is None or message.imported or message.position >= UNPLACED:
        return
    expiry.read_upto(step, room.id, message.position)
    before = step.store.marker(room.id, step.local.account)
    if before is not None and before >= message.position:
        return
    _advance_marker(step, room, step.local.account, message.position)
    step.tell(OwnMarkerMoved(room.id))
    if preferences.profile(step.store).receipts:
        spoken = step.store.last_spoken(room.id, message.position)
        room.read_upto = spoken.id if spoken is not None else room.read_upto
        if room.phase == JOINED:
            receipts.tell_read(step, room)


def joined(step: Step, room: RoomState, accounts: Iterable[bytes], *, now: bool) -> None:
    """Give a first marker to accounts that are in the room. An account that comes back keeps its marker.

    ``now``: they came with the current epoch, so earlier messages do not count as unread for them.
    """
    for account in accounts:
        if step.store.marker(room.id, account) is None:
            step.store.put_marker(room.id, account, box_log.epoch_start(room.epoch, 0) - 1 if now else -1)


def read_elsewhere(step: Step, room: RoomState, message_id: bytes) -> None:
    """Move our own marker as another device of ours did. The marker waits for a message that has not arrived yet."""
    message = step.store.message(room.id, message_id)
    if message is not None and message.position < UNPLACED:
        expiry.read_upto(step, room.id, message.position)
    note_marker(step, room, step.local.account, message_id)
