"""Peals of which each device is told only those in which something of its own rang.

A real relay tells everybody of every peal: hearing what is not its own changes nothing that a device does, and costs a
simulation the square of its accounts. The numbers are the real ones, and so is what is remembered and for how long.
What differs in time: a device that is not told of a foreign peal is not busy with it, for a tenth of a second, when its
own comes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from nullabona.relay.caller import Caller
from nullabona.relay.core.limits import Limits
from nullabona.relay.metrics import Metrics
from nullabona.relay.peals import Peals
from nullabona.wire.bells import mark
from nullabona.wire.messages import Pealed

Peal = tuple[bytes, bytes]


class Secrets:
    """The bells' secrets that one device has come to know, each with the peal after which it did."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self.since: dict[bytes, int] = {}
        self.rooms: dict[bytes, frozenset[bytes]] = {}
        self.all: frozenset[bytes] = frozenset()

    def wanted(self, room: bytes, secrets: Iterable[bytes]) -> None:
        """These are now the ones by which a device knows a room's boxes."""
        kept = frozenset(secrets)
        if kept == self.rooms.get(room):
            return
        self.rooms[room] = kept
        self.all = frozenset().union(*self.rooms.values())
        for secret in kept:
            self.since.setdefault(secret, self._now())


class OwnPeals(Peals):
    """See `nullabona.relay.peals.Peals`. A caller has ``secrets`` (`Secrets`), or hears nothing."""

    def __init__(self, limits: Limits, metrics: Metrics, chance: Callable[[int], int]) -> None:
        super().__init__(limits, metrics, chance, lambda: 0)
        self._ringing: set[bytes] = set()
        self._rung: defaultdict[bytes, tuple[list[int], list[Peal]]] = defaultdict(lambda: ([], []))
        """The peals in which each secret rang, and their numbers."""

    @property
    def head(self) -> int:
        """The number of the last peal that is over."""
        return self._pealing.head

    def ring(self, rung: Iterable[tuple[bytes | bytearray, int]]) -> None:
        """See `Peals.ring`."""
        kept = tuple(rung)
        super().ring(kept)
        if self._heard:
            self._ringing.update(bytes(secret) for secret, _ in kept)

    def _close(self) -> None:
        self._closing = None
        salt = self._pealing._salt  # noqa: SLF001 - of the peal that ends here
        self._pealing.close()
        rung, self._ringing = self._ringing, set()
        for secret in sorted(rung):
            numbers, peals = self._rung[secret]
            numbers.append(self.head)
            peals.append((salt, mark(salt, secret)))
        concerned = [one for one in self._waiting._all() if not rung.isdisjoint(_secrets(one.caller).all)]  # noqa: SLF001
        for waiter in concerned:
            self._waiting.leave(waiter.caller)
            self._answer(waiter)

    def _told(self, after: int, caller: Caller) -> Pealed:
        told = self._pealing.after(after, 0)
        if not told.peals:
            return told
        secrets = _secrets(caller)
        ours = [peal for secret in secrets.all for peal in self._after(secret, max(after, secrets.since[secret]))]
        return Pealed(after + 1, cast(Any, _Sparse(self.head - after, [peal for _, peal in sorted(ours)])))

    def _after(self, secret: bytes, number: int) -> Iterator[tuple[int, Peal]]:
        if secret in self._rung:
            numbers, peals = self._rung[secret]
            begin = bisect_right(numbers, number)
            yield from zip(numbers[begin:], peals[begin:], strict=True)


class _Sparse:
    """So many peals, of which one sees only those that matter."""

    def __init__(self, count: int, ours: list[Peal]) -> None:
        self._count = count
        self._ours = ours

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Peal]:
        return iter(self._ours)


def _secrets(caller: Caller) -> Secrets:
    return cast(Secrets, cast(Any, caller).secrets)
