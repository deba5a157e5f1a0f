"""Bookkeeping of waiting reads: who waits for which box, and until when (spec/relay.md §4.2).

No clock: ``now`` is a whole second given by the caller. Nobody is answered here; the shell answers the waiters that
this returns.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

C = TypeVar("C")
K = TypeVar("K", bound=Hashable)


@dataclass(slots=True, eq=False)
class Waiter(Generic[C]):
    """One read that waits. ``caller`` and ``request_id`` say which request to answer."""

    caller: C
    request_id: int
    address: bytes
    after: int
    limit: int
    until: int


class Waiting(Generic[C]):
    """All waiting reads of a relay."""

    def __init__(self) -> None:
        self._by_box: dict[bytes, dict[Waiter[C], None]] = {}
        self._by_second: dict[int, dict[Waiter[C], None]] = {}
        self._by_caller: dict[C, dict[Waiter[C], None]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, waiter: Waiter[C]) -> None:
        """Wait until the box is woken, the second comes, or the caller leaves."""
        self._by_box.setdefault(waiter.address, {})[waiter] = None
        self._by_second.setdefault(waiter.until, {})[waiter] = None
        self._by_caller.setdefault(waiter.caller, {})[waiter] = None
        self._count += 1

    def wake(self, address: bytes) -> list[Waiter[C]]:
        """Everyone who waits for this box, longest first; they wait no more."""
        waiters = self._by_box.get(address)
        return self._take(list(waiters)) if waiters else []

    def at(self, address: bytes) -> list[Waiter[C]]:
        """Everyone who waits for this box, longest first; they wait on."""
        return list(self._by_box.get(address, ()))

    def take(self, waiter: Waiter[C]) -> bool:
        """Whether it waited; it waits no more."""
        waited = waiter in self._by_box.get(waiter.address, ())
        if waited:
            self._take([waiter])
        return waited

    def due(self, now: int) -> list[Waiter[C]]:
        """Everyone whose time has come by ``now``; they wait no more."""
        seconds = [second for second in self._by_second if second <= now]
        return self._take([waiter for second in sorted(seconds) for waiter in self._by_second[second]])

    def leave(self, caller: C) -> list[Waiter[C]]:
        """Everything this caller waited for; it waits no more."""
        return self._take(list(self._by_caller.get(caller, ())))

    def everyone(self) -> list[Waiter[C]]:
        """Everyone; they wait no more."""
        return self._take(list(self._all()))

    def _all(self) -> Iterator[Waiter[C]]:
        for waiters in self._by_second.values():
            yield from waiters

    def _take(self, waiters: list[Waiter[C]]) -> list[Waiter[C]]:
        for waiter in waiters:
            _forget(self._by_box, waiter.address, waiter)
            _forget(self._by_second, waiter.until, waiter)
            _forget(self._by_caller, waiter.caller, waiter)
        self._count -= len(waiters)
        return waiters


def _forget(index: dict[K, dict[Waiter[C], None]], key: K, waiter: Waiter[C]) -> None:
    waiters = index[key]
    del waiters[waiter]
    if not waiters:
        del index[key]
