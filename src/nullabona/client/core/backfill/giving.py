"""Hands over what our account said while a member's device was away (spec/devices.md §9.2).

Only to a device that is in the room and remembers it; only what was said since its account came in. Parts are sealed to
the key of the request, because members who joined later must not read them.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from nullabona.client.core import acquaintance
from nullabona.client.core.backfill import lines
from nullabona.client.core.delivery import box_log, receipts
from nullabona.client.core.model.backfill import BackfillPart, encode_part, seal_info
from nullabona.client.core.model.content import Backfill, BackfillRequest
from nullabona.client.core.model.gaps import MOST_PARTS, Given
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.room_info import DEVICES
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.timeline import sending
from nullabona.errors import PeerError
from nullabona.wire.seal import check_public_key, seal_to

MOST_GIVEN: Final = 16
"""Most requests in a room that a device answers at the same time."""
MOST_A_DAY: Final = 6
"""Most requests of one account in one room that a device answers on a day."""
_WAIT_MS: Final = 2 * DAY_MS
"""How long we wait for a member to whom a device has shown that it remembers the room, and for a way to send."""
_PAUSE_MS: Final = 1_000
_STALLED_MS: Final = 600_000
"""After so long without a part from another device of our account, we go on in its place."""
_ASKED: Final = "backfill-asked"
_ANSWERED: Final = "backfill-answered"


def asked(step: Step, room: RoomState, device: Device, said: BackfillRequest) -> None:
    """A member's device asks for what was said while it was away."""
    if room.info.kind == DEVICES or acquaintance.is_blocked(step.store, device.account):
        return
    if not _is_key(said.key) or not _may_ask(step, room, device.account):
        return
    theirs = [given for given in room.given if given.account == device.account and given.request != said.request]
    if any(given.proven for given in theirs):
        return  # One request of an account at a time. It asks again under the same number.
    known = lines.newest_known(step, room.id, said.known)
    room.given = [given for given in room.given if given not in theirs]
    before_stay = box_log.epoch_start(_stay(step, room, device.account), 0) - 1
    after = before_stay if known is None else max(known, before_stay)
    # We know none of its lines, because they are from before we came, or because it made them up to be handed old ones.
    ours = after if known is not None else max(after, box_log.epoch_start(_own_stay(step, room), 0) - 1)
    lacking = lines.said_between(step, room.id, after, ours)
    wait = step.within(receipts.delay(step, room)) + _rank(step, room) * step.timing.ticket
    for own in [True, False] if said.teller == step.local.account != device.account else [True]:
        given = Given(
            *(said.request, device.account, device.device, said.key, ours),
            *(box_log.epoch_start(device.since, 0), not own, wait if known is not None else step.now + _WAIT_MS),
            *(step.now + _WAIT_MS, known is not None),
            lacking=lacking,
        )
        _give_place(step, room, given)


def _give_place(step: Step, room: RoomState, given: Given) -> None:
    """Take a request on, if there is a place or it may have that of another. It is not noted before it is proven: the
    device asks again, and may be believed then.
    """
    same = [each for each in room.given if (each.device, each.tells) == (given.device, given.tells)]
    if same and not given.proven:
        return
    full = len(room.given) >= MOST_GIVEN
    weaker = [each for each in room.given if full and _gives_way(step, each, given)]
    out = same or sorted(weaker, key=lambda each: acquaintance.is_contact(step.store, each.account))[:1]
    if (full and not out) or (given.proven and not _is_new(step, room, given)):
        return
    room.given = [*(each for each in room.given if each not in out), given]


def _gives_way(step: Step, held: Given, given: Given) -> bool:
    """Whether a request without a proof loses its place to one with a proof, or a stranger's to a contact's."""
    if held.proven or given.proven:
        return not held.proven
    asks, holds = (acquaintance.is_contact(step.store, each.account) for each in (given, held))
    return asks and not holds


def _is_new(step: Step, room: RoomState, given: Given) -> bool:
    """Note a request as answered; False if it is already."""
    about = sha256(room.id + given.device + given.request + bytes((given.tells,))).digest()
    return step.store.saw(_ASKED, about, step.day)


def _may_ask(step: Step, room: RoomState, account: bytes) -> bool:
    """Whether the account has not asked too often today."""
    day = step.day.to_bytes(4, "big")
    turns = (sha256(room.id + account + day + bytes((turn,))).digest() for turn in range(MOST_A_DAY))
    return any(step.store.saw(_ANSWERED, turn, step.day) for turn in turns)


def _is_key(key: bytes) -> bool:
    try:
        check_public_key(key)
    except PeerError:
        return False
    return True


def _stay(step: Step, room: RoomState, account: bytes) -> int:
    """The epoch since which the account is in the room without a break, as far as this device knows."""
    since = [device.since for device in step.roster(room.id).values() if device.account == account]
    return min([*since, room.stays.get(account.hex(), room.epoch)])


def _own_stay(step: Step, room: RoomState) -> int:
    """The epoch in which this device came in."""
    own = step.store.device(room.id, step.local.device)
    return own.since if own is not None else room.epoch


def _rank(step: Step, room: RoomState) -> int:
    """How many other devices of our account have the turn before this one."""
    ours = [device.device for device in step.roster(room.id).values() if device.account == step.local.account]
    return ours.index(step.local.device) if step.local.device in ours else 0


def seen(step: Step, room: RoomState, device: Device, said: Backfill) -> None:
    """Another member hands something over: a device of our account does it in our place; anybody else who was in the
    room before us shows that the asking device remembers it.
    """
    for given in list(room.given):
        if given.request != said.request or given.device != said.to:
            continue
        if device.account == step.local.account and said.tells == given.tells:
            if said.last:
                room.given.remove(given)
                _is_new(step, room, given)
            else:
                given.next_at = step.now + _STALLED_MS
        elif not given.proven and device.account != given.account and _was_before_us(step, room, device):
            if _is_new(step, room, given):
                given.proven, given.next_at = True, step.within(receipts.delay(step, room))
            else:
                room.given.remove(given)


def _was_before_us(step: Step, room: RoomState, device: Device) -> bool:
    """Whether a member has read everything that we could hand over."""
    own = step.store.device(room.id, step.local.device)
    return own is not None and device.since <= own.since


def next_due(room: RoomState) -> int | None:
    """When `look_after` has something to do, in ms; None: never."""
    return min((given.next_at for given in room.given), default=None)


def look_after(step: Step, room: RoomState) -> None:
    """Send the next part that is due."""
    due = next((given for given in room.given if given.next_at <= step.now), None)
    if due is None:
        return
    device = step.store.device(room.id, due.device)
    gone = device is None or device.account != due.account or acquaintance.is_blocked(step.store, due.account)
    if gone or due.until <= step.now or not due.proven:
        room.given.remove(due)
    elif sending.held(step, room):
        due.next_at = step.now + _STALLED_MS
    else:
        _send(step, room, due)


def _send(step: Step, room: RoomState, given: Given) -> None:
    found, whole = lines.next_lines(step, room, given)
    last = whole or given.part == MOST_PARTS - 1
    marker = step.store.marker(room.id, given.account)
    part = BackfillPart(tuple(found), -1 if marker is None else marker, given.lacking or (last and not whole))
    info = seal_info(room.id, given.request, step.local.device, given.part, tells=given.tells)
    sealed = seal_to(given.key, info, encode_part(part))
    sending.send(step, room, Backfill(given.request, given.device, given.part, last, given.tells, sealed))
    given.part += 1
    given.next_at = step.now + step.rng.between(_PAUSE_MS // 2, _PAUSE_MS)
    given.until = step.now + _WAIT_MS
    if last:
        room.given.remove(given)
