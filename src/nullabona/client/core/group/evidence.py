"""What is believed of what others say about a room: the one place that decides (spec/room.md §15).

No step that loses keys, roles or time is taken on anybody's word. It takes a proof that this device checks, an admin
whom it knows, or its own judgement of a commit. What is merely said may cost questions, and of these so many for each
account that says it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from nullabona.client.core.group import rulings
from nullabona.client.core.model.branches import Rejoin, Tries
from nullabona.client.core.model.commit_policy import certificate_of, order_holds
from nullabona.client.core.model.errors import MlsRefused
from nullabona.client.core.model.inbox_items import Ticket
from nullabona.client.core.model.mls_port import Leaf
from nullabona.client.core.model.proofs import Claim, RemovalOrder, Ruling
from nullabona.client.core.model.room_info import RoomInfo
from nullabona.client.core.model.state import REJOINING, RoomState
from nullabona.client.core.step import DAY_MS, Step
from nullabona.errors import PeerError
from nullabona.wire.endpoint import EndpointRefused, same_or_safer

MAX_ATTEMPTS: Final = 24
"""How often a ticket is asked for, over about 16 hours; and for all that one account says within `TRIES_DAYS`."""
TRIES_DAYS: Final = 7
LAST_RESORT: Final = 12
"""Rounds of asking everybody that we remember, the pauses doubling: about two days."""
PATIENCE: Final = 8
"""So many questions in vain, about a quarter of an hour, what we wanted to commit waits for the word of others."""


# -- what an account says -----------------------------------------------------------------------------------------


def doubts(step: Step, room: RoomState, account: bytes) -> bool:
    """Whether an account's word for another branch is not followed: what it said before led nowhere."""
    return misled_before(step, room, account) or _spent(step, room.tries.get(account.hex()))


def misled_before(step: Step, room: RoomState, account: bytes) -> bool:
    """Whether an account led us to nowhere in the last days: its tickets are not taken."""
    return step.now < room.doubted.get(account.hex(), 0)


def charge(step: Step, room: RoomState, rejoin: Rejoin) -> None:
    """One more question is asked because of what some accounts said; each of them answers for it."""
    room.tries = {key: tries for key, tries in room.tries.items() if _counts(step, tries)}
    for helper in rejoin.helpers if rejoin.commit else ():
        key = helper.account.hex()
        room.tries[key] = _one_more(step, room.tries.get(key))
    if rejoin.commit:
        room.vain = _one_more(step, room.vain)


def exhausted(step: Step, room: RoomState, rejoin: Rejoin, most: int) -> bool:
    """Whether enough was asked: for this branch, or for everybody who said that it is there."""
    said = [room.tries.get(helper.account.hex()) for helper in rejoin.helpers] if rejoin.commit else []
    return rejoin.attempts >= most or (bool(said) and all(_spent(step, tries) for tries in said))


def prefers(step: Step, room: RoomState, old: Rejoin, new: Rejoin) -> bool | None:
    """Whether we ask for another branch than before, whichever of the two began first; None: as their epochs say.

    What we met ourselves goes before what is said, for a quarter of an hour. Else if an admin says that it is there,
    and of the one before none does; or if that was asked for long enough in vain, and others say this. Else one false
    claim would keep us from the branch on which all others are.
    """
    if new.judged != old.judged and (new.judged or old.attempts < PATIENCE):
        return new.judged
    others = {helper.account for helper in new.helpers} - {helper.account for helper in old.helpers}
    in_vain = old.attempts >= PATIENCE and bool(others)
    by_admin = vouched_for(step, room, new)
    if by_admin != vouched_for(step, room, old):
        return by_admin or in_vain
    return in_vain or None


Places: TypeAlias = Callable[[Rejoin], tuple[int, tuple[int, bytes]]]
"""How branches are compared of which nothing else tells which one is looked for: the lowest is."""


def first_of(step: Step, room: RoomState, old: Rejoin, new: Rejoin, place: Places) -> Rejoin:
    """Which of two branches is looked for. If that is one that we judged, the other is put off, else forgotten."""
    first, other = (new, old) if _takes_place(step, room, old, new, place) else (old, new)
    if first.judged and not first.ordered:
        first.proven = [*first.proven, *(account for account in other.proven if account not in first.proven)]
        for each in (other.later, other):
            if each is not None and (first.later is None or _takes_place(step, room, first.later, each, place)):
                first.later = each
        other.later = None
    return first


def _takes_place(step: Step, room: RoomState, old: Rejoin, new: Rejoin, place: Places) -> bool:
    if old.ordered != new.ordered:
        return new.ordered
    prefers_new = prefers(step, room, old, new)
    return prefers_new if prefers_new is not None else place(new) < place(old)


def vouched_for(step: Step, room: RoomState, rejoin: Rejoin) -> bool:
    """Whether somebody who may say what the room is says that a branch is there."""
    return any(vouches(step, room.info, helper.account) for helper in rejoin.helpers)


def led_nowhere(step: Step, room: RoomState, rejoin: Rejoin) -> None:
    """Nobody could lead us to the branch: who said that it is there is not believed for a week."""
    until = step.now + TRIES_DAYS * DAY_MS
    room.doubted |= {helper.account.hex(): until for helper in rejoin.helpers}


def commits_wait(room: RoomState) -> bool:
    """Whether what we want to commit waits until we know which branch we are on.

    If we lost the thread ourselves, for as long as we ask. For somebody's word a quarter of an hour in seven days,
    whoever says how much; what removes somebody waits for nothing.
    """
    rejoin = room.rejoin
    if rejoin is None or room.puts_out:
        return False
    return not rejoin.commit or room.vain.count < PATIENCE


def _counts(step: Step, tries: Tries) -> bool:
    return step.now - tries.since < TRIES_DAYS * DAY_MS


def _spent(step: Step, tries: Tries | None) -> bool:
    return tries is not None and _counts(step, tries) and tries.count >= MAX_ATTEMPTS


def _one_more(step: Step, tries: Tries | None) -> Tries:
    if tries is None or not _counts(step, tries):
        return Tries(1, step.now)
    return Tries(tries.count + 1, tries.since)


# -- claims and moves ---------------------------------------------------------------------------------------------


def may_follow(step: Step, room: RoomState, epoch: int) -> bool:
    """Whether *moved* about an epoch is followed: only if it ended before this device came in.

    Of any later one the box is here: whoever merged another commit claims it there, and the claim is judged.
    """
    own = step.store.device(room.id, step.me.device)
    return own is not None and epoch < own.since


def proven(step: Step, room: RoomState, claim: Claim) -> list[RemovalOrder]:
    """The orders in a claim that hold on our branch, too: an admin whom we know, or who goes, signed each of them."""
    roster = step.roster(room.id)
    return [
        order
        for order in claim.orders
        if order.account in claim.removed
        and order.account != step.me.account
        and order_holds(order, room.id, room.info, roster)
    ]


def ordered(step: Step, room: RoomState, claim: Claim) -> bool:
    """Whether an admin whom we know has ordered a removal that is claimed, of somebody who still is in here.

    The leaves that the order names may have new keys on our branch: then it cannot be carried out here.
    """
    roster = step.roster(room.id).values()
    accounts = {device.account for device in roster}
    admins = {device.signature_key for device in roster if device.account in room.info.admins}
    given = [order for order in claim.orders if order.account in accounts and order.account in claim.removed]
    return any(order.signer in admins and order.room == room.id and _verifies(order) for order in given)


def _verifies(order: RemovalOrder) -> bool:
    try:
        order.verify()
    except PeerError:
        return False
    return True


# -- tickets ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judged:
    """What was believed of a ticket: its rulings as far as they were followed, and how far we know the room ourselves.

    ``as_of`` is an epoch (`RoomState.as_of`); None: whoever leads says what the room is up to when we come.
    """

    rulings: tuple[Ruling, ...]
    as_of: int | None


def vouches(step: Step, info: RoomInfo, account: bytes) -> bool:
    """Whether an account may say what the room is: it could change it anyway, as far as we know."""
    return account == step.me.account or account in info.deciders


def may_put_us_out(step: Step, room: RoomState, account: bytes) -> bool:
    """Whether an account's word is enough that we are out of a room: it could have removed us, as far as we know.

    Who is an admin by somebody's word alone is not known to be one.
    """
    return account == step.me.account or (account in room.info.admins and not room.told_by)


def given_up(step: Step, room: RoomState, rejoin: Rejoin) -> bool:
    """Whether a room without keys is over, as everybody says whom we ask for a way back.

    If nobody but we could have removed us (we are the only admin, or there are none), only after two days: what we
    remember may be years old. With keys nobody believes all: there it takes one who could.
    """
    asked = {helper.account for helper in rejoin.helpers}
    if not asked or not asked <= set(rejoin.gone):
        return False
    return any(admin != step.me.account for admin in room.info.admins) or _asked_for_days(room, rejoin)


def may_be(info: RoomInfo, known: RoomInfo) -> bool:
    """Whether somewhere with this info can be a room that we know: no commit changes kind or pair, or goes to a less
    safe relay. Nobody's word does either.
    """
    if (info.kind, info.pair) != (known.kind, known.pair):
        return False
    try:
        return info.relay == known.relay or info.relay == same_or_safer(info.relay, known.relay)
    except EndpointRefused:
        return False


def check_branch(
    step: Step,
    room: RoomState,
    rejoin: Rejoin,
    by: bytes,
    info: RoomInfo,
    leaves: Iterable[Leaf],
    ticket: Ticket | None = None,
) -> Judged:
    """Raises `MlsRefused` unless a branch to which account ``by`` leads gives nobody anything that we cannot justify.

    Same admins, name and timer, and the same accounts as we know, without a device that went: then anybody in the room
    may lead there. Anything else an admin whom we know must say: by leading there, or by rulings. Of a branch on which
    nobody knows what we have made of the room since, whom we took a role from may not tell.
    """
    if vouches(step, room.info, by) or _last_resort(room, rejoin, by):
        return Judged(rulings.well_signed(room, ticket), None)
    ours = rulings.known(step, room, rejoin, ticket)
    if by in ours.info.deciders:
        raise MlsRefused("a ticket is by somebody from whom we took a role since", "unproven-roles")
    ruled = rulings.follow(step, room, ours, ticket)
    if not is_alike(info, ruled.info):
        raise MlsRefused("a ticket changes who may do what", "unproven-roles")
    there = [(certificate_of(leaf).account_id, leaf.signature_key) for leaf in leaves]
    if not ruled.has({account for account, _ in there}, set(rejoin.proven)):
        raise MlsRefused("a ticket changes who is in the room", "unproven-members")
    if any(key.hex() in room.former and account not in ours.undone for account, key in there):
        raise MlsRefused("a ticket leads to a device that went", "unproven-device")
    return Judged(ruled.rulings, ours.since)


def _last_resort(room: RoomState, rejoin: Rejoin, by: bytes) -> bool:
    """Whether account ``by`` is one that we remember in the room, we are without keys, and in two days nobody who may
    say what the room is has answered.

    What we remember may be years old, and all its admins gone. Nobody else is believed for that: whoever was removed
    before knows the room's id, too.
    """
    asked = {helper.account for helper in rejoin.helpers}
    return by in asked and _asked_for_days(room, rejoin)


def _asked_for_days(room: RoomState, rejoin: Rejoin) -> bool:
    """Whether we are without keys, and everybody was asked for two days."""
    return room.phase == REJOINING and rejoin.attempts >= LAST_RESORT * len(rejoin.helpers)


def is_alike(info: RoomInfo, other: RoomInfo) -> bool:
    """Whether two say the same of a room: which it is, who decides there, its name and timer."""
    return _rules(info) == _rules(other)


def _rules(info: RoomInfo) -> RoomInfo:
    """What of the room info nobody's word changes; the relay follows from move orders."""
    return msgspec.structs.replace(info, relay="", moves=0)
