"""Records to keep, each with every field different from its neighbours so that a mixed-up column shows."""

from __future__ import annotations

from nullabona.client.core.model.outbox_targets import (
    FilePiece,
    InboxBlob,
    InboxFrame,
    InboxTrim,
    ReplyFrame,
    RoomBlob,
    RoomFrame,
    RoomTrim,
    Target,
    WelcomeBlob,
)
from nullabona.client.core.model.records import Contact, ContactState, Device, DeviceView, Frame, Message, MessageState
from nullabona.wire.address import Address

KEY = bytes(range(32))
ROOM = b"room" * 8
OTHER_ROOM = b"else" * 8
BOX = b"box1" * 8
OTHER_BOX = b"box2" * 8
MINA = b"mina" * 8
JUN = b"jun." * 8
RELAY = "wss://relay.example:443/v1"
SECRET = b"secr" * 8


def to_room(box: bytes = BOX, room: bytes = ROOM) -> RoomFrame:
    return RoomFrame(RELAY, room, Address(box), SECRET, 3)


TARGETS: list[Target] = [
    to_room(),
    ReplyFrame(RELAY, Address(BOX), SECRET),
    InboxFrame(RELAY, Address(BOX), b"read" * 8, b"writ" * 8),
    RoomBlob(RELAY, ROOM, Address(BOX)),
    WelcomeBlob(RELAY, ROOM),
    InboxBlob(RELAY, BOX),
    FilePiece(RELAY, ROOM, BOX),
    RoomTrim(RELAY, Address(BOX), b"read" * 8, b"hash" * 8, 7),
    InboxTrim(RELAY, Address(BOX), b"read" * 8, b"hash" * 8, 7),
]
"""One of each type."""


def message(
    id: bytes = b"message-1",
    *,
    room: bytes = ROOM,
    account: bytes = MINA,
    position: int = 1,
    state: MessageState = MessageState.RECEIVED,
    body: bytes = b"body",
    box: bytes = BOX,
    shown: bool = True,
    unread: int = 0,
) -> Message:
    return Message(
        *(room, id, account, b"device", 1_700_000_000_000, position, 7, state, box, b"frame", 2, body, "photo"),
        *(shown, unread, b"about", True, 60, None, 1_700_000_000_009),
    )


def frame(
    hash: bytes = b"hash-1", *, box: bytes = BOX, seq: int = 1, chain: bytes = b"chain", data: bytes = b"data"
) -> Frame:
    return Frame(box, hash, seq, chain, 3, mine=True, message=b"message-1", day=20_000, data=data)


def view(device: bytes = b"device-1", *, box: bytes = BOX, seq: int = 9) -> DeviceView:
    return DeviceView(box, device, b"incarnation", seq, b"chain", (3, 5), (4,))


def device(id: bytes = b"device-1", *, room: bytes = ROOM, leaf: int = 0, handle: str = "미나@relay.example") -> Device:
    return Device(room, id, MINA, handle, leaf, b"signature", b"encryption", 5)


def contact(account: bytes = MINA, *, handle: str = "mina@relay.example", name: str = "미나") -> Contact:
    return Contact(account, handle, name, ContactState.ACCEPTED, ROOM, "안녕하세요", b"card", (b"kp-1", b"kp-2"))
