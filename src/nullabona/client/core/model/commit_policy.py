"""Who may change what in a room: the check that every member runs on every commit before it is accepted.

The verdict depends only on the epoch's agreed state (room info and tree) and the commit itself, never on a cache, a
clock or what else a member happens to know: all members must judge alike (spec/room.md §3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from nullabona.client.core.model.admins import settled
from nullabona.client.core.model.errors import PolicyRefused
from nullabona.client.core.model.mls_port import Leaf, Processed
from nullabona.client.core.model.proofs import CommitNote, RemovalOrder, Ruling, decode_note
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.room_info import (
    DEVICES,
    DIRECT,
    MAX_DEVICES,
    MOST_AHEAD,
    MOST_OF_ONE,
    REQUIRED,
    REQUIRED_EXTENSION,
    ROOM_INFO_EXTENSION,
    RoomInfo,
    decode_info,
)
from nullabona.errors import PeerError
from nullabona.wire.certificate import DeviceCertificate, verify_certificate
from nullabona.wire.endpoint import EndpointRefused, same_or_safer


@dataclass(frozen=True, slots=True)
class Verdict:
    """A commit that every member accepts."""

    sender: DeviceCertificate
    removed: tuple[bytes, ...]
    """Accounts other than the sender's own that lose devices, sorted."""
    orders: tuple[RemovalOrder, ...]
    """The orders in its note that hold. The committer may have written others beside them, forged or out of date."""
    info: RoomInfo | None
    """The new room info, if the commit changes it."""
    ruling: Ruling | None = None
    """What the committer says that it made of the room; not judged here."""
    by_link: tuple[bytes, ...] = ()
    """The added accounts that followed an invite link, as the committer says; not judged here."""


def certificate_of(leaf: Leaf) -> DeviceCertificate:
    """The leaf's verified device certificate. Raises `PolicyRefused` if it does not belong to the leaf's key."""
    try:
        return verify_certificate(leaf.identity, leaf.signature_key)
    except PeerError:
        raise PolicyRefused("a member's certificate does not verify") from None


def check_commit(commit: Processed, room: bytes, info: RoomInfo, roster: Mapping[int, Device]) -> Verdict:
    """Judge a commit against the epoch it was made in. ``roster`` is that epoch's devices by leaf.

    Raises `PolicyRefused`, in one sentence, if any rule is broken; the commit must then be ignored by everybody.
    """
    sender = _sender(commit, roster)
    note = _note(commit)
    if commit.external:
        _check_external(commit, sender, roster)
        return Verdict(sender, (), (), None)
    admin = sender.account_id in info.admins
    _check_adds(commit.adds, sender, admin=admin, info=info, roster=roster)
    orders = tuple(order for order in note.orders if order_holds(order, room, info, roster))
    ordered = {(order.account, leaf) for order in orders for leaf in order.leaves}
    removed = _check_removes(commit.removes, sender, ordered, roster, admin=admin)
    _check_updates(commit.updates, roster)
    gone = {leaf.leaf for leaf in commit.removes}
    staying = {place: device for place, device in roster.items() if place not in gone}
    added = {certificate_of(leaf).account_id for leaf in commit.adds}
    new_info = _new_info(commit, info)
    if settled(new_info, staying, added) != new_info:
        raise PolicyRefused("a commit that leaves somebody an admin who is gone, or nobody")
    if new_info != settled(info, staying, added):
        _check_info(new_info, info, sender, admin=admin)
    return Verdict(sender, removed, orders, new_info if new_info != info else None, note.ruling, note.by_link)


def _sender(commit: Processed, roster: Mapping[int, Device]) -> DeviceCertificate:
    if commit.external:
        joiner = next((leaf for leaf in commit.adds if leaf.leaf == commit.sender_leaf), None)
        if joiner is None:
            raise PolicyRefused("an external commit without a joiner")
        return certificate_of(joiner)
    if commit.sender_leaf is None or commit.sender_leaf not in roster:
        raise PolicyRefused("a commit from nobody in the room")
    try:
        return verify_certificate(commit.sender_identity, commit.sender_signature_key)
    except PeerError:
        raise PolicyRefused("the committer's certificate does not verify") from None


def _note(commit: Processed) -> CommitNote:
    try:
        return decode_note(commit.aad)
    except PeerError:
        raise PolicyRefused("a commit's note does not decode") from None


def _check_external(commit: Processed, joiner: DeviceCertificate, roster: Mapping[int, Device]) -> None:
    """Only a device of an account that is already in, and it may remove only that account's leaf."""
    if joiner.account_id not in {device.account for device in roster.values()}:
        raise PolicyRefused("an external commit from an account that is not a member")
    if len(commit.adds) != 1 or commit.new_group_ext is not None or commit.aad:
        raise PolicyRefused("an external commit that does more than rejoin")
    for leaf in commit.removes:
        old = roster.get(leaf.leaf)
        if old is None or old.account != joiner.account_id:
            raise PolicyRefused("an external commit that removes somebody else")
        if old.device == joiner.device_id and old.signature_key != joiner.device_key:
            raise PolicyRefused("an external commit with another key under a device's id")
    gone = {leaf.leaf for leaf in commit.removes}
    kept = [device for place, device in roster.items() if place not in gone]
    if joiner.device_id in {device.device for device in kept}:
        raise PolicyRefused("an external commit that doubles a device")
    _check_number([joiner.account_id], kept)


def _check_adds(
    adds: Sequence[Leaf], sender: DeviceCertificate, *, admin: bool, info: RoomInfo, roster: Mapping[int, Device]
) -> None:
    if len(roster) + len(adds) > MAX_DEVICES:
        raise PolicyRefused("the room would have too many devices")
    present = {device.device for device in roster.values()}
    for leaf in adds:
        certificate = certificate_of(leaf)
        if certificate.device_id in present:
            raise PolicyRefused("a device is added twice")
        present.add(certificate.device_id)
        allowed = certificate.account_id in info.pair if info.kind == DIRECT else admin
        if not allowed and certificate.account_id != sender.account_id:
            raise PolicyRefused("only an admin may add accounts")
    _check_number([certificate_of(leaf).account_id for leaf in adds], roster.values())


def _check_number(added: Sequence[bytes], present: Iterable[Device]) -> None:
    """Every member may bring in own devices: not so many that nobody else has room."""
    counts = Counter(added)
    if counts:  # most commits add nobody: the room is not gone through for them
        counts.update(device.account for device in present if device.account in counts)
    if any(count > MOST_OF_ONE for count in counts.values()):
        raise PolicyRefused("an account would have too many devices in the room")


def _check_removes(
    removes: Sequence[Leaf],
    sender: DeviceCertificate,
    ordered: set[tuple[bytes, bytes]],
    roster: Mapping[int, Device],
    *,
    admin: bool,
) -> tuple[bytes, ...]:
    removed: set[bytes] = set()
    for leaf in removes:
        if leaf.leaf not in roster:
            raise PolicyRefused("a commit that removes nobody in the room")
        account = roster[leaf.leaf].account
        if account == sender.account_id:
            continue
        if not admin and (account, sha256(leaf.encryption_key).digest()) not in ordered:
            raise PolicyRefused("only an admin may remove accounts")
        removed.add(account)
    return tuple(sorted(removed))


def _order_leaves(order: RemovalOrder, room: bytes, info: RoomInfo, roster: Mapping[int, Device]) -> tuple[bytes, ...]:
    """The leaf hashes an order covers, if its signer may give it in this epoch; otherwise none."""
    signer = next((device for device in roster.values() if device.signature_key == order.signer), None)
    if signer is None or order.room != room or (signer.account != order.account and signer.account not in info.admins):
        return ()
    try:
        order.verify()
    except PeerError:
        return ()
    return order.leaves


def order_holds(order: RemovalOrder, room: bytes, info: RoomInfo, roster: Mapping[int, Device]) -> bool:
    """Whether any member may commit ``order`` now: its signer may give it and one of its leaves is still in."""
    leaves = set(_order_leaves(order, room, info, roster))
    return any(
        device.account == order.account and sha256(device.encryption_key).digest() in leaves
        for device in roster.values()
    )


def _check_updates(updates: Sequence[Leaf], roster: Mapping[int, Device]) -> None:
    """A leaf may get new keys but never a new owner."""
    for leaf in updates:
        old = roster.get(leaf.leaf)
        certificate = certificate_of(leaf)
        new = (certificate.account_id, certificate.device_id, certificate.device_key)
        if old is None or (old.account, old.device, old.signature_key) != new:
            raise PolicyRefused("an update that changes whose leaf it is")


def _new_info(commit: Processed, info: RoomInfo) -> RoomInfo:
    """The room info after a commit."""
    if commit.new_group_ext is None:
        return info
    found = dict(commit.new_group_ext)
    data = found.pop(ROOM_INFO_EXTENSION, None)
    if data is None:
        raise PolicyRefused("a commit that erases the room info")
    # More than every leaf has could never be taken back: who asks for it could not be removed either.
    if found != {REQUIRED_EXTENSION: REQUIRED} or len(commit.new_group_ext) != 2:
        raise PolicyRefused("a commit that changes more of the group context than the room info")
    try:
        return decode_info(data)
    except PeerError:
        raise PolicyRefused("a commit with a broken room info") from None


def _check_info(new: RoomInfo, info: RoomInfo, sender: DeviceCertificate, *, admin: bool) -> None:
    """Whether somebody may change the info so."""
    _check_move(new, info)
    kept = msgspec.structs.replace(new, relay=info.relay, moves=info.moves)
    if info.kind == DEVICES and kept != info:
        raise PolicyRefused("of the room of an account's devices only the relay may change")
    if info.kind == DIRECT:
        _check_pair(kept, info, sender)
    elif info.kind != DEVICES and not admin:
        raise PolicyRefused("only an admin may change the room")
    if (new.kind, new.pair) != (info.kind, info.pair):
        raise PolicyRefused("a commit that changes what cannot change")


def _check_pair(kept: RoomInfo, info: RoomInfo, sender: DeviceCertificate) -> None:
    if sender.account_id not in info.pair or msgspec.structs.replace(kept, timer_s=info.timer_s) != info:
        raise PolicyRefused("of a direct room only the timer and the relay may change")


def _check_move(new: RoomInfo, info: RoomInfo) -> None:
    """The relay changes with the number of the move order that says so, and never to a less safe one."""
    if (new.relay, new.moves) == (info.relay, info.moves):
        return
    if not info.moves < new.moves <= info.moves + MOST_AHEAD:
        raise PolicyRefused("a commit that changes the relay without a newer move order")
    try:
        normal = same_or_safer(new.relay, info.relay)
    except EndpointRefused:
        raise PolicyRefused("a commit that moves the room to a relay that nobody may use") from None
    if new.relay != normal:
        raise PolicyRefused("a commit that names a relay in another form than all others")
