"""What a room agrees on: a group context extension that only commits can change (spec/room.md §3)."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from nullabona.errors import Malformed

ROOM_INFO_EXTENSION: Final = 0xF4E0
"""The extension type of the room info in the group context."""
REQUIRED_EXTENSION: Final = 3
"""The extension type of what the group context requires of every leaf (RFC 9420)."""
REQUIRED: Final = b"\x02" + ROOM_INFO_EXTENSION.to_bytes(2, "big") + b"\x00\x00"
"""And its data: the room info, no kind of proposal, no kind of credential."""
MAX_DEVICES: Final = 5_000
"""Most devices in one room; 1,000 is what is tested."""
MOST_OF_ONE: Final = 64
"""Most devices of one account in a room. A card names 16; a few more may be in the room until they are revoked."""

MAX_TIMER_S: Final = 31_536_000
"""Longest life of a disappearing message: a year."""

MAX_MOVES: Final = 2**53
MOST_AHEAD: Final = 256
"""A move order's number is at most so far above that of the room: nobody can use the numbers up."""

GROUP: Final = "group"
DIRECT: Final = "direct"
DEVICES: Final = "devices"
"""The room that the devices of one account share; nobody sees it."""

Key = Annotated[bytes, Meta(min_length=32, max_length=32)]
Name = Annotated[str, Meta(max_length=120)]


class RoomInfo(msgspec.Struct, array_like=True, frozen=True):
    """Agreed by all members of an epoch.

    ``kind`` is ``group``, ``direct`` or ``devices``. A direct room has exactly its ``pair`` of accounts, no name and no
    admins; the room of an account's devices has none of the three.
    ``relay`` is the base URL of the relay that keeps the room's boxes. ``admins`` are accounts. ``timer_s`` is how long
    messages written from now on live once they are read; 0: for ever. ``moves`` is the number of the move order that
    brought the room to its relay; 0: it is where it was made (spec/relocation.md). ``members_pin``: in a group every
    member may pin messages, not the admins alone.
    """

    rev: Annotated[int, Meta(ge=1, le=1)]
    kind: Annotated[str, Meta(max_length=16)]
    name: Name
    relay: Annotated[str, Meta(max_length=255)]
    admins: Annotated[tuple[Key, ...], Meta(max_length=64)] = ()
    pair: Annotated[tuple[Key, ...], Meta(max_length=2)] = ()
    timer_s: Annotated[int, Meta(ge=0, le=MAX_TIMER_S)] = 0
    moves: Annotated[int, Meta(ge=0, le=MAX_MOVES)] = 0
    members_pin: bool = False

    @property
    def deciders(self) -> tuple[bytes, ...]:
        """The accounts that may move the room; of the room that an account's devices share each of them may."""
        return self.pair if self.kind == DIRECT else self.admins

    def may_pin(self, account: bytes) -> bool:
        """Whether a member may pin messages, and unpin anybody's."""
        return self.kind == DIRECT or self.members_pin or account in self.admins


_infos = msgspec.msgpack.Decoder(RoomInfo)


def encode_info(info: RoomInfo) -> bytes:
    return msgspec.msgpack.encode(info)


def decode_info(data: bytes) -> RoomInfo:
    """Raises `Malformed` unless ``data`` is a consistent room info."""
    try:
        info = _infos.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("a room info does not decode") from None
    check_info(info)
    return info


def check_info(info: RoomInfo) -> None:
    """Raises `Malformed` if kind, pair and admins contradict one another."""
    if info.kind == DIRECT:
        consistent = len(set(info.pair)) == 2 and not (info.admins or info.name or info.members_pin)
    elif info.kind == GROUP:
        consistent = not info.pair and 1 <= len(set(info.admins)) == len(info.admins)
    else:
        consistent = info.kind == DEVICES and not (
            info.pair or info.admins or info.name or info.timer_s or info.members_pin
        )
    if not consistent:
        raise Malformed("a room info contradicts itself")
