"""Move orders as values: who may give one, whether it holds, and which of two wins (spec/relocation.md)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeGuard

from msgspec import structs

from nullabona.client.core.model.proofs import BadProof, MoveOrder, decode_move, encode_move
from nullabona.client.core.model.room_info import DEVICES, MOST_AHEAD, RoomInfo
from nullabona.client.core.model.state import RoomState
from nullabona.errors import PeerError
from nullabona.wire.endpoint import EndpointRefused, same_or_safer


def may_move(info: RoomInfo, account: bytes) -> bool:
    """Whether an account that is in the room may order it to another relay."""
    return info.kind == DEVICES or account in info.deciders


def judge(order: MoveOrder, room: bytes, info: RoomInfo, devices: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The account that gave an order. ``devices``: signature key and account of everybody in the room.

    Raises `BadProof` unless it is about this room, signed by somebody in it who may move it, and names a relay that may
    take the place of the room's.
    """
    account = next((account for key, account in devices if key == order.signer), None)
    if account is None or order.room != room or not may_move(info, account):
        raise BadProof("a move order by somebody who may not move the room")
    if order.number > info.moves + MOST_AHEAD:
        raise BadProof("a move order with a number out of reach")
    try:
        normal = same_or_safer(order.relay, info.relay)
    except EndpointRefused:
        raise BadProof("a move order names a relay that nobody may use") from None
    if normal != order.relay:
        raise BadProof("a move order names a relay in another form than all others")
    order.verify()
    return account


def valid(data: bytes, room: bytes, info: RoomInfo, devices: Iterable[tuple[bytes, bytes]]) -> MoveOrder | None:
    """The order in ``data``, if there is one and it holds. ``devices`` as for `judge`."""
    if not data:
        return None
    try:
        order = decode_move(data)
        judge(order, room, info, devices)
    except PeerError:
        return None
    return order


def applies(order: MoveOrder | None, moves: int) -> TypeGuard[MoveOrder]:
    """Whether an order is newer than what an epoch's room info says."""
    return order is not None and order.number > moves


def better(room: RoomState, order: MoveOrder) -> bool:
    """Whether an order takes the place of the one that held so far, and is not over by what the room info says."""
    return order.number >= room.info.moves and (room.order is None or order.rank < room.order.rank)


def noted(room: RoomState, info: RoomInfo) -> RoomInfo:
    """The room info with the relay that the newest order names."""
    order = room.order
    return structs.replace(info, relay=order.relay, moves=order.number) if applies(order, info.moves) else info


def relay_for(room: RoomState, moves: int) -> str:
    """The relay that keeps a box of an epoch whose room info has ``moves``, by what is known now; empty: as it says."""
    if applies(room.order, max(moves, room.info.moves - 1)):
        return room.order.relay
    return room.info.relay if room.info.moves > moves else ""


def to_carry(room: RoomState) -> bytes:
    """The order for devices that enter the room: the room info may not include it yet, and old boxes have moved."""
    return encode_move(room.order) if room.order is not None else b""
