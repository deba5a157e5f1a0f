"""Three devices that really are in one MLS group; what one of them does with what lies in the box."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from nullabona.client.core.delivery import box_log
from nullabona.client.core.group import commit_choice, members
from nullabona.client.core.model.facts.signals import ProfileCopied
from nullabona.client.core.model.mls_port import Group
from nullabona.client.core.model.proofs import make_claim
from nullabona.client.core.model.room_info import GROUP, RoomInfo, encode_info
from nullabona.client.core.model.state import JOINED, BoxTrack, CommitCandidate, RoomState
from nullabona.client.core.step import Step
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from tests.core.stage import RELAY, START, Stage, signals


class Together:
    """Mina, whose device is tried, with Jun and Bo at epoch 1. Admins are those named; the founder is Mina."""

    def __init__(self, *admins: str) -> None:
        self.stages = {name: Stage(name) for name in ("mina", "jun", "boo")}
        self.mina, self.jun, self.boo = self.stages.values()
        named = tuple(self.stages[name].me.account for name in admins or ("mina", "jun"))
        self.info = RoomInfo(1, GROUP, "family", RELAY, named)
        self.id = self.mina.rng.bytes(32)
        with self.mina.step() as step:
            group = step.mls.create(self.id, encode_info(self.info))
            staged = group.commit(add=[each.person.card.devices[0].key_package for each in (self.jun, self.boo)])
            group.merge_pending()
            self._enter(step)
        assert staged.welcome is not None
        assert staged.tree is not None
        for other in (self.jun, self.boo):
            with other.step() as step:
                step.mls.open_welcome(staged.welcome, staged.tree).accept()
                self._enter(step)
        self.seq = 0

    def _enter(self, step: Step) -> None:
        room = RoomState(self.id, self.info, JOINED, [], rulings=[])
        step.add_room(room)
        box_log.open_box(room, step.mls.group(self.id)).incarnation = b"the box."
        members.sync(step, room)

    def leaf(self, of: Stage) -> int:
        """Where a device is in the tree."""
        with self.mina.step() as step:
            return next(at for at, each in step.roster(self.id).items() if each.device == of.me.device)

    def commit(self, by: Stage, **change: Any) -> bytes:  # noqa: ANN401 (whatever a group can change)
        """A commit that a device makes and does not merge: it renews its keys unless another change is named."""
        with by.step() as step:
            group: Group = step.mls.group(self.id)
            staged = group.commit(**(change or {"update": True}))
            group.clear_pending()
        return staged.commit

    def lies(self, commit: bytes, *, indirect: bool = False) -> bytes:
        """A commit lies in the box, as Mina has read it; its frame's hash."""
        with self.mina.inside(self.id) as (step, _, track):
            keys, nonce = track.keys, self.mina.rng.bytes(NONCE_SIZE)
            data = seal_frame(keys.frame_key, keys.box.address, nonce, Kind.COMMIT, commit, indirect=indirect)
            self.seq += 1
            frame = self.mina.frame(step, track, self.seq, data=data, kind=int(Kind.COMMIT), mine=False)
            self._candidate(track, frame.hash, settled=False)
        return frame.hash

    def settled(
        self, by: Stage, commit: bytes, removed: Sequence[bytes] = (), *, body: bytes = b"", indirect: bool = False
    ) -> bytes:
        """Somebody's claim that they merged a commit lies in the box; the hash of its frame."""
        with self.mina.inside(self.id) as (step, _, track):
            box = track.keys.box.address
            claim = body or make_claim(by.mls, by.me.signature_key, box, commit, tuple(removed))
            self.seq += 1
            digest = sha256(claim + bytes((self.seq,))).digest()
            step.store.set_value(box_log.settled_key(box, digest), bytes((indirect,)) + claim)
            self._candidate(track, digest, settled=True)
        return digest

    def _candidate(self, track: BoxTrack, frame: bytes, *, settled: bool) -> None:
        track.candidates.append(CommitCandidate(self.seq, frame, settled))
        track.position = track.head = track.decide_at = self.seq

    def decide(self, now: int = START) -> bytes:
        """Mina's device decides if it can. The hash of the commit that ended the epoch, or empty."""
        with self.mina.inside(self.id, now) as (step, room, track):
            commit_choice.decide(step, room, track)
            self.copies = {fact.room for fact in signals(step, ProfileCopied)}
            return track.winner.commit if track.winner is not None else b""

    def open(self) -> list[int]:
        """The places of the commits between which Mina's device still has to choose."""
        with self.mina.inside(self.id) as (_, room, _track):
            return [candidate.seq for candidate in room.boxes[0].candidates]


def hashed(commit: bytes) -> bytes:
    """By which a commit is called."""
    return sha256(commit).digest()
