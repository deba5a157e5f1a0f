"""The commits by which a branch came about, as an invitation carries them (spec/room.md §7)."""

from __future__ import annotations

from typing import Final

from nullabona.client.core.model.inbox_items import History, decode_pack
from nullabona.client.core.model.mls_port import Invitation as Opened
from nullabona.client.core.model.state import Merged, RoomState
from nullabona.errors import PeerError

TOLD_HISTORY: Final = 64


def history_of(pack: bytes) -> History:
    """The commits, by epoch, by which whoever invites came to where they are; none if the pack does not tell."""
    try:
        return decode_pack(pack).history
    except PeerError:
        return ()


def told(room: RoomState) -> History:
    """What whoever is invited now is told of."""
    return tuple((each.epoch, each.commit, tuple(each.removed)) for each in room.history[-TOLD_HISTORY:])


def came_by(history: History) -> list[Merged]:
    """Of the branch that we come to, so that it can be compared with others before our time."""
    return [Merged(epoch, commit, list(removed), [], []) for epoch, commit, removed in history]


def is_ours(room: RoomState, opened: Opened, history: History) -> bool:
    """Whether an invitation leads to where our own branch is or was: we went through the commit that it came of."""
    last = {commit for epoch, commit, _ in history if epoch + 1 == opened.epoch}
    return any(each.commit in last for each in room.history)
