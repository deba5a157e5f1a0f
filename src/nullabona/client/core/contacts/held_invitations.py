"""Invitations that wait for the person: from strangers, or contradicting another one (spec/room.md §9)."""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core.contacts import requests
from nullabona.client.core.identity import claims
from nullabona.client.core.model.facts.people import RoomRequested, RoomRequestGone
from nullabona.client.core.model.inbox_items import Invitation
from nullabona.client.core.model.room_info import DIRECT, RoomInfo
from nullabona.client.core.step import Step
from nullabona.errors import PeerError
from nullabona.wire.card import verify_card
from nullabona.wire.certificate import DeviceCertificate

MOST: Final = 32
"""Most invitations that wait for the person; we ignore further ones."""
_HELD: Final = "room-requests"


class HeldInvitation(msgspec.Struct, array_like=True, frozen=True):
    """An invitation that waits for the person."""

    certificate: bytes
    pack: bytes
    order: bytes = b""
    id: bytes = b""
    contested: bool = False
    """When it came we were in the room, by another account's invitation into another version of it."""
    told: bytes = b""
    """Not an invitation: a contact's description of the room (`core.restore.seeking`) that contradicts another one."""


_held = msgspec.msgpack.Decoder(HeldInvitation)
_rooms = msgspec.msgpack.Decoder(list[bytes])


def _key(room: bytes) -> str:
    return f"room-request:{room.hex()}"


def load(step: Step, room: bytes) -> HeldInvitation | None:
    """The waiting invitation into a room, if there is one."""
    data = step.store.get_value(_key(room))
    return _held.decode(data) if data is not None else None


def hold(
    step: Step, sender: DeviceCertificate, item: Invitation, pack: bytes, info: RoomInfo, *, contested: bool = False
) -> None:
    """Hold an invitation for the person, in place of an earlier one into the room."""
    held = HeldInvitation(sender.encode(), pack, item.order, item.id, contested)
    _hold(step, sender, item.room, held, info, _brought(step, sender, item))


def _brought(step: Step, sender: DeviceCertificate, item: Invitation) -> tuple[bytes, bytes]:
    """The card and the proof in an invitation, if the card is its sender's; else nothing."""
    try:
        card = verify_card(item.card, today=step.day) if item.proof else None
    except PeerError:
        card = None
    theirs = card is not None and (card.account_id, card.handle) == (sender.account_id, sender.handle)
    return (item.card, item.proof) if theirs else (b"", b"")


def hold_told(step: Step, sender: DeviceCertificate, room: bytes, told: bytes, info: RoomInfo) -> None:
    """Hold a contact's description of a room for the person, like an invitation, because another contact's differs."""
    _hold(step, sender, room, HeldInvitation(sender.encode(), b"", contested=True, told=told), info)


def _hold(
    step: Step,
    sender: DeviceCertificate,
    room: bytes,
    held: HeldInvitation,
    info: RoomInfo,
    brought: tuple[bytes, bytes] = (b"", b""),
) -> None:
    waiting = _waiting(step)
    if room not in waiting and len(waiting) >= MOST:
        return
    step.store.set_value(_HELD, msgspec.msgpack.encode([*(each for each in waiting if each != room), room]))
    step.store.set_value(_key(room), msgspec.msgpack.encode(held))
    if info.kind == DIRECT:
        step.store.set_value(requests.invited_by(sender.account_id), room)
    if not claims.standing(step, sender.account_id):
        claims.came(step, sender.account_id, str(sender.handle), *brought)
    step.tell(RoomRequested(room, sender.account_id, str(sender.handle), info.name))


def _waiting(step: Step) -> list[bytes]:
    """The rooms of the held invitations."""
    data = step.store.get_value(_HELD)
    return _rooms.decode(data) if data else []


def drop(step: Step, room: bytes) -> None:
    """Drop the waiting invitation into a room, if there is one."""
    if load(step, room) is not None:
        step.store.delete_value(_key(room))
        step.store.set_value(_HELD, msgspec.msgpack.encode([each for each in _waiting(step) if each != room]))
        step.tell(RoomRequestGone(room))
