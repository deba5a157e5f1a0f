"""Which commit ends an epoch: the first valid one in box order, settled ones before others (spec/room.md §§3, 5)."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from nullabona.client.core.delivery import blobs, box_log
from nullabona.client.core.delivery.blobs import Missing, body_of
from nullabona.client.core.group import branches, commits, insistence, intents, unfollowed
from nullabona.client.core.model.commit_policy import check_commit
from nullabona.client.core.model.errors import MlsRefused, PolicyRefused
from nullabona.client.core.model.facts.signals import ProfileCopied
from nullabona.client.core.model.proofs import Claim, tag_of
from nullabona.client.core.model.state import BoxTrack, CommitCandidate, RoomState
from nullabona.client.core.step import Step
from nullabona.wire.frame import Kind, OpenedFrame

MOST_TOGETHER: Final = 256
"""For the blobs of so many commits of a box we wait at the same time."""


def decide(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Once the box was read far enough: the first valid commit wins, settled ones before others."""
    waiting = not track.candidates or track.closed or step.before(track.settle_until)
    if waiting or not track.read_so_far:
        return
    insists = intents.insists(step, room)
    if _decided_by_claim(step, room, track, insists=insists) or _decided(step, room, track, insists=insists):
        return
    if insists:
        if insistence.insist(step, room, track):
            return
        room.beaten = 0
        decide(step, room, track)
        return
    track.candidates = []
    track.decide_at = None


def _decided_by_claim(step: Step, room: RoomState, track: BoxTrack, *, insists: bool) -> bool:
    """Whether a settled commit has ended the epoch, or we wait for one."""
    settled: list[tuple[tuple[int, bytes], CommitCandidate, Claim]] = []
    for candidate in [c for c in track.candidates if c.settled]:
        claim, wait = _candidate_claim(step, room, track, candidate)
        if wait and not insists:
            return True
        if claim is None and not wait:
            track.candidates.remove(candidate)
        elif claim is not None and not (insists and claim.rank):
            settled.append((claim.key, candidate, claim))
    for _, candidate, claim in sorted(settled, key=lambda item: item[0]):
        if _try(step, room, track, candidate, claim.data, claim):
            return True
        track.candidates.remove(candidate)
    return False


def _decided(step: Step, room: RoomState, track: BoxTrack, *, insists: bool) -> bool:
    """Whether an unsettled commit has ended the epoch, or we wait for one."""
    for candidate in sorted((c for c in track.candidates if not c.settled), key=lambda c: c.seq):
        commit, wait = _content(step, room, track, candidate)
        if wait and not insists:
            return True
        if (commit is None and wait) or (commit is not None and insists and not _removes(step, room, commit)):
            continue
        if commit is not None and _try(step, room, track, candidate, commit, None):
            if insists:  # members who merged a commit before it must learn of this branch
                box_log.announce(step, room, track)
            return True
        # What is invalid in this epoch stays so: no commit is tried at each step while another one's blobs are missing.
        track.candidates.remove(candidate)
    return False


def _removes(step: Step, room: RoomState, commit: bytes) -> bool:
    """Whether a commit removes somebody, ours or another's."""
    pending = room.pending
    if pending is not None and sha256(commit).digest() == pending.commit:
        return bool(pending.removed)
    return insistence.removes(step, room, commit)


def _candidate_claim(
    step: Step, room: RoomState, track: BoxTrack, candidate: CommitCandidate
) -> tuple[Claim | None, bool]:
    body, wait = _content(step, room, track, candidate)
    return (branches.claim_in(step, room, track, body) if body is not None else None), wait


def _content(step: Step, room: RoomState, track: BoxTrack, candidate: CommitCandidate) -> tuple[bytes | None, bool]:
    """What a candidate's frame contains, or leads to; and whether to wait for its blobs."""
    opened = _opened(step, track, candidate)
    body = body_of(step, room, track, opened) if opened is not None else None
    if opened is None or not isinstance(body, Missing):
        return (body if isinstance(body, bytes) else None), False
    if candidate.give_up_at is None:
        _wait_together(step, room, track)
    if candidate.give_up_at is not None and candidate.give_up_at <= step.now:
        blobs.give_up(step, opened)
        return None, False
    return None, True


def _opened(step: Step, track: BoxTrack, candidate: CommitCandidate) -> OpenedFrame | None:
    box = track.keys.box.address
    if candidate.settled:
        stored = step.store.get_value(box_log.settled_key(box, candidate.frame))
        return OpenedFrame(Kind.SETTLED, bool(stored[0]), stored[1:]) if stored is not None else None
    frame = step.store.frame(box, candidate.frame)
    return box_log.open_quietly(track, frame.data) if frame is not None and frame.data else None


def _wait_together(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Request the blobs of all candidates at the same time, and wait for them only for a while. Nobody can block a room
    with missing ones, not even with many.
    """
    waiting = 0
    for candidate in sorted(track.candidates, key=lambda c: (not c.settled, c.seq)):
        opened = _opened(step, track, candidate) if candidate.give_up_at is None else None
        if opened is not None and opened.indirect and isinstance(body_of(step, room, track, opened), Missing):
            candidate.give_up_at = step.now + step.timing.blob
            waiting += 1
        if waiting == MOST_TOGETHER:
            return


def _try(
    step: Step, room: RoomState, track: BoxTrack, candidate: CommitCandidate, commit: bytes, claim: Claim | None
) -> bool:
    """Apply a commit if it is valid; False leaves everything as it was."""
    pending = room.pending
    if pending is not None and sha256(commit).digest() == pending.commit:
        commits.merge_own(step, room, pending, track, candidate.seq, commit)
        return True
    try:
        processed = step.group(room).process(commit)
        if processed.kind != "commit":
            if processed.kind == "own_other" and not candidate.settled and _is_new(track, processed.aad):
                step.tell(ProfileCopied(room.id))
            return False
        verdict = check_commit(processed, room.id, room.info, step.roster(room.id))
    except (MlsRefused, PolicyRefused) as refusal:
        if isinstance(refusal, MlsRefused):
            unfollowed.refused(step, room, track, refusal.reason, sha256(commit).digest(), claim)
        return False
    if claim is not None and claim.removed != verdict.removed:
        return False
    commits.accept_other(step, room, track, candidate.seq, commit, processed, verdict)
    return True


def _is_new(track: BoxTrack, note: bytes) -> bool:
    """Whether this profile does not know a commit that our own key signed."""
    return tag_of(note) not in {b"", *track.tags}
