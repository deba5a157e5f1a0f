"""After one member led us to a branch: asks members with authority whether it is the room's (spec/room.md §15).

A ticket to a branch with the roles and members that we know proves no more than that: the others may be elsewhere.
"""

from __future__ import annotations

from typing import Final

from nullabona.client.core import acquaintance
from nullabona.client.core.group import branches, evidence
from nullabona.client.core.model.branches import Helper, Rejoin, Tries
from nullabona.client.core.model.inbox_items import Ticket
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.room_info import GROUP, RoomInfo
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import DAY_MS, Step

LOOK_AROUND_MS: Final = 900_000
LOOK_AGAIN_MS: Final = 3 * 3_600_000


def arrived(step: Step, room: RoomState, rejoin: Rejoin, by: bytes, before: RoomInfo) -> None:
    """We came to another branch by a ticket of account ``by``. If ``by`` has no authority over the room, ask others.

    ``before`` is the room info that we knew. For a week we ignore the account that led us to the branch we leave now.
    If an account had only described the room to us, we ask the other admins that it named: nobody else can confirm it.
    """
    if rejoin.reason == branches.UNPROVEN:
        room.doubted[room.led_by.hex()] = step.now + evidence.TRIES_DAYS * DAY_MS
    room.led_by, room.led_at = b"", None
    told_by, room.told_by = room.told_by, b""
    room.let_in_by = told_by or room.let_in_by
    if evidence.vouches(step, before, by) and not (told_by and set(before.deciders) - {by, step.local.account}):
        room.vain = Tries()
        return
    room.led_by, room.led_at = by, step.now + LOOK_AROUND_MS + step.rng.between(0, LOOK_AROUND_MS // 4)


def invited(step: Step, old: RoomState, room: RoomState, by: bytes) -> None:
    """An invitation of account ``by`` replaces the ``old`` room; keep our record of claims made in it."""
    room.doubted, room.tries, room.vain, room.former = old.doubted, old.tries, old.vain, old.former
    if not evidence.vouches(step, old.info, by):
        room.led_by, room.led_at = by, step.now + LOOK_AROUND_MS + step.rng.between(0, LOOK_AROUND_MS // 4)


def unconfirmed(step: Step, room: RoomState, account: bytes) -> bool:
    """Whether only one account's invitation vouches for a group, so that we also consider one of ``account``.

    That holds until one of our contacts, other than the account that let us in, has shown up there.
    """
    if room.info.kind != GROUP or account in {room.let_in_by, step.local.account} or not room.let_in_by:
        return False
    if evidence.misled_before(step, room, account):
        return False
    others = [device for device in step.others(room, room.epoch) if device.account != room.let_in_by]
    known = [device for device in others if acquaintance.is_contact(step.store, device.account)]
    boxes = [track.keys.box.address for track in room.boxes]
    return not any(step.store.view(box, device.device) is not None for box in boxes for device in known)


def disbelieve(step: Step, id: bytes, account: bytes) -> None:
    """The person found that an account led us, or wants to lead us, into another version of the room: ignore it for a
    week.
    """
    room = step.find_room(id)
    if room is not None and account:
        room.doubted[account.hex()] = step.now + evidence.TRIES_DAYS * DAY_MS


def look_around(step: Step, room: RoomState) -> None:
    """One member led us here a while ago: if no member with authority has shown up since, ask them."""
    if not step.due(room.led_at) or room.rejoin is not None:
        return
    room.led_at = None
    asked = _arbiters(step, room)
    own = step.store.device(room.id, step.local.device)
    seen = [track.keys.box.address for track in room.boxes if own is None or track.epoch >= own.since]
    if not asked or any(step.store.view(box, device.device) for box in seen for device in asked):
        return
    room.led_at = step.now + LOOK_AGAIN_MS
    helpers = [Helper(account, handle) for account, handle in {each.account: each.handle for each in asked}.items()]
    branches.begin(step, room, Rejoin(branches.UNPROVEN, room.epoch, b"", [], helpers, step.now))


def _arbiters(step: Step, room: RoomState) -> list[Device]:
    """Devices of accounts with authority over the room; if there are no others, of everybody but who led us here."""
    others = [
        device for device in step.others(room, room.epoch) if device.account not in {room.led_by, step.local.account}
    ]
    return [device for device in others if evidence.vouches(step, room.info, device.account)] or others


def stays(room: RoomState, rejoin: Rejoin, ticket: Ticket, by: bytes) -> bool:
    """Whether a ticket for `UNPROVEN` gives no reason to leave: we did not ask its sender, or it is on our branch."""
    if by not in {helper.account for helper in rejoin.helpers}:
        return True
    ours = {merged.epoch: merged.commit for merged in room.history}
    there = [(epoch, commit) for epoch, commit, _ in ticket.history if epoch in ours]
    if not there or any(ours[epoch] != commit for epoch, commit in there):
        return False
    room.rejoin = room.led_at = None
    return True
