"""A commit that decrypts and is signed, but that this device cannot follow: others may be in the next epoch.

A committer can put noise into the update path for one device of their choice. All other devices accept the commit, and
MLS gives them no proof of the fault (spec/room.md §7). So this device asks for a ticket from a member who merged that
commit. If nobody merged it, the commit is invalid for everybody, and nobody answers.
"""

from __future__ import annotations

from typing import Final

from nullabona.client.core.group import branches, evidence
from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.errors import EXPIRED
from nullabona.client.core.model.proofs import Claim
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import DAY_MS, Step

UNFOLLOWED: Final = "commit"
"""The reason with which MLS refuses such a commit."""
MOST: Final = 8
"""We ask at once about this many such commits a day, from all senders; about others once a member claims one."""


def refused(step: Step, room: RoomState, track: BoxTrack, reason: str, commit: bytes, claim: Claim | None) -> None:
    """MLS refused a commit in the current box. ``commit``: its hash; ``claim``: of a member who merged it."""
    if reason == EXPIRED:
        branches.came_too_late(step, room, track)
    elif reason == UNFOLLOWED and claim is None:
        _ask_anybody(step, room, track, commit)
    elif reason == UNFOLLOWED and claim is not None:
        _ask(step, room, track, claim)


def _ask_anybody(step: Step, room: RoomState, track: BoxTrack, commit: bytes) -> None:
    room.unfollowed = [at for at in room.unfollowed if step.now - at < DAY_MS]
    if _may_ask(room.rejoin, commit) and len(room.unfollowed) < MOST and step.others(room, room.epoch):
        room.unfollowed.append(step.now)
        soon = step.within(step.timing.receipt)
        branches.begin(step, room, Rejoin(branches.BEHIND, track.epoch, commit, [], [], soon, judged=True))


def _may_ask(rejoin: Rejoin | None, commit: bytes) -> bool:
    """Whether we ask nobody yet, or only about another branch that no admin's order proves."""
    if rejoin is None:
        return True
    asked = {rejoin.commit, rejoin.later.commit if rejoin.later is not None else b""}
    return bool(rejoin.commit) and not rejoin.ordered and commit not in asked


def _ask(step: Step, room: RoomState, track: BoxTrack, claim: Claim) -> None:
    helper = branches.signer_of(step, room, claim)
    if not evidence.doubts(step, room, helper.account):
        rejoin = Rejoin(branches.FORK, track.epoch, claim.commit, list(claim.removed), [helper], step.now, judged=True)
        branches.begin(step, room, rejoin)
