"""Epochs as everybody is told of them: with their lists of changes, and without naming a handle (spec/map.md §6).

Each epoch's log entry is computed from its root, its time and the hash of its list. All of them together must lead from
the log as it was last listed to the witnessed checkpoint, so the lists are those that everybody else has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from nullabona.client.core.directory.changes import Lists, heads_of
from nullabona.client.core.directory.errors import LogForked
from nullabona.client.core.directory.owner import Watch, check_listed, check_seen
from nullabona.client.core.directory.pinned import Pinned, Sighting, check_fresh, check_position, see
from nullabona.errors import Malformed
from nullabona.log.tree import Frontier, leaf_hash
from nullabona.wire.changes import ChangeList
from nullabona.wire.epoch import encode_epoch
from nullabona.wire.map_messages import EpochsListed

UNHEEDED_S: Final = 86_400
"""For so long after a look that found a change that changes nothing, a head in a list makes no look due."""


class Position(msgspec.Struct, array_like=True, frozen=True):
    """How far the record's lists were read, and when the own handle is to be looked at whole.

    ``listed``: the last of the epochs had a list, so every later one must. ``look_s``: the time of the next whole look;
    0: it is due. ``label``: the own handle's place, from the last whole look; empty: not known yet. ``looked``: the
    newest epoch of that look; lists up to it are read for the proofs of others alone. ``due_s``: when the next look
    first fell due, if it was put off since; 0: it was not. ``named``: the newest epoch since that look whose list has
    the label's head; 0: none. ``unheeded_s``: until then a head in a list makes no look due.
    """

    size: int
    peaks: tuple[bytes, ...]
    closed_s: int | None = None
    listed: bool = False
    look_s: int = 0
    label: bytes = b""
    looked: int = 0
    due_s: int = 0
    named: int = 0
    unheeded_s: int = 0

    def heeds(self, now_s: int) -> bool:
        """Whether a head in a list makes a look due. Who set a later end than in a day had a clock that was ahead."""
        return not now_s < self.unheeded_s <= now_s + UNHEEDED_S

    @property
    def frontier(self) -> Frontier:
        """Of the log up to the epoch that was listed last."""
        return Frontier(self.size, self.peaks)

    @property
    def epoch(self) -> int:
        """The newest epoch that was listed."""
        return self.size - 1


@dataclass(frozen=True, slots=True)
class Listing:
    """Epochs in a row, proven up to the frontier of ``position``; ``sighting`` is the checkpoint they came with.

    ``quiet``: no list that belongs to these epochs is missing, and none has the head of the position's label.
    ``newest_s``: when the newest of them closed; None: there is no new one. ``leaves``: the hashes of their entries.
    ``lists``: their lists.
    """

    position: Position
    quiet: bool
    newest_s: int | None
    leaves: bytes
    lists: Lists
    sighting: Sighting
    checkpoint: bytes

    def only_names(self, looked: int) -> bool:
        """Whether the lists of all epochs after ``looked`` are here, and the label is known: what is not quiet is its
        head in one of them.
        """
        return bool(self.position.label) and None not in self.lists.heads[max(0, looked + 1 - self.lists.first) :]

    @property
    def complete(self) -> bool:
        """Whether the epochs reach the checkpoint; if not, the next ones are to be asked for."""
        return self.position.size == self.sighting.size


def begin_at(watch: Watch, *, look_s: int = 0, label: bytes = b"") -> Position:
    """Lists are read from where the own handle was last looked at whole."""
    return Position(watch.size, watch.peaks, watch.closed_s, watch.listed, look_s, label, watch.epoch)


def read_list(pinned: Pinned, position: Position, answer: EpochsListed, now_s: int) -> Listing:
    """What the answer shows of every epoch after the listed ones.

    Raises what `core.directory.checking.check_answer` raises, `LogStale` also if there should be a newer epoch and is
    none, `LogForked` if the epochs do not lead to the checkpoint, and `Malformed` if an epoch after one with a list has
    none. Of an answer that is not complete nothing may be concluded before the rest has come.
    """
    sighting = see(pinned, answer.checkpoint)
    check_position(pinned, sighting)
    if answer.first != position.epoch + 1 or position.size + len(answer.steps) > sighting.size:
        raise Malformed("the server returned other epochs than those it was asked for")
    frontier, listed, quiet, leaves = position.frontier, position.listed, True, b""
    named = position.named
    lists: list[bytes | None] = []
    check_seen(pinned, frontier)
    for number, step in enumerate(answer.steps, answer.first):
        listed = check_listed(step.listed, before=listed)
        leaf = leaf_hash(encode_epoch(number, step.root, step.closed_s, step.listed))
        frontier, leaves = frontier.extend(leaf), leaves + leaf
        check_seen(pinned, frontier)
        lists.append(heads := heads_of(step))
        quiet = quiet and (number <= position.looked or _is_quiet(heads, position.label))
        named = number if number > position.looked and _is_named(heads, position.label) else named
    newest_s = answer.steps[-1].closed_s if answer.steps else None
    closed_s = newest_s or position.closed_s or now_s
    moved = msgspec.structs.replace(
        position, size=frontier.size, peaks=frontier.peaks, closed_s=closed_s, listed=listed, named=named
    )
    told = Lists(answer.first, tuple(lists), closed_s)
    found = Listing(moved, quiet, newest_s, leaves, told, sighting, answer.checkpoint)
    if found.complete:
        if frontier.root != sighting.root:
            raise LogForked("the epochs that the server tells of are not in its record")
        check_fresh(pinned, sighting, closed_s, now_s)
    return found


def _is_quiet(heads: bytes | None, label: bytes) -> bool:
    """Whether the epoch's true list is here, and has nothing of the label."""
    return heads is not None and bool(label) and not ChangeList(heads).may_have(label)


def _is_named(heads: bytes | None, label: bytes) -> bool:
    """Whether the epoch's true list is here, and has the label's head."""
    return heads is not None and bool(label) and ChangeList(heads).may_have(label)
