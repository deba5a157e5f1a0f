"""Chats that the account is out of and that the person deletes, on all devices of the account (spec/devices.md §3).

Lines, files and what they are found by are erased. What stays is the room's state without its name and members: a
device that knew nothing of the room would take an old invitation or order for a new one.
"""

from __future__ import annotations

from typing import Final

from msgspec import structs

from nullabona.client.core import files, imports, preferences, rooms
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.imports import IMPORTED
from nullabona.client.core.model.records import MessageState
from nullabona.client.core.model.state import JOINED, REJOINING, RoomState
from nullabona.client.core.preferences import RoomPreferences
from nullabona.client.core.step import Step

_ALL: Final = 1 << 62
_UNDELETED: Final = {"pinned": 0, "archived": False, "draft": "", "draft_reply": b"", "marked_unread": False}


def delete_chat(step: Step, room_id: bytes) -> None:
    """Erase a chat for good, here and on the account's other devices.

    Raises `NoSuchRoom`; `BadRequest` for a room that the account is in, or that has nothing but imported history.
    """
    room = step.room(room_id)
    if room.phase == IMPORTED:
        raise BadRequest("this is imported history", hint="undo the import")
    if not is_out(step, room):
        raise BadRequest("you are still in this room", hint="leave it first")
    changes = {"deleted": step.now, **_UNDELETED}
    preferences.change(step, preferences.room_scope(room_id), RoomPreferences, changes)
    _erase(step, room, _ALL)


def is_out(step: Step, room: RoomState) -> bool:
    """Whether the account is out of a room, or wants to be."""
    return room.phase not in {JOINED, REJOINING} or rooms.leaving(step, room.id)


def deleted_elsewhere(step: Step, room_id: bytes) -> None:
    """Another device deleted the chat. In a room that this device is in, that alone erases nothing: see `once_out`."""
    room = step.find_room(room_id)
    if room is not None and room.phase not in {IMPORTED, JOINED, REJOINING} and not rooms.put_out_alone(step, room):
        _erase(step, room, _ALL)


def once_out(step: Step, room_id: bytes) -> None:
    """This device has learned that the account is out of a room: erase what another device deleted before that.

    What was said after the deletion stays. If only notices came, they go as well. A device that others of the account
    have put out erases nothing: they can let it in again, and one of them may be stolen.
    """
    at = preferences.of_room(step.store, room_id).deleted
    room = step.find_room(room_id) if at else None
    if room is None or rooms.put_out_alone(step, room):
        return
    _erase(step, room, at)
    if step.store.last_spoken(room_id, _ALL) is None:
        _erase(step, room, _ALL)


def _erase(step: Step, room: RoomState, until: int) -> None:
    store = step.store
    for message in store.own_messages(room.id, (MessageState.WAITING, MessageState.SENT)):
        if message.sent_at <= until and message.box:
            store.drop_outbox_ref(message.box, message.frame)
    for message_id in store.files_of_chat(room.id, until):
        files.forget_file(step, room.id, message_id)
    store.drop_chat(room.id, until)
    if not preferences.is_deleted(store, room.id):
        return
    imports.forget_history(step, room.id)
    if room.phase not in {JOINED, REJOINING}:
        room.info = structs.replace(room.info, name="")
        forget_members(step, room)


def forget_members(step: Step, room: RoomState) -> None:
    """Forget who was in a deleted room, once its last box is watched no more (`core.sync.removal_watch`)."""
    if not room.boxes and preferences.is_deleted(step.store, room.id):
        step.store.drop_devices(room.id, [device.device for device in step.store.devices(room.id)])
        step.roster_changed(room.id)
