"""History for a new device: an archive in files, sent in the devices' room (spec/devices.md §9).

This module keeps its state between two steps; `nullabona.client.api.history` writes and reads the archive.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from nullabona.client.core import files
from nullabona.client.core.account import own_devices, waiting
from nullabona.client.core.model.content import Annotation, File, Shown
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import Device, FileState, Message, MessageState
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step

_OWED: Final = "history-owed"
_LAST: Final = "-last"
_END: Final = (1 << 63) - 1
MOST_PARTS: Final = 100_000


def owe(step: Step, device: bytes) -> None:
    """Note that a new device must get the history from before it came."""
    waiting.wait(step.store, _OWED, device)


def owed(store: Store) -> list[bytes]:
    """The devices that wait for it."""
    return waiting.waiting(store, _OWED)


def paid(step: Step, devices: Collection[bytes]) -> None:
    """The whole archive is sent to the devices that were in the room when it began; later ones lack parts of it."""
    waiting.served(step.store, _OWED, devices)


def part_name(stream: str, number: int, *, last: bool) -> str:
    """The name of an archive's part: the archive, the number, and whether it is the last."""
    return f"{stream}-{number}{_LAST if last else ''}"


def read_name(name: str) -> tuple[str, int, bool] | None:
    """The archive, the number and whether it is the last; None if it is no part of one."""
    stream, mark, rest = name.partition("-")
    number = rest.removesuffix(_LAST)
    if not mark or not number.isascii() or not number.isdecimal() or int(number) >= MOST_PARTS:
        return None
    return stream, int(number), rest.endswith(_LAST)


def came(step: Step, room: RoomState, device: Device, message: Message, body: Shown | Annotation) -> None:
    """A part came: keep it hidden and fetch it. Anything else in this room is not for people and not kept."""
    if not isinstance(body, File) or device.account != step.local.account:
        return
    if read_name(body.attachment.name) is None or step.store.message(room.id, message.id) is not None:
        return
    step.store.put_message(replace(message, shown=False, unread=0))
    files.received(step, room, message.id, body)
    files.fetch(step, room, message.id)


@dataclass(frozen=True, slots=True)
class Part:
    """A part that is here whole, and the message it came with."""

    stream: str
    number: int
    last: bool
    message: bytes


def parts(store: Store) -> list[Part]:
    """The parts of the newest archive that are here, in order: a restarted archive replaces the one before."""
    room = own_devices.room_id(store)
    rows = store.messages_of(room, "file", before=_END, limit=MOST_PARTS) if room else []
    found: list[Part] = []
    for row in sorted(rows, key=lambda row: row.position, reverse=True):
        file, said = store.file(room, row.id), files.attachment_of(store, room, row.id)
        named = read_name(said.name) if said is not None else None
        if named is None or file is None or file.mine or (found and named[0] != found[0].stream):
            continue
        if file.state is FileState.HERE:
            found.append(Part(*named, row.id))
    return sorted(found, key=lambda part: part.number)


def content(store: Store, message: bytes) -> bytes:
    """The bytes of a part that is here."""
    room = own_devices.room_id(store)
    said = files.attachment_of(store, room, message)
    assert said is not None
    found = [files.read_piece(store, room, message, said, place) or b"" for place, _, _ in files.places(said)]
    return b"".join(found)


def is_out(store: Store, room: bytes, message: bytes) -> bool:
    """Whether the relay has the whole of an own part; True if we no longer keep it."""
    file = store.file(room, message)
    return file is None or file.state is not FileState.MOVING


def done(step: Step, room: bytes, message: bytes) -> None:
    """Delete a part that is no longer needed."""
    files.forget_file(step, room, message)
    step.store.drop_message(room, message)


def forget_parts(step: Step) -> None:
    """Delete an archive that was imported, or is useless."""
    room = own_devices.room_id(step.store)
    for row in step.store.messages_of(room, "file", before=_END, limit=MOST_PARTS) if room else []:
        file = step.store.file(room, row.id)
        if file is None or not file.mine:
            done(step, room, row.id)


def delivered(store: Store) -> list[bytes]:
    """Own parts that every device has."""
    room = own_devices.room_id(store)
    rows = store.own_messages(room, (MessageState.DELIVERED,)) if room else []
    return [row.id for row in rows if row.kind == "file"]


def sweep(step: Step) -> None:
    """Delete own parts that every device has."""
    for message in delivered(step.store):
        done(step, own_devices.room_id(step.store), message)
