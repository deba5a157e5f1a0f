"""Decides, as the only place, which statements of others about a room we believe (spec/room.md §15).

A step that loses keys, roles or time needs more than a statement: a proof that this device checks, an admin whom it
knows, or its own judgement of a commit. A mere statement may cause ticket requests, a limited number per account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeAlias

import msgspec

from nullabona.client.core.group import rulings
from nullabona.client.core.model.branches import KnownUpTo, Rejoin, Tries
from nullabona.client.core.model.commit_policy import certificate_of, order_holds
from nullabona.client.core.model.errors import MlsRefused
from nullabona.client.core.model.inbox_items import Ticket
from nullabona.client.core.model.mls_port import Leaf
from nullabona.client.core.model.proofs import Claim, RemovalOrder, Ruling
from nullabona.client.core.model.room_info import RoomInfo, encode_info
from nullabona.client.core.model.state import REJOINING, RoomState
from nullabona.client.core.step import DAY_MS, Step
from nullabona.wire.endpoint import EndpointRefused, same_or_safer

MAX_ATTEMPTS: Final = 24
"""Most ticket requests for one branch, over about 16 hours, and for all claims of one account in `TRIES_DAYS`."""
TRIES_DAYS: Final = 7
LAST_RESORT: Final = 12
"""Rounds of asking everybody that we remember, with doubling pauses: about two days."""
PATIENCE: Final = 8
"""How many unanswered requests, over about a quarter of an hour, our commits wait because of others' statements."""
_UNPROVEN_ROLES: Final = "unproven-roles"


class UnprovenRules(MlsRefused):
    """A ticket leads to a branch of which nobody has proved the name, timer or roles. ``rules``: SHA-256 of these."""

    def __init__(self, rules: bytes) -> None:
        super().__init__("a ticket changes who may do what", _UNPROVEN_ROLES)
        self.rules = rules


# -- what an account says -----------------------------------------------------------------------------------------


def doubts(step: Step, room: RoomState, account: bytes) -> bool:
    """Whether we ignore an account's claims of another branch, because its earlier claims led nowhere."""
    return misled_before(step, room, account) or _spent(step, room.tries.get(account.hex()))


def misled_before(step: Step, room: RoomState, account: bytes) -> bool:
    """Whether an account led us to a branch where nobody was in the last days, so that we refuse its tickets."""
    return step.now < room.doubted.get(account.hex(), 0)


def charge(step: Step, room: RoomState, rejoin: Rejoin) -> None:
    """Count one more ticket request against each account whose claim caused it."""
    room.tries = {key: tries for key, tries in room.tries.items() if _counts(step, tries)}
    for helper in rejoin.helpers if rejoin.commit else ():
        key = helper.account.hex()
        room.tries[key] = _one_more(step, room.tries.get(key))
    if rejoin.commit:
        room.vain = _one_more(step, room.vain)


def exhausted(step: Step, room: RoomState, rejoin: Rejoin, most: int) -> bool:
    """Whether we have asked often enough: for this branch, or because of every account that claims it."""
    said = [room.tries.get(helper.account.hex()) for helper in rejoin.helpers] if rejoin.commit else []
    return rejoin.attempts >= most or (bool(said) and all(_spent(step, tries) for tries in said))


def prefers(step: Step, room: RoomState, old: Rejoin, new: Rejoin) -> bool | None:
    """Whether to ask for the new branch instead of the old one, whatever their epochs; None: their epochs decide.

    A branch that we judged ourselves goes before a claimed one, for a quarter of an hour. Otherwise a branch that an
    admin claims goes before one that no admin claims. Any claimed branch also replaces one that we asked for long
    enough in vain. Otherwise one false claim could keep us from the branch where everybody else is, and an account that
    claims both could do so by that branch itself.
    """
    if new.judged != old.judged and (new.judged or old.attempts < PATIENCE):
        return new.judged
    in_vain = old.attempts >= PATIENCE
    by_admin = vouched_for(step, room, new)
    if by_admin != vouched_for(step, room, old):
        return by_admin or in_vain
    return in_vain or None


Places: TypeAlias = Callable[[Rejoin], tuple[int, tuple[int, bytes]]]
"""The order of branches where nothing else decides which one to look for: the lowest."""


def first_of(step: Step, room: RoomState, old: Rejoin, new: Rejoin, place: Places) -> Rejoin:
    """Which of two branches to look for. If we judged it ourselves, the other is postponed; else it is forgotten."""
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
        return new.ordered or old.attempts >= PATIENCE  # the order may be an old one, and the branch none
    prefers_new = prefers(step, room, old, new)
    return prefers_new if prefers_new is not None else place(new) < place(old)


def vouched_for(step: Step, room: RoomState, rejoin: Rejoin) -> bool:
    """Whether an account with authority over the room (`vouches`) claims the branch."""
    return any(vouches(step, room.info, helper.account) for helper in rejoin.helpers)


def led_nowhere(step: Step, room: RoomState, rejoin: Rejoin) -> None:
    """Nobody could lead us to the branch: the word of the accounts that claimed it is spent for a week.

    We still take their tickets. They may just have been off, and a ticket proves more than a claim.
    """
    room.tries |= {helper.account.hex(): Tries(MAX_ATTEMPTS, step.now) for helper in rejoin.helpers}


def commits_wait(room: RoomState) -> bool:
    """Whether our commits wait until we know which branch we are on.

    If we lost the thread ourselves, they wait until a member says that we missed nothing, or we stop asking. For claims
    of others they wait a quarter of an hour in seven days, for all accounts together. A removal never waits.
    """
    rejoin = room.rejoin
    if rejoin is None or room.puts_out:
        return False
    return not rejoin.nowhere if not rejoin.commit else room.vain.count < PATIENCE


def _counts(step: Step, tries: Tries) -> bool:
    return step.now - tries.since < TRIES_DAYS * DAY_MS


def _spent(step: Step, tries: Tries | None) -> bool:
    return tries is not None and _counts(step, tries) and tries.count >= MAX_ATTEMPTS


def _one_more(step: Step, tries: Tries | None) -> Tries:
    if tries is None or not _counts(step, tries):
        return Tries(1, step.now)
    return Tries(tries.count + 1, tries.since)


# -- claims and moves ---------------------------------------------------------------------------------------------


def joined_after(step: Step, room: RoomState, epoch: int) -> bool:
    """Whether an epoch ended before this device joined, so that it cannot compare what ended it."""
    own = step.store.device(room.id, step.local.device)
    return own is not None and epoch < own.since


def proven(step: Step, room: RoomState, claim: Claim) -> list[RemovalOrder]:
    """The orders in a claim that also hold on our branch: signed by a known admin or by the removed account."""
    roster = step.roster(room.id)
    return [
        order
        for order in claim.orders
        if order.account in claim.removed
        and order.account != step.local.account
        and order_holds(order, room.id, room.info, roster)
    ]


def ordered(step: Step, room: RoomState, claim: Claim) -> bool:
    """Whether a known admin signed an order for a claimed removal of an account that is still in on our branch.

    The leaves that the order names may have new keys on our branch; then the order cannot be carried out here.
    """
    roster = step.roster(room.id).values()
    accounts = {device.account for device in roster}
    admins = {device.signature_key for device in roster if device.account in room.info.admins}
    given = [order for order in claim.orders if order.account in accounts and order.account in claim.removed]
    return any(order.signer in admins and order.room == room.id and rulings.verifies(order) for order in given)


# -- tickets ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judged:
    """What we believe of a ticket: the rulings that we followed, and how far we know the room ourselves.

    ``as_of`` None: the helper has authority over the room, so it speaks for everything before our arrival.
    """

    rulings: tuple[Ruling, ...]
    as_of: KnownUpTo | None


def vouches(step: Step, info: RoomInfo, account: bytes) -> bool:
    """Whether an account has authority over the room info: as far as we know, it could change that info anyway."""
    return account == step.local.account or account in info.deciders


def may_put_us_out(step: Step, room: RoomState, account: bytes) -> bool:
    """Whether we believe an account that we are out of a room: as far as we know, it could have removed us.

    An account that is an admin only by another account's statement does not count.
    """
    return account == step.local.account or (account in room.info.admins and not room.told_by)


def given_up(step: Step, room: RoomState, rejoin: Rejoin) -> bool:
    """Whether to give up a room without keys: everybody whom we asked for a way back says that we are out.

    If no other admin could have removed us (we are the only admin, or there are none), only after two days: what we
    remember may be years old. In a room with keys this does not apply: only an account that could have removed us is
    believed there.
    """
    asked = {helper.account for helper in rejoin.helpers}
    if not asked or not asked <= set(rejoin.gone):
        return False
    return any(admin != step.local.account for admin in room.info.admins) or _asked_for_days(room, rejoin)


def may_be(info: RoomInfo, known: RoomInfo) -> bool:
    """Whether this info can be that of a room that we know: no commit, and no statement, changes kind or pair or moves
    the room to a less safe relay.
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
    """Raises `MlsRefused` unless the branch of a ticket by account ``by`` changes nothing that we cannot justify.

    Any member may lead to a branch with the admins, name, timer and accounts that we know, without a removed device of
    anybody else.
    For any other difference a known admin must lead there, or have signed rulings that say so, or everybody else must
    have led there. If the branch lacks commits of ours that took a role from ``by``, that account may not lead there.
    """
    if vouches(step, room.info, by) or _last_resort(room, rejoin, by):
        return Judged(rulings.well_signed(room, ticket), None)
    ours = rulings.known(step, room, rejoin, ticket)
    if by in ours.info.deciders:
        raise MlsRefused("a ticket is by somebody from whom we took a role since", _UNPROVEN_ROLES)
    ruled = rulings.follow(step, room, ours, ticket)
    there = [(certificate_of(leaf).account_id, leaf.signature_key) for leaf in leaves]
    believed = rulings.without(ruled.info, ours.out - {account for account, _ in there})
    if not is_alike(info, believed):
        rules = sha256(encode_info(_rules(info))).digest()
        if not (_names(ticket, rejoin) and _everybody_went(step, room, info, {**rejoin.led, by: rules})):
            raise UnprovenRules(rules)
    if not ruled.has({account for account, _ in there}, set(rejoin.proven)):
        raise MlsRefused("a ticket changes who is in the room", "unproven-members")
    accepted = {*ours.undone, step.local.account}  # devices of our own we remove again there; nobody else might
    if any(key.hex() in room.former and account not in accepted for account, key in there):
        raise MlsRefused("a ticket leads to a device that went", "unproven-device")
    return Judged(ruled.rulings, KnownUpTo(ours.since))


def _last_resort(room: RoomState, rejoin: Rejoin, by: bytes) -> bool:
    """Whether we have no keys, no account with authority has answered in two days, and we remember ``by`` in the room.

    What we remember may be years old, and all admins gone. We believe no other account then: a member who was removed
    earlier also knows the room's id.
    """
    asked = {helper.account for helper in rejoin.helpers}
    return by in asked and _asked_for_days(room, rejoin)


def note_led(rejoin: Rejoin, way: Rejoin, ticket: Ticket, by: bytes, refused: UnprovenRules) -> None:
    """Remember where account ``by`` wanted to lead us, if its ticket's history says that it is the branch we seek."""
    if way.commit == rejoin.commit and _names(ticket, rejoin):
        rejoin.led = {**rejoin.led, by: refused.rules}


def _names(ticket: Ticket | None, rejoin: Rejoin) -> bool:
    """Whether the history in a ticket has the commit by which the branch that we seek parted from ours."""
    told = ticket.history if ticket is not None and rejoin.commit else ()
    return any((epoch, commit) == (rejoin.epoch, rejoin.commit) for epoch, commit, _ in told)


def _everybody_went(step: Step, room: RoomState, info: RoomInfo, led: dict[bytes, bytes]) -> bool:
    """Whether all other accounts on our branch, two at least, lead to the same one, where the same accounts decide.

    Then nobody is left whom staying would protect. An admin's change of name or timer is lost there with the admin, who
    left on both branches and so cannot lead us. One account alone has no such say, nor have all for a role.
    """
    others = {device.account for device in step.roster(room.id).values()} - {step.local.account}
    alike = {led.get(account) for account in others}
    same_deciders = set(info.deciders) == set(room.info.deciders)
    return len(others) > 1 and len(alike) == 1 and None not in alike and same_deciders


def _asked_for_days(room: RoomState, rejoin: Rejoin) -> bool:
    """Whether we have no keys and have asked everybody for two days."""
    return room.phase == REJOINING and rejoin.attempts >= LAST_RESORT * len(rejoin.helpers)


def is_alike(info: RoomInfo, other: RoomInfo) -> bool:
    """Whether two room infos agree on everything but relay and moves."""
    return _rules(info) == _rules(other)


def _rules(info: RoomInfo) -> RoomInfo:
    """The room info without the parts that move orders decide."""
    return msgspec.structs.replace(info, relay="", moves=0)
