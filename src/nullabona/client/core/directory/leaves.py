"""Hashes of the newest entries of a directory's log, kept so that older and newer states of it can be compared here.

A device that can go from one state of a log to another by these hashes knows that the later one begins with the
earlier, and asks nobody for that (spec/map.md §9.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from nullabona.client.core.directory.pinned import Pinned
from nullabona.client.core.model.ports import Store
from nullabona.log.tiles import WIDTH, Tile
from nullabona.log.tree import HASH_SIZE, Frontier

DAY_S: Final = 86_400
MOST: Final = 8 * WIDTH
"""Most hashes that are kept of a log, however short its period: 64 KiB."""


class Leaves(msgspec.Struct, array_like=True, frozen=True):
    """The hashes of a log's entries from number ``first`` on."""

    first: int
    hashes: bytes = b""

    @property
    def size(self) -> int:
        """The size of the log that ends with them."""
        return self.first + len(self.hashes) // HASH_SIZE

    def between(self, start: int, end: int) -> bytes | None:
        """The hashes of the entries from ``start`` to before ``end``; None if one of them is not here."""
        if not self.first <= start <= end <= self.size:
            return None
        return self.hashes[(start - self.first) * HASH_SIZE : (end - self.first) * HASH_SIZE]

    def joined(self, more: Leaves) -> Leaves:
        """With ``more``; if there is a gap between them, the newer ones alone."""
        older, newer = sorted((self, more), key=lambda each: (each.size, each.first))
        if newer.first <= older.first or newer.first > older.size:
            return newer
        return Leaves(older.first, older.hashes[: (newer.first - older.first) * HASH_SIZE] + newer.hashes)

    def newest(self, most: int) -> Leaves:
        """The last ``most`` of them."""
        cut = max(0, len(self.hashes) // HASH_SIZE - most)
        return Leaves(self.first + cut, self.hashes[cut * HASH_SIZE :])


_leaves = msgspec.msgpack.Decoder(Leaves)


def epochs_of_a_day(pinned: Pinned) -> int:
    """How many epochs a day and two periods have; at most `MOST`."""
    return min(MOST, DAY_S // pinned.rules.period_s + 2)


def in_tiles(tiles: Mapping[Tile, bytes]) -> Leaves:
    """The newest hashes of entries in fetched tiles, as far as these are without a gap. Nothing proves them yet."""
    found = Leaves(0)
    for tile in sorted(each for each in tiles if each.level == 0):
        found = found.joined(Leaves(tile.index * WIDTH, tiles[tile]))
    return found


def load_leaves(store: Store, host: str) -> Leaves:
    """What is kept of a directory's log; nothing at all is kept from entry 0 on."""
    data = store.get_value(_key(host))
    return Leaves(0) if data is None else _leaves.decode(data)


def proven_by(before: Pinned, after: Pinned, found: Leaves) -> Leaves:
    """Those of ``found`` that lead from one state of a log to a later one; none if they do not."""
    between = found.between(before.size, after.size)
    if between is None or before.frontier.extend(between).root != after.frontier.root:
        return Leaves(after.size)
    return Leaves(before.size, between)


def note_leaves(store: Store, pinned: Pinned, proven: Leaves) -> None:
    """Keep these too, for a day. The caller must have gone by them to the log of ``pinned`` from a state it knew."""
    known = load_leaves(store, pinned.host)
    kept = known.joined(proven).newest(epochs_of_a_day(pinned))
    if kept != known:
        store.set_value(_key(pinned.host), msgspec.msgpack.encode(kept))


def forget_leaves(store: Store, host: str) -> None:
    """Forget them: the person had the directory forgotten."""
    store.delete_value(_key(host))


def continues(pinned: Pinned, leaves: Leaves, frontier: Frontier) -> bool | None:
    """Whether the log with ``frontier`` and the pinned one are two states of one log; None: `leaves` do not tell."""
    older, newer = sorted((frontier, pinned.frontier), key=lambda each: each.size)
    between = leaves.between(older.size, newer.size)
    if between is None and older.size < newer.size:
        return None
    return older.extend(between or b"").root == newer.root


def _key(host: str) -> str:
    return f"record-leaves:{host}"
