"""What a directory allows anonymous clients, in total and per connection (spec/directory.md §8).

All counts are in memory and lost on restart. None is kept by address or reveals which handle was looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from nullabona.directory.core.limits import Bucket, Limits, PerHandle
from nullabona.directory.core.records import StoredCard
from nullabona.wire.service import Asker

T = TypeVar("T")
SMALL_CARD: Final = 10_240
"""Bytes: enough for a card of two devices, with any suite and any length of host name."""


class Allowance:
    """Applies the limits. Times are seconds of a monotonic clock, passed in by the caller."""

    def __init__(self, limits: Limits, now: float) -> None:
        self._buckets = {
            name: Bucket(getattr(limits, name), now) for name in ("lookups", "changes", "registrations", "large_cards")
        }
        self._per_handle = PerHandle(limits.changes_per_handle, limits.handles_counted)

    def lookup(self, asker: Asker, now: float) -> int:
        """Take one lookup for ``asker``; 0, or the seconds to wait. The other methods return the same."""
        return self._take("lookups", asker, now)

    def change(self, asker: Asker, now: float) -> int:
        """Take one submitted card or statement, valid or not."""
        return self._take("changes", asker, now)

    def card(self, card: StoredCard, before: StoredCard | None, asker: Asker, now: float) -> int:
        """Take the allowances for storing a card: for its handle's changes, for new handles, and for large cards."""
        size, wait = len(card.encoded), 0
        if size > SMALL_CARD and (before is None or size > len(before.encoded)):
            wait = self._take("large_cards", asker, now)
        if not wait and before is None:
            wait = self._take("registrations", asker, now)
        return wait or self._per_handle.take(card.name, now)

    def _take(self, what: str, asker: Asker, now: float) -> int:
        wait = self._buckets[what].take(now, asker.took(what, now))
        if not wait:
            asker.take(what)
        return wait


def by_turns(waiting: Sequence[T], asker: Callable[[T], Asker], most: int) -> tuple[list[T], list[T]]:
    """At most ``most`` waiting items, the first of each connection before the second of any; and the rest."""
    if len(waiting) <= most:
        return list(waiting), []
    turns: dict[Asker, int] = {}
    order: list[tuple[int, int]] = []
    for at, one in enumerate(waiting):
        turn = turns[asker(one)] = turns.get(asker(one), -1) + 1
        order.append((turn, at))
    chosen = {at for _, at in sorted(order)[:most]}
    batch = [waiting[at] for at in sorted(chosen)]
    return batch, [one for at, one in enumerate(waiting) if at not in chosen]
