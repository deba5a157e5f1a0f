"""The commits of a branch, as an invitation carries them (spec/room.md §7)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from nullabona.client.core.model.inbox_items import History, decode_pack
from nullabona.client.core.model.mls_port import Invitation as Opened
from nullabona.client.core.model.state import Merged, RoomState
from nullabona.errors import PeerError

TOLD_HISTORY: Final = 64


def history_of(pack: bytes) -> History:
    """The commits of the inviter's branch, by epoch; empty if the pack does not decode."""
    try:
        return decode_pack(pack).history
    except PeerError:
        return ()


def told(room: RoomState) -> History:
    """The commits of our branch that an invitation sent now carries."""
    return tuple((each.epoch, each.commit, tuple(each.removed)) for each in room.history[-TOLD_HISTORY:])


def came_by(history: History, epoch: int) -> list[Merged]:
    """The history of a branch that we join at ``epoch`` as our own, to compare it with branches from before we joined.

    An inviter whose branch has gone on since its Welcome tells us later commits, too. We judge those ourselves.
    """
    if not in_order(history):
        return []
    return [Merged(before, commit, list(removed), [], []) for before, commit, removed in history if before < epoch]


def is_ours(room: RoomState, opened: Opened, history: History) -> bool:
    """Whether an invitation leads to our own branch: we merged the last commit before the invitation's epoch."""
    last = {commit for epoch, commit, _ in history if epoch + 1 == opened.epoch}
    return any(each.commit in last for each in room.history)


def in_order(history: History) -> bool:
    """Whether a history names each epoch once, oldest first. One that does not is a lie, or not of one branch."""
    epochs = [epoch for epoch, _, _ in history]
    return all(earlier < later for earlier, later in pairwise(epochs))


def apart(
    room: RoomState, history: Iterable[tuple[int, bytes, tuple[bytes, ...]]]
) -> tuple[Merged, bytes, list[bytes]] | None:
    """Where a branch with this history parted from ours: our commit, theirs, and the accounts that theirs removed."""
    theirs = {epoch: (commit, list(removed)) for epoch, commit, removed in history}
    ours = [merged for merged in room.history if merged.epoch in theirs and merged.commit != theirs[merged.epoch][0]]
    if not ours:
        return None
    first = min(ours, key=lambda merged: merged.epoch)
    return first, *theirs[first.epoch]
