"""What a device asks others of a room in one of its boxes, and their answers there (spec/room.md §7.1).

A card names the inbox of an account. So a relay that hides a frame, or denies a chunk, would see in whose inbox the
device then asks, and in whose the answer comes. In the room's box it sees what it always sees: somebody said something.
"""

from __future__ import annotations

from typing import Final

from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery.outbox import queue_blob, queue_last
from nullabona.client.core.model.inbox_items import FileRequest, Gone, Ticket, TicketRequest, sign_item
from nullabona.client.core.model.outbox_targets import RoomBlob
from nullabona.client.core.model.requests import RoomAnswer
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import Step
from nullabona.errors import Malformed
from nullabona.wire.blob import encode_ref
from nullabona.wire.frame import Kind, OpenedFrame, body_fits
from nullabona.wire.seal import ITEM_DIRECT, ITEM_INDIRECT, OVERHEAD, seal_answer

OPEN: Final = b"\x00"
"""First byte of a question, which every device that follows the box can read."""
SEALED: Final = b"\x01"
"""First byte of an answer, which only who asked can read."""


def answer_key(step: Step) -> bytes:
    """The public key to which answers to this device are sealed: that of its account's inbox; empty without a card."""
    card = own_devices.card(step.store)
    return card.inbox.hpke_key if card is not None else b""


def ask(step: Step, room: RoomState, track: BoxTrack, question: TicketRequest | FileRequest) -> None:
    """Append a signed question to the box, once: nobody puts it back, as who asked asks again."""
    item = sign_item(step.mls, track.keys.box.address, question)
    queue_last(step, room, track, Kind.ITEM, OPEN + item)


def note_answer(step: Step, room: RoomState, track: BoxTrack, opened: OpenedFrame) -> None:
    """Keep a sealed item for the end of this step, if it may answer a question of ours."""
    if opened.kind is Kind.ITEM and not opened.indirect and opened.body[:1] == SEALED and room.rejoin is not None:
        step.answers.append(RoomAnswer(track.keys.box.address, track.relay, opened.body[1:]))


def answer(step: Step, room: RoomState, track: BoxTrack, key: bytes, body: Ticket | Gone) -> None:
    """Append an answer that is sealed to the ``key`` of who asked in this box. Does nothing if that is no key."""
    address = track.keys.box.address
    try:
        seal_answer(key, address, b"")  # before chunks are put into the outbox that nobody could open
    except Malformed:
        return
    data = sign_item(step.mls, address, body)
    if body_fits(len(SEALED) + OVERHEAD + len(ITEM_DIRECT) + len(data)):
        plain = ITEM_DIRECT + data
    else:
        plain = ITEM_INDIRECT + encode_ref(queue_blob(step, RoomBlob(track.relay, room.id, address), data))
    queue_last(step, room, track, Kind.ITEM, SEALED + seal_answer(key, address, plain))
