"""What admins have made of the room, so that whoever was away for it can be shown (spec/room.md §15).

An admin's commit that changes roles, name, timer or who is in carries a *ruling*: what the room is after it, signed. A
ticket carries the newest ones. Whoever comes back follows them from what they know: each must be by an admin of the one
before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec import structs

from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.inbox_items import Ticket
from nullabona.client.core.model.proofs import (
    RemovalOrder,
    Ruling,
    decode_ruling,
    encode_ruling,
    make_ruling,
    members_hash,
)
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.room_info import GROUP, RoomInfo, decode_info, encode_info
from nullabona.client.core.model.state import REJOINING, AddAccount, Intent, RoomState
from nullabona.client.core.step import Step
from nullabona.errors import PeerError
from nullabona.wire.certificate import DeviceCertificate

KEPT: Final = 8
"""So many are remembered and carried: what an admin did before, its later rulings say, too."""
MOST_WENT: Final = 64


# -- made and remembered ------------------------------------------------------------------------------------------


def make(
    step: Step, room: RoomState, info: RoomInfo, remove: Iterable[int], intents: Sequence[Intent]
) -> Ruling | None:
    """The ruling that goes with our next commit; None if it needs none, or we are no admin."""
    if room.info.kind != GROUP or step.me.account not in room.info.admins:
        return None
    gone = set(remove)
    added = {intent.account for intent in intents if isinstance(intent, AddAccount)}
    if not gone and not added and info == room.info:
        return None
    roster = step.roster(room.id)
    before = {device.account for device in roster.values()}
    after = {device.account for leaf, device in roster.items() if leaf not in gone}
    after |= added
    if (info, after) == (room.info, before):
        return None
    return make_ruling(step.mls, room.id, room.epoch, encode_info(info), after)


def note(
    step: Step,
    room: RoomState,
    before: tuple[RoomInfo, Mapping[int, Device]],
    orders: Sequence[RemovalOrder],
    ruling: Ruling | None,
    *,
    by: bytes,
) -> None:
    """A commit of account ``by`` was taken: remember its ruling if that says what it did, else its orders."""
    was, roster = before
    merged = room.history[-1]
    if by == step.me.account and was != room.info:
        merged.was = was
    if ruling is None and not orders:
        return  # most commits: who is in is not gone through for them
    earlier = {device.account for device in roster.values()}
    now = {device.account for device in step.roster(room.id).values()}
    if by == step.me.account:
        merged.changed = sorted(earlier ^ now)
    if ruling is not None and by in was.admins and _says(ruling, room, merged.epoch, by, now):
        room.rulings = [*room.rulings, encode_ruling(ruling)][-KEPT:]
        room.went = []
    elif earlier != now:
        room.went = [*room.went, *orders][-MOST_WENT:]


def _says(ruling: Ruling, room: RoomState, epoch: int, by: bytes, accounts: set[bytes]) -> bool:
    try:
        good = ruling.verify().account_id == by and decode_info(ruling.info) == room.info
    except PeerError:
        return False
    return good and (ruling.room, ruling.epoch, ruling.members) == (room.id, epoch, members_hash(accounts))


def to_carry(room: RoomState) -> tuple[tuple[Ruling, ...], tuple[RemovalOrder, ...]]:
    """What a ticket carries of them."""
    return tuple(decode_ruling(data) for data in room.rulings), tuple(room.went)


def take_over(room: RoomState, ticket: Ticket, believed: Iterable[Ruling]) -> None:
    """We came by a ticket that was judged: what was believed of it is what this branch goes by."""
    room.rulings = [encode_ruling(ruling) for ruling in believed][-KEPT:]
    room.went = list(ticket.went)[-MOST_WENT:]


def well_signed(room: RoomState, ticket: Ticket | None) -> tuple[Ruling, ...]:
    """The rulings of a ticket by somebody who may say what the room is."""
    carried = ticket.rulings if ticket is not None else ()
    return tuple(each for each in carried if each.room == room.id and _signer(each) is not None)


def _signer(ruling: Ruling) -> DeviceCertificate | None:
    """Who signed it; None if it is not signed well, or says nothing."""
    try:
        decode_info(ruling.info)
        return ruling.verify()
    except PeerError:
        return None


# -- followed -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """What this device knows: the room info, who is in, and from which epoch on a ruling is news to it.

    ``undone``: accounts that came or went by commits of ours which the other branch did not take.
    """

    info: RoomInfo
    accounts: frozenset[bytes]
    since: int
    undone: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Ruled:
    """What the room may be by the rulings: its info, who is in, and who of them may have gone by their own will.

    ``rulings``: those that were followed, or are as old as what we know.
    """

    info: RoomInfo
    members: bytes
    went: frozenset[bytes]
    rulings: tuple[Ruling, ...] = ()

    def has(self, accounts: set[bytes], proven: set[bytes]) -> bool:
        """Whether these may be the room's accounts; whom a ``proven`` removal names may be in or not."""
        may_lack = [self.went, self.went | proven, frozenset[bytes]()]
        return any(members_hash(accounts | lacking) == self.members for lacking in may_lack)


def known(step: Step, room: RoomState, rejoin: Rejoin, ticket: Ticket | None) -> Known:
    """What we know of the room, without what only we have made of it since the ticket's branch parted from ours."""
    roster = step.roster(room.id)
    accounts = {device.account for device in roster.values()}
    if room.phase == REJOINING:
        accounts |= {step.me.account, *(helper.account for helper in rejoin.helpers)}
    theirs = {epoch: commit for epoch, commit, _ in (ticket.history if ticket else ())}
    apart = [merged.epoch for merged in room.history if theirs.get(merged.epoch, merged.commit) != merged.commit]
    fork = min([*apart, *([rejoin.epoch] if rejoin.commit else [])], default=None)
    info, undone = room.info, set[bytes]()
    for merged in reversed(room.history):
        if fork is None or merged.epoch < fork or not merged.mine:
            continue
        info = merged.was or info
        undone ^= set(merged.changed)
    return Known(info, frozenset(accounts ^ undone), _since(step, room, fork), frozenset(undone))


def _since(step: Step, room: RoomState, fork: int | None) -> int:
    """The epoch of the last ruling that we know, without our own ones since the fork; -1: that is not remembered.

    By coming in we know all before; but not if one led us here who may not say what the room is.
    """
    own = step.store.device(room.id, step.me.device)
    entered = [room.as_of] if room.as_of is not None else [own.since - 1] if own is not None else []
    heard = [
        ruling.epoch
        for ruling in map(decode_ruling, room.rulings)
        if fork is None or ruling.epoch < fork or ruling.verify().account_id != step.me.account
    ]
    return max(entered + heard, default=-1)


def follow(step: Step, room: RoomState, ours: Known, ticket: Ticket | None) -> Ruled:
    """Follow a ticket's rulings from what we know, as far as each is by an admin of the one before.

    An old one that gave somebody back a role would be news to whoever does not remember how old it is: then the ruling
    that we remember the words of must come first.
    """
    info, members, by_key = ours.info, members_hash(ours.accounts), _accounts(step, room)
    last, begun, followed = ours.since, ours.since >= 0, list[Ruling]()
    for ruling in ticket.rulings if ticket else ():
        if ruling.room != room.id or (signer := _signer(ruling)) is None:
            continue
        if ruling.epoch <= last:
            followed.append(ruling)  # nothing new to us: but others whom we let in may need it
            continue
        ruled = decode_info(ruling.info)
        if signer.account_id in info.admins and signer.device_key.hex() not in room.former:
            begun = begun or ruled == info
            last = ruling.epoch
            info, members = (ruled, ruling.members) if begun else (info, members)
            followed.append(ruling)
    went = frozenset(order.account for order in (ticket.went if ticket else ()) if _holds(order, room, info, by_key))
    admins = tuple(account for account in info.admins if account not in went)
    return Ruled(structs.replace(info, admins=admins) if admins else info, members, went, tuple(followed))


def _accounts(step: Step, room: RoomState) -> dict[bytes, bytes]:
    return {device.signature_key: device.account for device in step.roster(room.id).values()}


def _holds(order: RemovalOrder, room: RoomState, info: RoomInfo, by_key: Mapping[bytes, bytes]) -> bool:
    """Whether somebody went by this order, as far as we know who signed it."""
    signer = by_key.get(order.signer)
    if order.room != room.id or signer is None or (signer != order.account and signer not in info.admins):
        return False
    try:
        order.verify()
    except PeerError:
        return False
    return True
