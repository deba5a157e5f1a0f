"""Tickets back into a room: asking for one, giving one, and telling a device that it was removed (spec/room.md §7)."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from nullabona.client.core import acquaintance, rooms
from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.group import evidence
from nullabona.client.core.group.branches import (
    BEHIND,
    FAR,
    FORK,
    LONELY,
    MOVED,
    OUTSIDE,
    RELAY_UNREACHABLE,
    TOO_LATE,
    UNPROVEN,
)
from nullabona.client.core.identity import device_certificates, inbox_addresses
from nullabona.client.core.model import branches
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.inbox_items import Gone, TicketRequest
from nullabona.client.core.model.room_info import GROUP
from nullabona.client.core.model.state import JOINED, REJOINING, RoomState
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.sync import former_rooms
from nullabona.client.core.timeline import sending
from nullabona.wire.card import Card
from nullabona.wire.certificate import DeviceCertificate

ALONE_ATTEMPTS = 2
"""Who has asked so often and heard nothing helps others who lost the thread at the same place."""
_GONE: Final = "said-gone"

FEW_ATTEMPTS = 8
"""How often a ticket is asked for where there may be no other branch, over about a quarter of an hour."""
LOOK_AGAIN = 2
"""Who has not answered so often may have an inbox elsewhere by now."""


def help_back(step: Step, sender: DeviceCertificate, asked: TicketRequest, card: Card | None = None) -> None:
    """Give a member's device what it needs to rejoin, if we are on the branch it asks for.

    ``card`` is the one that the directory has of its account, if it was just looked up.
    """
    room = step.find_room(asked.room)
    if room is None or sender.device_id == step.me.device:
        return  # the last is our own question, in the inbox that we share with our other devices
    if room.phase == REJOINING:
        _from_away(step, room, sender, asked, card)
    elif room.phase == JOINED and room.pending is None:
        _from_inside(step, room, sender, asked, card)


def _from_inside(
    step: Step, room: RoomState, sender: DeviceCertificate, asked: TicketRequest, card: Card | None
) -> None:
    ours = not asked.commit or any(merged.commit == asked.commit for merged in room.history)
    if not ours or _is_out(step, room, sender) or not _is_ours_to_help(step, room, sender.account_id):
        return
    if room.rejoin is not None and not _in_same_plight(room, room.rejoin, asked):
        return
    if not _may_return(step, room, sender, card):
        if card is None and sender.account_id != step.me.account:
            inbox_sending.look_up_for(step, sender, asked, _handle_in(step, room, sender))
        return
    track = room.current
    if track.candidates or step.now < track.settle_until:
        return
    inbox_sending.answer(
        step, sender.account_id, former_rooms.make_ticket(step, room), known_as=_handle_in(step, room, sender)
    )


def _is_out(step: Step, room: RoomState, sender: DeviceCertificate) -> bool:
    """Whether a device has no place in the room any more; it is told so."""
    if sender.account_id not in {device.account for device in step.roster(room.id).values()}:
        _say_gone(step, room, sender.account_id)
        return True
    if sender.account_id == step.me.account and sender.device_id in own_devices.gone(step.store):
        inbox_sending.answer(step, sender.account_id, Gone(room.id))
        return True
    return False


def _say_gone(step: Step, room: RoomState, account: bytes) -> None:
    """Tell somebody whom we met in a room that they are out of this one, once a day; a stranger hears nothing."""
    met = step.store.person(account)
    said = sha256(account + room.id + step.day.to_bytes(4, "big")).digest()
    if met is not None and not acquaintance.is_blocked(step.store, account) and step.store.saw(_GONE, said, step.day):
        inbox_sending.answer(step, account, Gone(room.id), known_as=met.handle)


def _is_ours_to_help(step: Step, room: RoomState, account: bytes) -> bool:
    """A blocked member is left to the others of the group; only if there are none, the room needs us."""
    if not acquaintance.is_blocked(step.store, account):
        return True
    others = {device.account for device in step.roster(room.id).values()} - {step.me.account, account}
    return room.info.kind == GROUP and not others


def _handle_in(step: Step, room: RoomState, sender: DeviceCertificate) -> str:
    """By which handle a member is known in the room, whatever the item says; else by whichever we know it."""
    devices = step.roster(room.id).values()
    found = next((device.handle for device in devices if device.account == sender.account_id), "")
    return found or acquaintance.handle_of(step, sender.account_id)


def _from_away(step: Step, room: RoomState, sender: DeviceCertificate, asked: TicketRequest, card: Card | None) -> None:
    """Let somebody into a room whose keys we gave up ourselves: all may have, and then somebody has to be the first.

    Whoever is in knows better where the room is, so this waits until all were asked. It leads nowhere if the room has
    gone on since: a commit lies in that box then, and whoever asked finds it before their own.
    """
    rejoin = room.rejoin
    if asked.commit or rejoin is None or rejoin.reason != branches.RETURNING or not branches.asked_all(rejoin):
        return
    ticket = former_rooms.ticket_for(step, room.id, sender.account_id)
    if ticket is None or acquaintance.is_blocked(step.store, sender.account_id):
        return
    if _may_return(step, room, sender, card):
        inbox_sending.answer(step, sender.account_id, ticket, known_as=_handle_in(step, room, sender))
    elif card is None and sender.account_id != step.me.account:
        inbox_sending.look_up_for(step, sender, asked, _handle_in(step, room, sender))


def _in_same_plight(room: RoomState, rejoin: Rejoin, asked: TicketRequest) -> bool:
    """Whether we can help although we ask ourselves: we only lost the thread, and they want our branch or our epoch.

    If the relay hid frames from everybody, everybody asks, and somebody has to answer; but first those who lost nothing
    have a chance to. That a commit was among what both of us lost is told by its sender's announcement. And
    of another branch that no admin's order proves we only heard: who said so must not keep us from helping.
    """
    if rejoin.commit:
        return not rejoin.ordered
    return bool(asked.commit) or (asked.epoch == room.epoch and rejoin.attempts >= ALONE_ATTEMPTS)


def _may_return(step: Step, room: RoomState, sender: DeviceCertificate, card: Card | None) -> bool:
    """Whether a device of a member may have a ticket: one that is in, or that its account's newest card names.

    Its certificate alone says nothing: a device that was revoked keeps that, and who has the account's secret makes one
    for another key under the id of a device that is in.
    """
    if device_certificates.in_room(step, sender, room.id):
        return True
    if sender.account_id == step.me.account:
        return device_certificates.is_ours(step, sender)
    return card is not None and device_certificates.names(card, sender)


def ask(step: Step, room: RoomState) -> None:
    """Ask the next helper for a ticket, when it is time."""
    rejoin = room.rejoin
    if rejoin is not None and rejoin.reason == FAR and not room.current.undecided and not room.current.look_until:
        rejoin = room.rejoin = None  # we are there
    if rejoin is None or rejoin.next_at > step.now:
        return
    if acquaintance.is_shut(step.store, room.info):
        rejoin.next_at = step.now + DAY_MS  # there is nobody to ask but who is blocked
        return
    doubtful = rejoin.reason in {BEHIND, FAR, LONELY, OUTSIDE, RELAY_UNREACHABLE, UNPROVEN} and not rejoin.gone
    few = doubtful or rejoin.later is not None
    if evidence.exhausted(step, room, rejoin, FEW_ATTEMPTS if few else evidence.MAX_ATTEMPTS):
        if rejoin.later is not None:
            room.rejoin = rejoin.later
            return
        if rejoin.reason in {FORK, MOVED}:
            evidence.led_nowhere(step, room, rejoin)
        room.rejoin = None
        sending.release_held(step, room)
        if not doubtful:
            step.event("warning", room.id, code="no-way-back", epoch=rejoin.epoch)
        return
    helper = _next_helper(step, room, rejoin)
    rejoin.attempts += 1
    evidence.charge(step, room, rejoin)
    rejoin.next_at = (
        step.now + (step.timing.ticket << min(rejoin.attempts // 2, 8)) + step.rng.between(0, step.timing.ticket)
    )
    if helper is not None:
        at = rejoin.epoch if rejoin.commit else room.epoch
        inbox_sending.post(step, helper.account, helper.handle, TicketRequest(room.id, at, rejoin.commit))
        if rejoin.attempts > LOOK_AGAIN:
            inbox_addresses.look_again(step, helper.handle)


def _next_helper(step: Step, room: RoomState, rejoin: Rejoin) -> Helper | None:
    """Named helpers every other time, anybody in the room in between; never who is blocked, who hears nothing of us."""
    helpers = [helper for helper in rejoin.helpers if not acquaintance.is_blocked(step.store, helper.account)]
    named = {helper.account for helper in rejoin.helpers}
    others = {device.account: device.handle for device in step.others(room, room.epoch) if device.account not in named}
    asked = [account for account in sorted(others) if not acquaintance.is_blocked(step.store, account)]
    anybody = [Helper(account, others[account]) for account in asked]
    if rejoin.reason == UNPROVEN:
        return helpers[rejoin.attempts % len(helpers)] if helpers else None
    # It passes while we ask, or nobody is known to be there: everybody once before anybody twice.
    if rejoin.reason in {FAR, TOO_LATE} or (rejoin.reason == BEHIND and not rejoin.helpers):
        return anybody[rejoin.attempts % len(anybody)] if anybody else None
    turn, odd = divmod(rejoin.attempts, 2)
    pool = anybody if anybody and (odd or not helpers) else helpers
    return pool[turn % len(pool)] if pool else None


def may_answer(step: Step, room: RoomState, account: bytes) -> bool:
    """Whether it is somebody whom we ask for the way to the room's other branch, or into the room."""
    rejoin = room.rejoin
    asked = {helper.account for helper in rejoin.helpers} if rejoin is not None else set()
    return account in asked or account in {device.account for device in step.roster(room.id).values()}


def told_gone(step: Step, room: RoomState, account: bytes) -> bool:
    """A member of the branch we look for says we are out: true of who could have removed us, and if we want to be out.

    Others may all be wrong, or one is all others: they are counted, as a reason to ask for longer.
    """
    rejoin = room.rejoin
    if rejoin is None:
        return False
    others = {device.account for device in step.others(room, room.epoch)}
    if account in others and account not in rejoin.gone:
        rejoin.gone.append(account)
    return evidence.may_put_us_out(step, room, account) or rooms.leaving(step, room.id)
