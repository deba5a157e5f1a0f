"""The lists of changes of a directory's newest day, by which an older proof shows its age (spec/map.md §§2.1, 9.1).

A proof says what was at a label in its epoch. Only the lists of all epochs since then say that it still is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import msgspec

from nullabona.client.core.directory.leaves import Leaves, epochs_of_a_day
from nullabona.client.core.directory.pinned import Pinned
from nullabona.client.core.model.ports import Store
from nullabona.errors import Malformed
from nullabona.log.prefix import EMPTY
from nullabona.wire.changes import ChangeList
from nullabona.wire.map_messages import EpochStep

MOST_KEPT: Final = 8_388_608
"""Most bytes of one directory's lists that are kept: the day of a directory with about seven million accounts."""
_MISSING: Final = -1


@dataclass(frozen=True, slots=True)
class Lists:
    """The heads of the lists of epochs in a row, from ``first`` on; ``closed_s``: when the last of them closed.

    None: the epoch has no list, or none that is true was shown, or its map is empty.
    """

    first: int
    heads: tuple[bytes | None, ...] = field(default=(), repr=False)
    closed_s: int = 0

    @property
    def end(self) -> int:
        """The number of the epoch after them."""
        return self.first + len(self.heads)

    def joined(self, more: Lists) -> Lists:
        """With those that follow; if others are in between, the newer ones alone."""
        if not more.heads:
            return self
        return Lists(self.first, self.heads + more.heads, more.closed_s) if more.first == self.end else more

    def leave_alone(self, label: bytes, start: int, end: int) -> bool | None:
        """Whether the lists from epoch ``start`` to before ``end`` say that nothing changed at a label.

        None: one of these epochs is not among them. False also if one of them has no list.
        """
        if start >= end:
            return True
        if not self.first <= start < end <= self.end:
            return None
        wanted = self.heads[start - self.first : end - self.first]
        return not any(heads is None or ChangeList(heads).may_have(label) for heads in wanted)


@dataclass(frozen=True, slots=True)
class Day:
    """What a directory shows of its newest day: hashes of its log's entries, and the lists that these commit to.

    Nothing proves either, before a state of the log that is proven leads by the hashes to a later one.
    """

    leaves: Leaves = field(default_factory=lambda: Leaves(0))
    lists: Lists = field(default_factory=lambda: Lists(0))


class _Kept(msgspec.Struct, array_like=True, frozen=True):
    """Of which epochs lists are kept, with the size of each; -1: there is none."""

    first: int
    sizes: tuple[int, ...]
    closed_s: int


_kept = msgspec.msgpack.Decoder(_Kept)


def heads_of(step: EpochStep) -> bytes | None:
    """The heads of an epoch's list; None if the true list is not here, or the map is empty: that concerns everybody."""
    if step.changes is None or step.root == EMPTY:
        return None
    try:
        changes = ChangeList(step.changes)
    except Malformed:
        return None
    return changes.heads if changes.hash == step.listed else None


def note_lists(store: Store, pinned: Pinned, proven: Lists) -> None:
    """Keep these too, for a day. The caller must have gone by their epochs to the log of ``pinned``."""
    if not proven.heads:
        return
    data = store.get_value(_key(pinned.host))
    before = _Kept(proven.first, (), 0) if data is None else _kept.decode(data)
    old = before.sizes if before.first + len(before.sizes) == proven.first else ()
    sizes = (*old, *(_MISSING if heads is None else len(heads) for heads in proven.heads))
    first = proven.first - len(old)
    cut = max(0, len(sizes) - epochs_of_a_day(pinned))
    while sum(map(abs, sizes[cut:])) > MOST_KEPT:
        cut += 1
    for number in range(before.first, before.first + len(before.sizes)):
        if not first + cut <= number < proven.first or not old:
            store.delete_value(_list_key(pinned.host, number))
    for number, heads in enumerate(proven.heads, proven.first):
        if heads is not None and number >= first + cut:
            store.set_value(_list_key(pinned.host, number), heads)
    store.set_value(_key(pinned.host), msgspec.msgpack.encode(_Kept(first + cut, sizes[cut:], proven.closed_s)))


def load_lists(store: Store, host: str, start: int) -> Lists:
    """Those that are kept of the epochs from ``start`` on."""
    data = store.get_value(_key(host))
    if data is None:
        return Lists(0)
    kept = _kept.decode(data)
    first = max(start, kept.first)
    sizes = kept.sizes[first - kept.first :]
    heads = (
        None if size == _MISSING else store.get_value(_list_key(host, number)) or b""
        for number, size in enumerate(sizes, first)
    )
    return Lists(first, tuple(heads), kept.closed_s)


def forget_lists(store: Store, host: str) -> None:
    """Forget them: the person had the directory forgotten."""
    data = store.get_value(_key(host))
    kept = _Kept(0, (), 0) if data is None else _kept.decode(data)
    for number in range(kept.first, kept.first + len(kept.sizes)):
        store.delete_value(_list_key(host, number))
    store.delete_value(_key(host))


def _key(host: str) -> str:
    return f"record-changes:{host}"


def _list_key(host: str, number: int) -> str:
    return f"record-changes-of:{number}:{host}"
