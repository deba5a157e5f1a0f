"""What was said before a device came: an archive in files, sent in the devices' room (spec/devices.md §9).

Here is what is kept of it between two steps; `nullabona.client.api.history` writes and reads the archive.
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
    """A device is to be sent what was said before it came."""
    waiting.wait(step.store, _OWED, device)


def owed(store: Store) -> list[bytes]:
    """The devices that wait for it."""
    return waiting.waiting(store, _OWED)


def paid(step: Step, devices: Collection[bytes]) -> None:
    """Everything is on its way to those that were in the room when it began: who came in later has not all of it."""
    waiting.served(step.store, _OWED, devices)


def part_name(stream: str, number: int, *, last: bool) -> str:
    """What a part of an archive is called: the archive, which part, and whether it is the last."""
    return f"{stream}-{number}{_LAST if last else ''}"


def read_name(name: str) -> tuple[str, int, bool] | None:
    """The archive, the number and whether it is the last; None if it is no part of one."""
    stream, mark, rest = name.partition("-")
    number = rest.removesuffix(_LAST)
    if not mark or not number.isascii() or not number.isdecimal() or int(number) >= MOST_PARTS:
        return None
    return stream, int(number), rest.endswith(_LAST)


def came(step: Step, room: RoomState, device: Device, message: Message, body: Shown | Annotation) -> None:
    """A part came: kept out of sight, and fetched. Anything else in this room is not for people and not kept."""
    if not isinstance(body, File) or device.account != step.me.account:
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
    """Of the newest archive, the parts that are here, in order: one that was begun anew counts for the one before."""
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
    """Whether the relay has the whole of an own part; also if it is not kept here any more."""
    file = store.file(room, message)
    return file is None or file.state is not FileState.MOVING


def done(step: Step, room: bytes, message: bytes) -> None:
    """A part is not needed any more."""
    files.forget_file(step, room, message)
    step.store.drop_message(room, message)


def forget_parts(step: Step) -> None:
    """The archive is taken in, or of no use: nothing of it is kept."""
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
    """Own parts that every device has are not kept."""
    for message in delivered(step.store):
        done(step, own_devices.room_id(step.store), message)
