"""A removal wins against any rate of commits (spec/room.md §3): whose removal lost often enough passes others over.

Whoever commits without pause is always first in the next box, and could not be removed. A commit that removes somebody
is worth more than one that does not, on whatever branch it lies (§5). So an admin whose removal lost twice commits it
in an epoch in which others' commits lie before it, goes on by it alone, and announces it: the others come after.
"""

from __future__ import annotations

from typing import Final

from nullabona.client.core.group import commits, welcomes
from nullabona.client.core.model.commit_policy import check_commit
from nullabona.client.core.model.errors import MlsRefused, PolicyRefused
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import Step

PATIENCE_MS: Final = 60_000
"""So long the box may not take our commit before we go on by another's: we insist in the next one."""


def removes(step: Step, room: RoomState, commit: bytes) -> bool:
    """Whether a commit is valid and removes somebody: that one is as good as ours."""
    try:
        processed = step.group(room).process(commit)
        if processed.kind != "commit":
            return False
        return bool(check_commit(processed, room.id, room.info, step.roster(room.id)).removed)
    except (MlsRefused, PolicyRefused):
        return False


def insist(step: Step, room: RoomState, track: BoxTrack) -> bool:
    """Put our removal into the box behind what lies there; False if that cannot be, or takes too long."""
    if track.insist_until:
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
