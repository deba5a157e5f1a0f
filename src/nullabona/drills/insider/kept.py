"""What a member's device keeps of an epoch for ever: its MLS state and the keys of its box, apart from its own program.

Whatever is made from a `Kept` shows nowhere unless it is put to a relay; the member's own client knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Self

from nullabona.client import mls as door
from nullabona.client.core.model.inbox_items import Ticket
from nullabona.client.core.model.proofs import make_claim, make_order
from nullabona.client.core.model.room_info import RoomInfo, encode_info
from nullabona.client.core.step import Step
from nullabona.client.mls import Mls
from nullabona.client.store import SqliteStore
from nullabona.drills.insider.forging import SenderForger
from nullabona.drills.reporting.report import DrillFailed
from nullabona.wire.address import EpochKeys, epoch_keys
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame

History = tuple[tuple[int, bytes, tuple[bytes, ...]], ...]
_TOLD: Final = 16


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose device it is."""

    seed: bytes = field(repr=False)
    identity: bytes
    suite: int


@dataclass(slots=True)
class Kept:
    """An epoch, and what was made from it since: `commit` goes on to the next epoch, where nobody else need be."""

    room: bytes
    info: RoomInfo
    leaves: dict[int, bytes]
    """Leaf → account."""
    own_leaf: int
    history: History
    tokens: int
    _mls: Mls = field(repr=False)
    _rows: Sequence[tuple[bytes, bytes, bytes]] = field(repr=False)

    @classmethod
    def of(cls, step: Step, room_id: bytes, me: Owner) -> Self:
        """The epoch in which the device is now."""
        room = step.room(room_id)
        scope = door.native.group_scope(room_id)  # type: ignore[attr-defined]
        rows, generation = step.store.mls_rows([scope]), step.store.mls_generation(room_id)
        if generation is None:
            raise DrillFailed("the member is not in the room")
        store = SqliteStore.testing_in_memory()
        with store.transaction():
            store.mls_write(rows, [])
            store.mls_advance(room_id, None, generation)
        mls = Mls(store, me.seed, me.identity, suite=me.suite)
        with store.transaction():
            own = mls.group(room_id).own_leaf
        history = tuple((merged.epoch, merged.commit, tuple(merged.removed)) for merged in room.history)
        leaves = {device.leaf: device.account for device in step.roster(room_id).values()}
        return cls(room_id, room.info, leaves, own, history, room.current.leaves, mls, rows)

    @property
    def epoch(self) -> int:
        return self._mls.group(self.room).epoch

    @property
    def keys(self) -> EpochKeys:
        return epoch_keys(self._mls.group(self.room).room_secret())

    def frame(self, nonce: bytes, kind: Kind, body: bytes) -> bytes:
        """Sealed so that everybody who was in the epoch can open it."""
        keys = self.keys
        return seal_frame(keys.frame_key, keys.box.address, nonce[:NONCE_SIZE], kind, body)

    def forger(self) -> SenderForger:
        """What names any leaf of this epoch as a sender."""
        found = SenderForger.found(self._rows, self._mls.group(self.room).encrypt(b"x"))
        if found is None:
            raise DrillFailed("the member does not find its own secrets")
        return found

    def claim(self, commit: bytes, removed: bytes, signer: bytes) -> bytes:
        """This device's well signed word that ``commit`` ended the epoch and removed an account, by its own order."""
        order = make_order(self._mls, signer, self.room, removed, self._encryption_keys(removed))
        return make_claim(self._mls, signer, self.keys.box.address, commit, (removed,), (order,))

    def _encryption_keys(self, account: bytes) -> list[bytes]:
        members = self._mls.group(self.room).members()
        return [leaf.encryption_key for leaf in members if self.leaves.get(leaf.leaf) == account]

    def commit(self, *, info: RoomInfo | None = None, remove: Sequence[int] = ()) -> bytes:
        """A commit of new keys, or of anything; this copy is in the next epoch after it."""
        group = self._mls.group(self.room)
        epoch = group.epoch
        staged = group.commit(update=True, info=encode_info(info) if info else None, remove=remove)
        group.merge_pending()
        self.info = info or self.info
        self.history = (*self.history, (epoch, sha256(staged.commit).digest(), ()))
        return staged.commit

    def invite(self, package: bytes, leaves: Sequence[int], info: RoomInfo) -> tuple[bytes, bytes]:
        """Welcome and tree of an epoch with `info` into which the owner of a key package is invited again."""
        group = self._mls.group(self.room)
        staged = group.commit(add=[package], remove=leaves, info=encode_info(info))
        group.merge_pending()
        if staged.welcome is None or staged.tree is None:
            raise DrillFailed("nobody was invited")
        return staged.welcome, staged.tree

    def ticket(self, history: History) -> Ticket:
        """The way to where this copy is, with any history."""
        group = self._mls.group(self.room)
        secret = group.room_secret()
        return Ticket(
            self.room, group.epoch, secret, group.group_info(), group.ratchet_tree(), b"", 0, history[-_TOLD:]
        )
