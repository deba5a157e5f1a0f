"""An account that was restored without its rooms asks its contacts which rooms they share (spec/devices.md §8).

A restored device remembers no room, or none newer than its backup. It asks contacts. A contact's device answers
automatically with the rooms of both accounts, once the account's newest card names the asking device. The answer only
says where to ask: entering a room takes a member's ticket, under the rules for tickets, and for a direct room the other
person's. We ask and believe only contacts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from nullabona.client.core import acquaintance
from nullabona.client.core.contacts import held_invitations
from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.group import evidence
from nullabona.client.core.identity import device_certificates
from nullabona.client.core.model.branches import Helper, helpers_of
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.inbox_items import MOST_TOLD, RoomsAsked, RoomsTold, RoomTold
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import DEVICES, DIRECT, GROUP, RoomInfo, decode_info, encode_info
from nullabona.client.core.model.state import JOINED, REJOINING, REMOVED, RoomState
from nullabona.client.core.restore import returning
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.sync import arrivals
from nullabona.client.core.timeline import gaps
from nullabona.errors import PeerError
from nullabona.wire.card import Card
from nullabona.wire.certificate import DeviceCertificate
from nullabona.wire.handle import HandleError, parse_handle

MOST_ASKS: Final = 12
"""How often we ask a contact that does not answer, over about half a day: the record shows a new card late."""
_SEEKING: Final = "seeking"
_NEVER: Final = 1 << 62
"""A contact that was asked often enough may still answer: they may have been away for weeks."""
_BEGUN: Final = b"begun"


class Asked(msgspec.Struct, array_like=True, frozen=True):
    """A contact that we ask, and when we ask next."""

    account: bytes
    handle: str
    next_at: int
    attempts: int = 0


_lists = msgspec.msgpack.Decoder(list[Asked])
_told_rooms = msgspec.msgpack.Decoder(RoomTold)


# -- the restored device ------------------------------------------------------------------------------------------


def want(step: Step, account: bytes, handle: str) -> None:
    """Ask a contact from now on, if this device was restored."""
    if step.store.get_value(returning.RESTORED) is not None:
        others = [each for each in _asked(step) if each.account != account]
        _save(step, [*others, Asked(account, handle, step.now)])


def look_after(step: Step) -> None:
    """Ask the contacts that are due; the first time, all contacts from the backup."""
    if step.store.get_value(returning.RESTORED) == returning.RESTORED_NOW:
        step.store.set_value(returning.RESTORED, _BEGUN)
        for id in step.store.rooms():
            gaps.begin(step, step.room(id))
        for contact in step.store.contacts():
            if contact.state is ContactState.ACCEPTED:
                want(step, contact.account, contact.handle)
    kept = []
    for each in _asked(step):
        if each.next_at > step.now:
            kept.append(each)
            continue
        inbox_sending.post(step, each.account, each.handle, RoomsAsked())
        pause = min(step.timing.ticket << each.attempts, DAY_MS) + step.rng.between(0, step.timing.ticket)
        again = step.now + pause if each.attempts + 1 < MOST_ASKS else _NEVER
        kept.append(msgspec.structs.replace(each, next_at=again, attempts=each.attempts + 1))
    _save(step, kept)


def next_due(step: Step) -> int | None:
    """When `look_after` has something to do, in ms."""
    if step.store.get_value(returning.RESTORED) == returning.RESTORED_NOW:
        return 0
    return min((each.next_at for each in _asked(step) if each.next_at < _NEVER), default=None)


def is_asked(step: Step, account: bytes) -> bool:
    """Whether it is a contact that we asked and that has not answered."""
    contact = step.store.contact(account)
    if contact is None or contact.state not in {ContactState.ACCEPTED, ContactState.REQUESTED}:
        return False
    return any(each.account == account for each in _asked(step))


def told(step: Step, sender: DeviceCertificate, said: RoomsTold) -> None:
    """A contact whom we asked (`is_asked`) lists the rooms that we share, from a checked device: ask for a way into
    those that this device does not know.
    """
    _save(step, [each for each in _asked(step) if each.account != sender.account_id])
    for room in said.rooms:
        try:
            _remember(step, sender, room)
        except PeerError:
            continue


def _remember(step: Step, sender: DeviceCertificate, said: RoomTold) -> None:
    info, account = decode_info(said.info), sender.account_id
    if info.kind == DEVICES or (info.kind == DIRECT and set(info.pair) != {step.local.account, account}):
        return
    room = step.find_room(said.room)
    if room is not None and info.kind == room.info.kind == GROUP:
        _told_again(step, sender, said, room)
    else:
        _begin(step, account, said)


def _begin(step: Step, account: bytes, said: RoomTold) -> None:
    info = decode_info(said.info)
    told_by = account if info.kind == GROUP else b""
    returning.begin(step, said.room, info, _helpers(step, account, said, info), told_by)


def _helpers(step: Step, account: bytes, said: RoomTold, info: RoomInfo) -> list[Helper]:
    """Ask the contact itself first, and accounts that it names only if we use their hosts anyway."""
    told = [Helper(each, handle) for each, handle in said.members if each != account] if info.kind != DIRECT else []
    near = [each for each in told if _may_be_asked(step, each)]
    return [Helper(account, acquaintance.handle_of(step, account)), *near]


def _told_again(step: Step, sender: DeviceCertificate, said: RoomTold, room: RoomState) -> None:
    """Another contact describes a group that we know only from a first contact's description.

    We believe an account that the first one names as an admin. Otherwise, if they differ, the person is told and
    chooses.
    """
    info, account = decode_info(said.info), sender.account_id
    if evidence.misled_before(step, room, account):
        return
    if room.phase == REMOVED and room.told_by not in {b"", account}:
        step.forget_room(room.id)
        _begin(step, account, said)
        return
    only_told = room.phase == REJOINING and room.told_by not in {b"", account}
    if evidence.is_alike(info, room.info) or not (only_told or arrivals.unconfirmed(step, room, account)):
        return
    if not evidence.vouches(step, room.info, account):
        step.tell(Warned(room=room.id, code="two-versions", detail={"handle": acquaintance.handle_of(step, account)}))
        held_invitations.hold_told(step, sender, room.id, msgspec.msgpack.encode(said), info)
    elif only_told:
        step.forget_room(room.id)
        _begin(step, account, said)


def go_there(step: Step, account: bytes, told: bytes) -> None:
    """The person chose this contact's description of the room over another one's."""
    said = _told_rooms.decode(told)
    info = decode_info(said.info)
    returning.begin_elsewhere(step, said.room, info, _helpers(step, account, said, info), account)


def _may_be_asked(step: Step, helper: Helper) -> bool:
    try:
        host = parse_handle(helper.handle).authority
    except HandleError:
        return False
    known = acquaintance.handle_of(step, helper.account)
    return known == helper.handle if known else acquaintance.uses_host(step, host)


def _asked(step: Step) -> list[Asked]:
    data = step.store.get_value(_SEEKING)
    return _lists.decode(data) if data else []


def _save(step: Step, kept: list[Asked]) -> None:
    if kept:
        step.store.set_value(_SEEKING, msgspec.msgpack.encode(kept))
    else:
        step.store.delete_value(_SEEKING)


# -- the asked contact --------------------------------------------------------------------------------------------


def came(step: Step, sender: DeviceCertificate) -> None:
    """A device of another account asks. Look up its card only if we share a room; answer nothing before that."""
    if sender.account_id == step.local.account or step.store.person(sender.account_id) is None:
        return
    handle = acquaintance.handle_of(step, sender.account_id)
    if handle and next(_shared(step, sender), None) is not None:
        inbox_sending.look_up_for(step, sender, RoomsAsked(), handle)


def answer(step: Step, sender: DeviceCertificate, card: Card) -> None:
    """The card was looked up: if it names the asking device, send the rooms that its account shares with us."""
    if not device_certificates.names(card, sender):
        return
    rooms = tuple(_told(step, sender, room) for room in _shared(step, sender))[:MOST_TOLD]
    if rooms:
        inbox_sending.answer(step, sender.account_id, RoomsTold(rooms))


def _shared(step: Step, sender: DeviceCertificate) -> Iterator[RoomState]:
    """Rooms that its account is in, first those that the device itself is not in.

    In the others its leaf may be an old one: a folder that was copied back does not know later rooms.
    """
    there = []
    for id in step.store.rooms():
        room = step.find_room(id)
        if room is None or room.phase != JOINED or room.info.kind == DEVICES:
            continue
        roster = step.roster(id).values()
        accounts, devices = {each.account for each in roster}, {each.device for each in roster}
        if sender.account_id in accounts and sender.device_id not in devices:
            yield room
        elif sender.account_id in accounts:
            there.append(room)
    yield from there


def _told(step: Step, sender: DeviceCertificate, room: RoomState) -> RoomTold:
    others = [each for each in step.roster(room.id).values() if each.account != sender.account_id]
    members = [(each.account, each.handle) for each in helpers_of(others)]
    return RoomTold(room.id, encode_info(room.info), tuple(members[:MOST_TOLD]))
