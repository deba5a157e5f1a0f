"""Signed statements of admins about the room, as proof for members who were away (spec/room.md §15).

An admin's commit that changes roles, name, timer or members carries a *ruling*: the signed state of the room after it.
A ticket carries the newest rulings. A returning member follows them from what it knows: an admin of the state before
must have signed each one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations
from typing import Final

from msgspec import structs

from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.inbox_items import Ticket
from nullabona.client.core.model.intents import AddAccount, Intent
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
from nullabona.client.core.model.state import REJOINING, RoomState
from nullabona.client.core.step import Step
from nullabona.errors import PeerError
from nullabona.wire.certificate import DeviceCertificate

KEPT: Final = 8
"""How many rulings we keep and carry: later ones include the effect of earlier ones."""
_FEW: Final = 6
"""Of so few accounts every choice is tried: 64 hashes."""
MOST_WENT: Final = 64


# -- made and remembered ------------------------------------------------------------------------------------------


def make(
    step: Step, room: RoomState, info: RoomInfo, remove: Iterable[int], intents: Sequence[Intent]
) -> Ruling | None:
    """The ruling for our next commit; None if it needs none, or we are no admin."""
    if room.info.kind != GROUP or step.local.account not in room.info.admins:
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
    """After a commit of account ``by``: keep its ruling if that matches the commit, else its orders."""
    was, roster = before
    merged = room.history[-1]
    if by == step.local.account and was != room.info:
        merged.was = was
    if ruling is None and not orders:
        return  # most commits: skip the comparison of members
    earlier = {device.account for device in roster.values()}
    now = {device.account for device in step.roster(room.id).values()}
    if by == step.local.account:
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
    """The rulings and orders for a ticket."""
    return tuple(decode_ruling(data) for data in room.rulings), tuple(room.went)


def take_over(room: RoomState, ticket: Ticket, believed: Iterable[Ruling]) -> None:
    """Adopt what we believed of the ticket by which we came."""
    room.rulings = [encode_ruling(ruling) for ruling in believed][-KEPT:]
    room.went = list(ticket.went)[-MOST_WENT:]


def well_signed(room: RoomState, ticket: Ticket | None) -> tuple[Ruling, ...]:
    """A ticket's rulings of this room with a valid signature, for a helper with authority over the room."""
    carried = ticket.rulings if ticket is not None else ()
    return tuple(each for each in carried if each.room == room.id and _signer(each) is not None)


def _signer(ruling: Ruling) -> DeviceCertificate | None:
    """The signer; None if the signature or the room info is invalid."""
    try:
        decode_info(ruling.info)
        return ruling.verify()
    except PeerError:
        return None


# -- followed -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """What this device knows: the room info, its accounts, and the epoch after which a ruling is news.

    ``undone``: accounts that were added or removed by commits of ours that the other branch lacks. ``out``: those that
    commits of our branch removed since the fork. ``epoch``: up to it we know the other branch ourselves.
    """

    info: RoomInfo
    accounts: frozenset[bytes]
    since: int | None
    undone: frozenset[bytes] = frozenset()
    epoch: int = 0
    out: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Ruled:
    """The room by the rulings: its info, the hash of its members, and the accounts removed by order since.

    ``rulings``: those that we followed or already knew. ``out``: accounts that commits of our branch removed.
    """

    info: RoomInfo
    members: bytes
    went: frozenset[bytes]
    rulings: tuple[Ruling, ...] = ()
    out: frozenset[bytes] = frozenset()

    def has(self, accounts: set[bytes], proven: set[bytes]) -> bool:
        """Whether these may be the room's accounts. An account that a ``proven`` removal names may be in or not, and so
        may one that our branch removed too: there its order counts for nothing any more, as nobody knows its signer.
        """
        may_lack = [frozenset[bytes](), self.went, *(self.went | some for some in _some_of(self.out))]
        may_lack += [lacking | proven for lacking in may_lack[1:]]
        return any(members_hash(accounts | lacking) == self.members for lacking in may_lack)


def _some_of(accounts: frozenset[bytes]) -> Iterator[frozenset[bytes]]:
    """Every choice of a few accounts; of more than that only all of them, or one."""
    sizes = range(1, len(accounts) + 1) if len(accounts) <= _FEW else (1, len(accounts))
    return (frozenset(some) for size in sizes for some in combinations(sorted(accounts), size))


def known(step: Step, room: RoomState, rejoin: Rejoin, ticket: Ticket | None) -> Known:
    """What we know of the room, without changes that only we made since the ticket's branch forked from ours."""
    roster = step.roster(room.id)
    accounts = {device.account for device in roster.values()}
    if room.phase == REJOINING:
        accounts |= {step.local.account, *(helper.account for helper in rejoin.helpers)}
    theirs = {epoch: commit for epoch, commit, _ in (ticket.history if ticket else ())}
    apart = [merged.epoch for merged in room.history if theirs.get(merged.epoch, merged.commit) != merged.commit]
    fork = min([*apart, *([rejoin.epoch] if rejoin.commit else [])], default=None)
    info, undone, gone = room.info, set[bytes](), set[bytes]()
    for merged in reversed(room.history):
        if fork is None or merged.epoch < fork:
            continue
        gone.update(merged.removed)
        if merged.mine:
            info = merged.was or info
            undone ^= set(merged.changed)
    epoch = fork if fork is not None else room.epoch if room.boxes else 0
    since = _since(step, room, fork)
    return Known(
        info, frozenset(accounts ^ undone), since, frozenset(undone), epoch, frozenset((undone | gone) - accounts)
    )


def _since(step: Step, room: RoomState, fork: int | None) -> int | None:
    """The epoch of the last ruling that we know, without our own ones since the fork; None: unknown.

    Our entry counts as knowing all earlier rulings, unless an account without authority led us here (``as_of``).
    """
    own = step.store.device(room.id, step.local.device)
    entered = room.as_of.epoch if room.as_of is not None else own.since - 1 if own is not None else None
    heard = [
        ruling.epoch
        for ruling in map(decode_ruling, room.rulings)
        if fork is None or ruling.epoch < fork or ruling.verify().account_id != step.local.account
    ]
    return max([*heard, *([] if entered is None else [entered])], default=None)


def follow(step: Step, room: RoomState, ours: Known, ticket: Ticket | None) -> Ruled:
    """Follow a ticket's rulings from what we know, as long as an admin of the state before signed each one.

    If we do not remember the epoch of what we know, an old ruling could restore a role that was taken since. Then we
    follow rulings only from the one that equals the room info that we remember.
    """
    info, members, devices = ours.info, members_hash(ours.accounts), step.roster(room.id).values()
    last, begun, followed = ours.since, ours.since is not None, list[Ruling]()
    for ruling in ticket.rulings if ticket else ():
        if ruling.room != room.id or (signer := _signer(ruling)) is None:
            continue
        if last is not None and ruling.epoch <= last:
            followed.append(ruling)  # known to us, but members whom we let in may need it
            continue
        ruled = decode_info(ruling.info)
        if signer.account_id in info.admins and signer.device_key.hex() not in room.former:
            begun = begun or ruled == info
            last = ruling.epoch
            info, members = (ruled, ruling.members) if begun else (info, members)
            followed.append(ruling)
    orders = [order for order in (ticket.went if ticket else ()) if _holds(order, room, info, devices)]
    newest = max(ours.epoch, last or 0)
    went = frozenset(order.account for order in orders if not _is_old(order, devices, newest))
    return Ruled(without(info, went), members, went, tuple(followed), ours.out)


def without(info: RoomInfo, gone: Collection[bytes]) -> RoomInfo:
    """The room info after accounts went, as long as another admin is left.

    Also after they went on both branches: our commit took them off the admins, and here their order proves nothing any
    more, as we do not know its signer. `Ruled.has` says the same of members.
    """
    admins = tuple(account for account in info.admins if account not in gone)
    return structs.replace(info, admins=admins) if admins else info


def _holds(order: RemovalOrder, room: RoomState, info: RoomInfo, devices: Collection[Device]) -> bool:
    """Whether the order is valid: signed by the removed account or by an admin whose key we know."""
    signer = next((device.account for device in devices if device.signature_key == order.signer), None)
    if order.room != room.id or signer is None or (signer != order.account and signer not in info.admins):
        return False
    return verifies(order)


def verifies(order: RemovalOrder) -> bool:
    """Whether its own key has signed the order; whose key that is, the caller checks."""
    try:
        order.verify()
    except PeerError:
        return False
    return True


def _is_old(order: RemovalOrder, devices: Collection[Device], newest: int) -> bool:
    """Whether the order is from before the account came back, or renewed its keys.

    It names a leaf as we know it, or was given in an epoch of which we do not know the leaves: not before ``newest``,
    up to which we know the room, nor before the account came in.
    """
    theirs = [device for device in devices if device.account == order.account]
    if any(sha256(device.encryption_key).digest() in order.leaves for device in theirs):
        return False
    return order.epoch < max(newest, min((device.since for device in theirs), default=0))
