"""What a directory tells of its epochs without naming anybody: lists of changes, leaves of the map (spec/map.md §6).

Lists and leaves are read from the entries of the store, which keeps all of an epoch for as long as the epoch. The log
says what an epoch committed to, so both can only be told as they were signed.
"""

from __future__ import annotations

from itertools import islice
from typing import Final

from nullabona.directory.core.closing import leaf_of
from nullabona.directory.store.interface import CardStore, ClosedEpoch
from nullabona.log.prefix import EMPTY, Leaf
from nullabona.log.tiles import HashReader
from nullabona.log.tree import frontier_at
from nullabona.sequencer import Log
from nullabona.wire.changes import MAX_LIST, ChangeList
from nullabona.wire.epoch import decode_epoch
from nullabona.wire.map_messages import MAX_LEAVES, EpochsListed, EpochStep, LeavesShown, ShowLeaves
from nullabona.wire.message import MAX_WATCHED

MOST_BYTES: Final = MAX_LIST
"""Bytes of lists in one answer, beside the first list."""
_REMEMBERED: Final = 2 * MAX_WATCHED
_REMEMBERED_BYTES: Final = 16 * MAX_LIST


class EpochLists:
    """The lists of one record. Its methods only read; they may be called where the store is read."""

    def __init__(self, store: CardStore, log: Log) -> None:
        self._store = store
        self._log = log
        self._hashes: dict[int, bytes] = {}
        self._told: dict[int, EpochStep] = {}

    def listed(self, number: int) -> bytes:
        """The hash of an epoch's list, as its log entry has it; empty if that has none. Raises what the log raises."""
        if (known := self._hashes.get(number)) is None:
            known = self._hashes[number] = decode_epoch(self._log.entry(number)).listed
            if len(self._hashes) > 64 * _REMEMBERED:
                del self._hashes[min(self._hashes)]
        return known

    def tell(self, after: int, upto: int, checkpoint: bytes) -> EpochsListed:
        """Every epoch after ``after``, as many as fit one answer. Raises `StoreFailed`, or what the log raises."""
        epochs = self._store.epochs(after, upto, MAX_WATCHED)
        steps: list[EpochStep] = []
        size = 0
        for epoch in epochs:
            step = self._step(epoch)
            size += len(step.changes or b"")
            if steps and size > MOST_BYTES:
                break
            steps.append(step)
        return EpochsListed(checkpoint, epochs[0].number if epochs else upto + 1, tuple(steps))

    def leaves(self, asked: ShowLeaves) -> LeavesShown | None:
        """Leaves for a mirror; None if the epoch is not kept, or not in the log yet. Raises as `tell`."""
        epoch = self._store.epoch(asked.epoch)
        if epoch is None or not epoch.root or epoch.number >= self._log.status().integrated:
            return None
        if asked.whole:
            leaves = self._store.leaves_after(asked.after, epoch.number, MAX_LEAVES)
            shown: list[tuple[bytes, Leaf | None]] = [(leaf.label, leaf) for leaf in leaves]
        else:
            changes = sorted(self._store.changes(epoch.number).items())
            later = ((label, leaf_of(label, entry)) for label, entry in changes if label > asked.after)
            shown = list(islice(later, MAX_LEAVES))
        data = b"".join(label + _commitment(leaf) for label, leaf in shown)
        edge = self._edge(epoch.number)
        return LeavesShown(epoch.root, epoch.closed_s, self.listed(epoch.number), edge, data)

    def _edge(self, size: int) -> tuple[bytes, ...]:
        """The right edge of the log's first ``size`` entries, from its files."""
        reader = HashReader(self._log.status().integrated, lambda tile: (self._log.public / tile.path).read_bytes())
        return frontier_at(reader, size).peaks

    def _step(self, epoch: ClosedEpoch) -> EpochStep:
        """As it was told before, if it was: every client asks for the newest epochs, and they do not change."""
        if (known := self._told.get(epoch.number)) is None:
            known = self._told[epoch.number] = self._made(epoch)
            while len(self._told) > _REMEMBERED or self._remembered_bytes() > _REMEMBERED_BYTES:
                del self._told[min(self._told)]
        return known

    def _made(self, epoch: ClosedEpoch) -> EpochStep:
        listed = self.listed(epoch.number)
        if not listed:
            return EpochStep(epoch.root, epoch.closed_s, b"", None)
        heads = ChangeList.of(self._store.changes(epoch.number)).heads
        return EpochStep(epoch.root, epoch.closed_s, listed, heads if len(heads) <= MAX_LIST else None)

    def _remembered_bytes(self) -> int:
        return sum(len(step.changes or b"") for step in self._told.values())


def _commitment(leaf: Leaf | None) -> bytes:
    return EMPTY if leaf is None else leaf.commitment
