"""Whether an operator's notice is genuine: for this account, bound by its slot, in a witnessed log, of now.

Never shows anything and keeps nothing; what follows from each refusal is decided in
`core.operator_notices.taking` (spec/operator-notice.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import msgspec

from nullabona.client.core.directory.pinned import SKEW_S, Pinned
from nullabona.errors import PeerError
from nullabona.log.checkpoint import parse_checkpoint
from nullabona.log.note import Note
from nullabona.log.policy import NO_QUORUM, NotWitnessed, Policy, Seen
from nullabona.log.proof import parse_proof
from nullabona.log.tree import leaf_hash, verify_inclusion
from nullabona.wire.epoch import origin_of
from nullabona.wire.handle import Handle
from nullabona.wire.operator_notice import NoticeInvalid, OperatorNotice, check_binding, parse_notice

OLDEST_S: Final = 35 * 86_400
"""How old a checkpoint's cosignatures may be when its notice arrives: longer than any relay keeps an item by itself."""


class NoticeUncheckable(PeerError):
    """This device has no policy for the docket that a notice names, or its clock is behind."""

    code = "operator-notice-unchecked"
    default_hint = "get the operator's policy from a source you trust, and pin it: nulla record pin FILE"

    def __init__(self, message: str, ready_s: int | None = None, *, vouched: bool) -> None:
        """``ready_s``: when this device's clock has to be reached; None if a policy is missing. ``vouched``: no
        stranger can have made it, as the operator's keys or the known witnesses have signed.
        """
        super().__init__(message)
        self.ready_s = ready_s
        self.vouched = vouched


class NoticeStale(PeerError):
    """A notice comes with a proof that is too old: somebody kept it and sends it again."""

    code = "operator-notice-stale"


class NoticeUnwitnessed(PeerError):
    """A notice is in a log that its operator signed but too few of its witnesses have."""

    code = "operator-notice-unwitnessed"
    default_hint = "it is not shown; the operator may keep a separate docket for you"


class DocketForked(PeerError):
    """The operator's docket is another one than this device saw before: it has two histories."""

    code = "docket-forked"
    default_hint = "do not trust this operator's docket; the evidence is kept on this device"


class DocketRolledBack(PeerError):
    """The operator's docket has fewer entries than this device saw before."""

    code = "docket-rolled-back"
    default_hint = "do not trust this operator's docket; the evidence is kept on this device"


class DocketUnproven(PeerError):
    """The operator does not show that the docket in which a notice stands is the one this device saw before."""

    code = "docket-unproven"
    default_hint = "ask the operator why its docket cannot be followed: nulla relay serve --docket-files"


class DocketSeen(msgspec.Struct, array_like=True, frozen=True):
    """The largest checkpoint of a docket that this device believed."""

    origin: str
    size: int
    root: bytes
    note: bytes


Compare = Callable[[DocketSeen], None]
"""Raises `DocketForked` if a checkpoint is of another history than the docket that this device has seen."""


@dataclass(frozen=True, slots=True)
class Genuine:
    """A notice that holds. ``witnesses``: the quorum's, with none if the policy demands none."""

    id: bytes
    """Of its slot: the same however often it is sent."""
    notice: OperatorNotice
    seen: DocketSeen
    witnesses: tuple[str, ...]
    time_s: int | None


def own_docket(origin: str, handle: Handle) -> bool:
    """Whether a log of this name may be the docket of the handle's operator."""
    return origin.startswith(f"{handle.authority}/") and origin != origin_of(handle.authority)


def check(item: bytes, handle: Handle, pinned: Pinned | None, compare: Compare, came_s: int, now_s: int) -> Genuine:
    """The notice in an inbox item, under the policy that is pinned for the account's directory.

    ``compare`` holds its checkpoint against what this device has seen; ``came_s`` is when the item was read. Raises
    `NoticeUncheckable` if it may be genuine and cannot be told yet, `NoticeUnwitnessed` or `DocketForked` if the
    operator did wrong, `NoticeStale`, and `PeerError` for anything else: that may have been sent by anybody.
    """
    notice = parse_notice(item)
    check_binding(notice, str(handle))
    proof = parse_proof(notice.slot.proof.encode())
    checkpoint = parse_checkpoint(proof.note.text)
    if checkpoint.origin != notice.body.origin or not own_docket(checkpoint.origin, handle):
        raise NoticeInvalid("the notice is of another operator's docket")
    leaf = leaf_hash(notice.slot.leaf)
    verify_inclusion(leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    policy = None if pinned is None else Policy.parse(pinned.policy)
    if policy is None or not policy.keys_of(checkpoint.origin):
        raise _not_named(policy, handle, proof.note)
    try:
        seen = proof.verify_leaf(leaf, policy)
    except NotWitnessed as error:
        raise NoticeUnwitnessed(error.message) from error
    mark = DocketSeen(checkpoint.origin, checkpoint.size, checkpoint.root, proof.note.encode())
    compare(mark)
    _check_times(seen, came_s, now_s)
    names = tuple(name for name, _ in seen.witnesses) if policy.quorum != NO_QUORUM else ()
    return Genuine(sha256(notice.slot.leaf).digest(), notice, mark, names, seen.time_s)


def _not_named(policy: Policy | None, handle: Handle, note: Note) -> PeerError:
    """Why a notice of a docket that the policy does not name is not believed.

    What is learnt of a docket later keeps the witnesses (`with_docket`): so a note that they have cosigned is no
    stranger's, and any other is nothing where the operator's docket has another name.
    """
    vouched = policy is not None and policy.is_witnessed(note)
    if policy is not None and not vouched and any(own_docket(log.key.name, handle) for log in policy.logs):
        return NoticeInvalid("the notice is of another docket than the one that the operator has")
    return NoticeUncheckable("no policy on this device names the docket of a notice", vouched=vouched)


def origin_claimed(item: bytes) -> str:
    """The docket that an item names; nothing of it is checked. Raises `PeerError`."""
    return parse_notice(item).body.origin


def _check_times(seen: Seen, came_s: int, now_s: int) -> None:
    if seen.time_s is None:
        return
    if seen.time_s < came_s - OLDEST_S:
        raise NoticeStale("the proof of a notice is too old")
    if seen.time_s > now_s + SKEW_S:
        raise NoticeUncheckable(
            "the proof of a notice is of a time that this device's clock has not reached",
            seen.time_s - SKEW_S,
            vouched=True,
        )
