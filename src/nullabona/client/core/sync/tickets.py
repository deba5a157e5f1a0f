"""Tickets back into a room: asking for one, giving one, and telling a device that it was removed (spec/room.md §7)."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec

from nullabona.client.core import acquaintance, rooms
from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery import inbox_sending, room_items
from nullabona.client.core.group import evidence
from nullabona.client.core.group.branches import (
    BEHIND,
    FAR,
    FORK,
    LONELY,
    OUTSIDE,
    RELAY_UNREACHABLE,
    SPENT,
    TOO_LATE,
    UNPROVEN,
    stay,
)
from nullabona.client.core.identity import device_certificates
from nullabona.client.core.model import branches
from nullabona.client.core.model.branches import HeldRequest, Helper, Rejoin
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.inbox_items import Gone, Ticket, TicketRequest
from nullabona.client.core.model.room_info import GROUP
from nullabona.client.core.model.state import JOINED, REJOINING, RoomState
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.sync import former_rooms, questions
from nullabona.client.core.timeline import sending
from nullabona.wire.address import Address
from nullabona.wire.card import Card
from nullabona.wire.certificate import DeviceCertificate, open_certificate

ALONE_ATTEMPTS = 2
"""After so many unanswered requests, a device helps others that lost the thread in the same epoch."""
_GONE: Final = "said-gone"
_GIVEN: Final = "tickets-given"
MOST_AN_HOUR: Final = 16
"""Most tickets that we put into boxes of a room for one device in an hour: a question costs it little, and a ticket us
much, and all who follow the box.
"""
HOUR_MS: Final = 3_600_000
MOST_HELD: Final = 16
MOST_HELD_OF_ONE: Final = 4
"""Most ticket requests of one account that wait for us; the others it sends again."""
_requests = msgspec.msgpack.Decoder(TicketRequest)

_DOUBTFUL: Final = frozenset({BEHIND, FAR, LONELY, OUTSIDE, RELAY_UNREACHABLE, SPENT, UNPROVEN})
"""Reasons to ask that may be none."""
FEW_ATTEMPTS = 8
"""Most ticket requests where there may be no other branch, over about a quarter of an hour."""


def help_back(step: Step, sender: DeviceCertificate, asked: TicketRequest, card: Card | None = None) -> None:
    """Send a member's device a ticket, if we are on the branch it asks for.

    ``card`` is the account's card in the directory, if we have just looked it up.
    """
    room = step.find_room(asked.room)
    if room is None or sender.device_id == step.local.device:
        return  # this device's own request: our devices share one inbox
    if room.phase == REJOINING:
        _from_away(step, room, sender, asked, card)
    elif room.phase == JOINED:
        _from_inside(step, room, sender, asked, card)


def _may_have_another(step: Step, room: RoomState, device: bytes) -> bool:
    """Whether the device with this key had few tickets from us in a box in this hour, by the clock."""
    hour = (step.now // HOUR_MS).to_bytes(8, "big")
    marks = (sha256(device + room.id + hour + bytes((place,))).digest() for place in range(MOST_AN_HOUR))
    return any(step.store.saw(_GIVEN, mark, step.day) for mark in marks)


def answer_held(step: Step, room: RoomState) -> None:
    """Answer the requests that came while we could not, as soon as we can."""
    waiting, room.asked = [held for held in room.asked if _is_fresh(step, held)], []
    for held in waiting:
        asked = _requests.decode(held.request)
        if _is_unsure(step, room, asked):
            room.asked.append(held)
        else:
            help_back(step, open_certificate(held.certificate), asked)


def _is_unsure(step: Step, room: RoomState, asked: TicketRequest) -> bool:
    """Whether we may be in another epoch or branch soon, so that a ticket would lead to the wrong place."""
    track = room.current
    if room.pending is not None or track.candidates or step.before(track.settle_until):
        return True
    return room.rejoin is not None and not _in_same_plight(room, room.rejoin, asked)


def _hold(step: Step, room: RoomState, sender: DeviceCertificate, asked: TicketRequest) -> None:
    """Keep a member's newest requests for some minutes. Its device would not ask us again for an hour, perhaps."""
    if sender.account_id not in {device.account for device in step.roster(room.id).values()}:
        return
    new = HeldRequest(sender.encode(), msgspec.msgpack.encode(asked), step.now)
    kept = [held for held in room.asked if held.certificate != new.certificate and _is_fresh(step, held)]
    theirs = [held for held in kept if open_certificate(held.certificate).account_id == sender.account_id]
    for oldest in theirs[: max(0, len(theirs) + 1 - MOST_HELD_OF_ONE)]:
        kept.remove(oldest)
    room.asked = [*kept, new][-MOST_HELD:]


def _is_fresh(step: Step, held: HeldRequest) -> bool:
    return step.now - held.at < step.timing.retry_most


def _from_inside(
    step: Step, room: RoomState, sender: DeviceCertificate, asked: TicketRequest, card: Card | None
) -> None:
    leads = _can_lead(room, asked)
    if leads and room.pending is None and _is_out(step, room, sender, asked):
        return
    if _is_unsure(step, room, asked):
        _hold(step, room, sender, asked)
        return
    if not leads or not _is_ours_to_help(step, room, sender.account_id):
        return
    if not _may_return(step, room, sender, card):
        if card is None and sender.account_id != step.local.account:
            inbox_sending.look_up_for(step, sender, asked, _handle_in(step, room, sender))
        return
    if asked.box and not _may_have_another(step, room, sender.device_key):
        return
    ticket = former_rooms.make_ticket(step, room)
    _answer(step, room, sender.account_id, asked, ticket, _handle_in(step, room, sender))


def _answer(
    step: Step, room: RoomState, account: bytes, asked: TicketRequest, body: Ticket | Gone, handle: str
) -> None:
    """Answer where the question was asked: in the room's box, or in the inbox of who asked."""
    if not asked.box:
        inbox_sending.answer(step, account, body, known_as=handle)
        return
    track = room.track_at(Address(asked.box)) or room.former_at(Address(asked.box))
    if track is not None:  # else we follow that box no more, and never name who asked instead
        room_items.answer(step, room, track, asked.key, body)


def _can_lead(room: RoomState, asked: TicketRequest) -> bool:
    """Whether our branch is the one that a device asks for, or may be a third one: neither that nor its own.

    We also answer about an epoch that we do not remember any more: the branch may have gone on far since. And who
    names a newest commit that we did not go through may be on another branch that parted later, or is longer, than the
    one it asks for: a false claim would otherwise hide ours from it.
    """
    ours = {merged.epoch: merged.commit for merged in room.history}
    at = ours.get(asked.epoch, b"")
    forgotten = bool(room.history) and asked.epoch < room.history[0].epoch
    if asked.commit in {b"", at} or forgotten:
        return True
    if asked.newest and ours.get(asked.newest_epoch, b"") != asked.newest:
        return True
    return b"" not in {at, asked.own} and at != asked.own


def _is_out(step: Step, room: RoomState, sender: DeviceCertificate, asked: TicketRequest) -> bool:
    """Whether a device is no longer part of the room; if so, tell it."""
    if sender.account_id not in {device.account for device in step.roster(room.id).values()}:
        _say_gone(step, room, sender.account_id, asked)
        return True
    if sender.account_id == step.local.account and sender.device_id in own_devices.gone(step.store):
        if step.store.saw(_GONE, _mark(step, room, sender.device_id), step.day):
            _answer(step, room, sender.account_id, asked, Gone(room.id, sender.device_id, step.day), "")
        return True
    return False


def _say_gone(step: Step, room: RoomState, account: bytes, asked: TicketRequest) -> None:
    """Tell an account that it is out of the room, once a day, if we know it from some room; strangers get no answer."""
    met = step.store.person(account)
    if met is None or acquaintance.is_blocked(step.store, account):
        return
    if step.store.saw(_GONE, _mark(step, room, account), step.day):
        _answer(step, room, account, asked, Gone(room.id, day=step.day), met.handle)


def _mark(step: Step, room: RoomState, who: bytes) -> bytes:
    """What is remembered of an answer to an account or a device, which gets one a day."""
    return sha256(who + room.id + step.day.to_bytes(4, "big")).digest()


def _is_ours_to_help(step: Step, room: RoomState, account: bytes) -> bool:
    """Whether we should help this member. We help a blocked one only in a group where nobody else can."""
    if not acquaintance.is_blocked(step.store, account):
        return True
    others = {device.account for device in step.roster(room.id).values()} - {step.local.account, account}
    return room.info.kind == GROUP and not others


def _handle_in(step: Step, room: RoomState, sender: DeviceCertificate) -> str:
    """The member's handle in the room, else the one by which we know it; never the one in the item."""
    devices = step.roster(room.id).values()
    found = next((device.handle for device in devices if device.account == sender.account_id), "")
    return found or acquaintance.handle_of(step, sender.account_id)


def _from_away(step: Step, room: RoomState, sender: DeviceCertificate, asked: TicketRequest, card: Card | None) -> None:
    """Send a ticket for a room whose keys we gave up ourselves. If all members gave them up, one has to be the first.

    A member with keys knows better where the room is, so we help only after we have asked everybody. If the room has
    gone on since, our ticket is useless: the asking device finds a later commit in that box before its own.
    """
    rejoin = room.rejoin
    if asked.commit or rejoin is None or rejoin.reason != branches.RETURNING or not branches.asked_all(rejoin):
        return
    ticket = former_rooms.ticket_for(step, room.id, sender.account_id)
    if ticket is None or acquaintance.is_blocked(step.store, sender.account_id):
        return
    if _may_return(step, room, sender, card):
        inbox_sending.answer(step, sender.account_id, ticket, known_as=_handle_in(step, room, sender))
    elif card is None and sender.account_id != step.local.account:
        inbox_sending.look_up_for(step, sender, asked, _handle_in(step, room, sender))


def _in_same_plight(room: RoomState, rejoin: Rejoin, asked: TicketRequest) -> bool:
    """Whether we can help although we ask for a ticket ourselves.

    We can if we only lost the thread and they ask for our branch or epoch. If the relay hid frames from everybody,
    everybody asks and someone must answer; devices that lost nothing get the first chance. If both of us missed a
    commit, its sender's announcement will tell us. We can also help if we look for a branch that no admin's order
    proves, or for long enough in vain: the account that claimed it must not keep us from helping.
    """
    if rejoin.commit:
        return not rejoin.ordered or rejoin.attempts >= evidence.PATIENCE
    return bool(asked.commit) or (asked.epoch == room.epoch and rejoin.attempts >= ALONE_ATTEMPTS)


def _may_return(step: Step, room: RoomState, sender: DeviceCertificate, card: Card | None) -> bool:
    """Whether a member's device may have a ticket: it is in the room, or its account's newest card names it.

    Its certificate alone proves nothing. A revoked device keeps its certificate, and anyone with the account's secret
    can make one for another key under the id of a device that is in.
    """
    if device_certificates.in_room(step, sender, room.id):
        return True
    if sender.account_id == step.local.account:
        return device_certificates.is_ours(step, sender)
    return card is not None and device_certificates.names(card, sender)


def ask(step: Step, room: RoomState) -> None:
    """Ask the next helper for a ticket, when it is time."""
    rejoin = room.rejoin
    questions.forget_times(room)
    if rejoin is not None and rejoin.reason == FAR and not room.current.undecided and not room.current.look_until:
        rejoin = room.rejoin = None  # we have caught up
    if rejoin is None or rejoin.next_at > step.now:
        return
    if acquaintance.is_shut(step.store, room.info):
        rejoin.next_at = step.now + DAY_MS  # the only other member is blocked
        return
    doubtful = rejoin.reason in _DOUBTFUL and not rejoin.gone
    few = doubtful or rejoin.later is not None
    if evidence.exhausted(step, room, rejoin, FEW_ATTEMPTS if few else evidence.MAX_ATTEMPTS):
        if rejoin.later is not None:
            room.rejoin = rejoin.later
            return
        if rejoin.reason == FORK:  # who said *moved* may have been misled
            evidence.led_nowhere(step, room, rejoin)
        stay(step, room, rejoin)
        room.rejoin = None
        sending.release_held(step, room)
        if not doubtful and not rejoin.nowhere:
            step.tell(Warned(room=room.id, code="no-way-back", detail={"epoch": rejoin.epoch}))
        return
    helper = _next_helper(step, room, rejoin)
    asleep = step.over(rejoin.next_at, questions.ASLEEP_MS)
    rejoin.attempts += 1
    evidence.charge(step, room, rejoin)
    rejoin.next_at = (
        step.now + (step.timing.ticket << min(rejoin.attempts // 2, 8)) + step.rng.between(0, step.timing.ticket)
    )
    if helper is not None:
        questions.put(step, room, rejoin, helper, _question(room, rejoin), asleep=asleep)


def _question(room: RoomState, rejoin: Rejoin) -> TicketRequest:
    if not rejoin.commit:
        return TicketRequest(room.id, room.epoch, b"")
    own = next((merged.commit for merged in room.history if merged.epoch == rejoin.epoch), b"")
    if not room.history:
        return TicketRequest(room.id, rejoin.epoch, rejoin.commit, own)
    newest = room.history[-1]
    return TicketRequest(room.id, rejoin.epoch, rejoin.commit, own, newest.epoch, newest.commit)


def _next_helper(step: Step, room: RoomState, rejoin: Rejoin) -> Helper | None:
    """Alternates between named helpers and other members; never a blocked account, to which we send nothing."""
    helpers = [helper for helper in rejoin.helpers if not acquaintance.is_blocked(step.store, helper.account)]
    named = {helper.account for helper in rejoin.helpers}
    others = {device.account: device.handle for device in step.others(room, room.epoch) if device.account not in named}
    asked = [account for account in sorted(others) if not acquaintance.is_blocked(step.store, account)]
    anybody = [Helper(account, others[account]) for account in asked]
    if rejoin.reason == UNPROVEN:
        return helpers[rejoin.attempts % len(helpers)] if helpers else None
    # The problem may pass while we ask, or nobody is known to be on the branch: ask everybody in turn.
    if rejoin.reason == SPENT:  # from another one each time: those asked first may all be where we are
        return anybody[((room.looked_at or 0) + rejoin.attempts) % len(anybody)] if anybody else None
    if rejoin.reason in {FAR, TOO_LATE} or (rejoin.reason == BEHIND and not rejoin.helpers):
        return anybody[rejoin.attempts % len(anybody)] if anybody else None
    turn, odd = divmod(rejoin.attempts, 2)
    pool = anybody if anybody and (odd or not helpers) else helpers
    return pool[turn % len(pool)] if pool else None


def may_answer(step: Step, room: RoomState, account: bytes) -> bool:
    """Whether a ticket of this account answers us: it is a helper that we ask, or a member of the room."""
    rejoin = room.rejoin
    asked = {helper.account for helper in rejoin.helpers} if rejoin is not None else set()
    return account in asked or account in {device.account for device in step.roster(room.id).values()}


def told_gone(step: Step, room: RoomState, account: bytes) -> bool:
    """An account says that we are out. Whether to believe it: it could have removed us, or we want to leave.

    Other members may be wrong, or one person may control all of them. We only count them, as a reason to ask longer.
    """
    rejoin = room.rejoin
    if rejoin is None:
        return False
    others = {device.account for device in step.others(room, room.epoch)}
    if account in others and account not in rejoin.gone:
        rejoin.gone.append(account)
    return evidence.may_put_us_out(step, room, account) or rooms.leaving(step, room.id)
