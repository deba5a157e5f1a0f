"""What a room agrees on: which combinations of kind, pair, admins and name are a room's (room.md §3)."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core.model.room_info import DEVICES, DIRECT, GROUP, RoomInfo, check_info, decode_info, encode_info
from nullabona.errors import Malformed

MINA, JUN = b"m" * 32, b"j" * 32


def group(**about: object) -> RoomInfo:
    """A group of Mina's."""
    return msgspec.structs.replace(RoomInfo(1, GROUP, "family", "wss://one.example", (MINA,)), **about)


def direct(**about: object) -> RoomInfo:
    """The room of the two."""
    return msgspec.structs.replace(RoomInfo(1, DIRECT, "", "wss://one.example", (), (MINA, JUN)), **about)


def devices(**about: object) -> RoomInfo:
    """The room of an account's devices."""
    return msgspec.structs.replace(RoomInfo(1, DEVICES, "", "wss://one.example"), **about)


@pytest.mark.parametrize(
    "info", [group(), group(admins=(MINA, JUN), name="", timer_s=5, moves=3), direct(), direct(timer_s=5), devices()]
)
def test_a_consistent_room_info_decodes_to_what_was_encoded(info: RoomInfo) -> None:
    """Groups with admins, rooms of two, rooms of devices."""
    check_info(info)
    assert info == decode_info(encode_info(info))


@pytest.mark.parametrize(
    "info",
    [
        group(admins=()),
        group(admins=(MINA, MINA)),
        group(pair=(MINA, JUN)),
        direct(pair=(MINA,)),
        direct(pair=(MINA, MINA)),
        direct(pair=()),
        direct(admins=(MINA,)),
        direct(name="two"),
        direct(members_pin=True),
        devices(pair=(MINA, JUN)),
        devices(admins=(MINA,)),
        devices(name="mine"),
        devices(timer_s=5),
        devices(members_pin=True),
        group(kind="channel"),
        devices(kind="channel"),
    ],
)
def test_a_room_info_that_contradicts_itself_is_refused(info: RoomInfo) -> None:
    """A direct room has exactly two and no admins or name; a group has admins; devices have nothing of all that."""
    with pytest.raises(Malformed):
        check_info(info)
    with pytest.raises(Malformed):
        decode_info(encode_info(info))


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x91" * 100_000, msgspec.msgpack.encode([1, GROUP])])
def test_what_is_no_room_info_is_refused(data: bytes) -> None:
    """However it is broken."""
    with pytest.raises(Malformed):
        decode_info(data)


def test_who_may_move_a_room() -> None:
    """Both of a room of two, the admins of a group, and nobody in particular of the devices' own room."""
    assert [(MINA, JUN), (MINA,), ()] == [direct().deciders, group().deciders, devices().deciders]
