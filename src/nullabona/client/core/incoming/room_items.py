"""Questions and answers in a room's boxes: who asked is helped, what answers us goes on as an inbox item would
(spec/room.md §7.1).
"""

from __future__ import annotations

from hashlib import sha256

from nullabona.client.core import acquaintance
from nullabona.client.core.delivery.room_items import OPEN, note_answer
from nullabona.client.core.devices.shared_inbox import SEEN
from nullabona.client.core.model.inbox_items import FileRequest, TicketRequest, open_item
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.sync import tickets
from nullabona.client.core.timeline import file_messages
from nullabona.errors import PeerError
from nullabona.wire.frame import OpenedFrame


def came(step: Step, room: RoomState, track: BoxTrack, opened: OpenedFrame) -> None:
    """Act on an item of the room. Whatever else a frame of that kind holds has no effect."""
    if opened.body[:1] == OPEN and not opened.indirect:
        _asked(step, room, track, opened.body[1:])
    else:
        note_answer(step, room, track, opened)


def _asked(step: Step, room: RoomState, track: BoxTrack, data: bytes) -> None:
    """A question. One for a ticket counts once: it may come in two boxes, and any member of the epoch can seal it
    again. With a file its sender helps an account once a day.
    """
    address = track.keys.box.address
    try:
        sender, body = open_item(address, data)
    except PeerError:
        return
    match body:
        case TicketRequest() if body.room == room.id and body.box == address and body.helper == step.local.account:
            if _is_new(step, sender.device_key + body.id):
                tickets.help_back(step, sender, body)
        case FileRequest() if body.room == room.id and not acquaintance.is_blocked(step.store, sender.account_id):
            file_messages.asked_back(step, sender, body)
        case _:
            pass


def _is_new(step: Step, question: bytes) -> bool:
    return step.store.saw(SEEN, sha256(question).digest(), step.day)
