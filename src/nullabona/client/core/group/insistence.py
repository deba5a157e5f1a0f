"""A removal wins against any rate of commits (spec/room.md §3): after enough losses, its committer skips the others.

A member who commits without pause is always first in the next box, so nobody could remove them. A commit that removes
somebody outranks one that does not, whatever its branch (§5). So an admin whose removal lost twice appends it behind
the others' commits, merges it although it is not first, and announces that branch: the others follow.
"""

from __future__ import annotations

from typing import Final

from nullabona.client.core.group import commits, welcomes
from nullabona.client.core.model.commit_policy import check_commit
from nullabona.client.core.model.errors import MlsRefused, PolicyRefused
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import Step

PATIENCE_MS: Final = 60_000
"""How long we wait for our commit to get into the box. Then we accept another's, and count our losses from zero."""


def removes(step: Step, room: RoomState, commit: bytes) -> bool:
    """Whether a commit is valid and removes somebody: we then accept it in place of ours."""
    try:
        processed = step.group(room).process(commit)
        if processed.kind != "commit":
            return False
        return bool(check_commit(processed, room.id, room.info, step.roster(room.id)).removed)
    except (MlsRefused, PolicyRefused):
        return False


def insist(step: Step, room: RoomState, track: BoxTrack) -> bool:
    """Append our removal to the box after the others' commits; False if we cannot, or it takes too long."""
    if track.insist_until is not None:
        return step.now < track.insist_until
    if room.pending is not None and not room.pending.removed:
        welcomes.keep_welcome(step, room)
        room.intents = [*room.pending.intents, *room.intents]
        step.store.drop_outbox_ref(track.keys.box.address, room.pending.frame)
        step.group(room).clear_pending()
        room.pending = None
    if room.pending is None and not commits.stage_removal(step, room, track):
        return False
    track.insist_until = step.now + PATIENCE_MS
    return True
