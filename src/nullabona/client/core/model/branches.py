"""Branches of a room as values: who reports one, who can lead there, and how often we asked (spec/room.md §7)."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import field

RETURNING: Final = "returning"


class CompetingBranch(msgspec.Struct, array_like=True, frozen=True):
    """A branch that another member is on: the commit that began it, whom it removed, and who said so."""

    commit: bytes
    removed: tuple[bytes, ...]
    account: bytes
    handle: str


class Helper(msgspec.Struct, array_like=True, frozen=True):
    """An account that can take us to a branch."""

    account: bytes
    handle: str


class Tries(msgspec.Struct, array_like=True, frozen=True):
    """How often others were asked because of what somebody said, and since when that is counted, in ms."""

    count: int = 0
    since: int = 0


class Rejoin(msgspec.Struct, array_like=True):
    """This device wants to rejoin: another branch won, or it cannot follow any more."""

    reason: str
    epoch: int
    commit: bytes
    """The winning commit that ended ``epoch``; empty if we only lost the thread."""
    removed: list[bytes]
    helpers: list[Helper]
    """Who is on that branch, best first; asked even if ours has removed them since."""
    next_at: int
    attempts: int = 0
    gone: list[bytes] = field(default_factory=list)
    """Accounts that say we are not a member of that branch."""
    proven: list[bytes] = field(default_factory=list)
    """Accounts that it removed by an order which holds for us, too."""
    ordered: bool = False
    """An admin whom we know has ordered what it removed: nothing that is only said takes its place."""
    refused: list[bytes] = field(default_factory=list)
    """Accounts whose tickets led elsewhere than they may: each is warned of once."""
    judged: bool = False
    """This device has met the commit itself: it opened, its sender signed it, and it cannot be followed."""
    later: Rejoin | None = None
    """What is looked for if this, which was judged, is found nowhere."""


def asked_all(rejoin: Rejoin) -> bool:
    """Whether everybody was asked for a way back, and nobody has given one."""
    return rejoin.attempts > len(rejoin.helpers)
