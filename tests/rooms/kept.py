"""What a hostile device keeps for ever of every epoch that it ever was in, and what only its keys can forge.

No honest device is touched here. A `KeptEpoch` is a copy: what is done with it shows nowhere unless it is put to a
relay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

import nullabona_mls as native

from nullabona.client.core.model.room_info import ROOM_INFO_EXTENSION, RoomInfo, decode_info
from nullabona.drills.insider.forging import SenderForger
from nullabona.wire.address import EpochKeys, epoch_keys
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from tests.rooms.model_relay import Dice
from tests.rooms.world import Person

Row: TypeAlias = tuple[bytes, bytes, bytes]


@dataclass
class KeptEpoch:
    """One epoch of a room as a device saw it: its MLS rows, or the rows of a branch of the device's own making."""

    room: bytes
    secret: bytes
    rows: Sequence[Row]
    generation: int
    signer: native.Signer
    own: bool = False
    """Whether this is a branch that nobody else is on."""
    history: tuple[tuple[int, bytes, tuple[bytes, ...]], ...] = ()
    """What a ticket into it says."""
    commits: list[bytes] = field(default_factory=list)
    """Commits that were made from it."""

    @cached_property
    def keys(self) -> EpochKeys:
        return epoch_keys(self.secret)

    def group(self) -> native.Group:
        """A handle of its own, as often as one is wanted."""
        return native.Group.load(self.room, self.rows, self.generation)

    @cached_property
    def epoch(self) -> int:
        return self.group().epoch

    @cached_property
    def members(self) -> list[native.Member]:
        return self.group().members()

    @cached_property
    def info(self) -> RoomInfo:
        return decode_info(dict(self.group().group_ext())[ROOM_INFO_EXTENSION])

    def frame(self, dice: Dice, kind: Kind, body: bytes, *, indirect: bool = False) -> bytes:
        """A frame that everybody who has this epoch's keys can open."""
        keys = self.keys
        return seal_frame(keys.frame_key, keys.box.address, dice.bytes(NONCE_SIZE), kind, body, indirect=indirect)

    @cached_property
    def _forger(self) -> SenderForger:
        forger = SenderForger.found(self.rows, self.group().encrypt(self.signer, b"x"))
        assert forger is not None, "the secret is not where it was"
        return forger

    def in_the_name_of(self, leaf: int, generation: int, body: bytes) -> bytes:
        """An MLS message that says it is the ``generation``-th of a leaf; its content is noise."""
        return self._forger.in_the_name_of(leaf, generation, body)


def kept_now(person: Person, room: bytes) -> KeptEpoch | None:
    """What the device can keep of the epoch in which it is; None: it is in none."""
    state = person.look(room)
    if state is None or not state.boxes or state.phase != "joined":
        return None
    secret = state.current.secret
    history = tuple((merged.epoch, merged.commit, tuple(merged.removed)) for merged in state.history)
    with person.store.transaction():
        rows = person.store.mls_rows([native.group_scope(room)])
        generation = person.store.mls_generation(room)
    if generation is None:
        return None
    return KeptEpoch(room, secret, rows, generation, person.mls.signer, history=history)


def branch(
    kept: KeptEpoch, made: native.Group, commit: bytes, commit_hash: bytes, removed: Sequence[bytes]
) -> KeptEpoch:
    """The epoch after a commit of ours that we merged by ourselves: ``made`` is already in it."""
    delta = made.take_delta()
    gone = {(scope, key) for scope, key in delta.dels} | {(scope, key) for scope, key, _ in delta.puts}
    rows = [row for row in kept.rows if (row[0], row[1]) not in gone] + list(delta.puts)
    kept.commits.append(commit)
    return replace(
        kept,
        secret=made.export_secret("nullabona room", b"", 32),
        rows=rows,
        generation=delta.new_gen,
        own=True,
        history=(*kept.history, (kept.epoch, commit_hash, tuple(removed))),
        commits=[],
    )
