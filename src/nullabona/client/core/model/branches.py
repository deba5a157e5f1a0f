"""Branches of a room as values: who reports one, who can lead there, and how often we asked (spec/room.md §7)."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import field

from nullabona.client.core.model.records import Device

RETURNING: Final = "returning"


class CompetingBranch(msgspec.Struct, array_like=True, frozen=True):
    """A branch that another member is on: the commit that began it, the accounts it removed, and who claimed it."""

    commit: bytes
    removed: tuple[bytes, ...]
    account: bytes
    handle: str


class Helper(msgspec.Struct, array_like=True, frozen=True):
    """An account that can take us to a branch."""

    account: bytes
    handle: str


class Tries(msgspec.Struct, array_like=True, frozen=True):
    """How many ticket requests somebody's claims have caused, and since when we count, in ms."""

    count: int = 0
    since: int = 0


class KnownUpTo(msgspec.Struct, array_like=True, frozen=True):
    """We know a room's rulings ourselves up to an epoch; None: we do not remember which."""

    epoch: int | None


class HeldRequest(msgspec.Struct, array_like=True, frozen=True):
    """A member's ticket request that we cannot answer yet: who signed it, the encoded request, and when it came."""

    certificate: bytes
    request: bytes
    at: int

    def __repr__(self) -> str:
        return "<HeldRequest>"


class Rejoin(msgspec.Struct, array_like=True):
    """This device wants to rejoin: another branch won, or it can no longer follow its own."""

    reason: str
    epoch: int
    commit: bytes
    """The winning commit that ended ``epoch``; empty if we only lost the thread."""
    removed: list[bytes]
    helpers: list[Helper]
    """Members of that branch, best first; we ask them even if our branch has removed them since."""
    next_at: int
    attempts: int = 0
    gone: list[bytes] = field(default_factory=list)
    """Accounts that say we are not a member of that branch."""
    proven: list[bytes] = field(default_factory=list)
    """Accounts that it removed by an order that is valid on our branch too."""
    ordered: bool = False
    """An admin whom we know ordered its removal: a mere claim cannot replace this branch."""
    refused: list[bytes] = field(default_factory=list)
    """Accounts whose tickets we refused; we warn once about each."""
    judged: bool = False
    """This device has read the commit itself: it decrypts, its sender signed it, and we cannot follow it."""
    later: Rejoin | None = None
    """The branch to look for next if nobody is on this one, which we judged."""
    led: dict[bytes, bytes] = field(default_factory=dict)
    """Accounts whose tickets to it we refused because of the name, timer or roles there; and SHA-256 of these."""
    nowhere: list[bytes] = field(default_factory=list)
    """Accounts without authority whose tickets led to where we are, so that we may have missed nothing."""


def asked_all(rejoin: Rejoin) -> bool:
    """Whether everybody was asked for a way back at least once."""
    return rejoin.attempts > len(rejoin.helpers)


def helpers_of(members: list[Device]) -> list[Helper]:
    """One helper per account."""
    return [Helper(account, handle) for account, handle in {m.account: m.handle for m in members}.items()]
