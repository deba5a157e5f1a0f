"""Bookkeeping of wake tokens: which connection waits for which token, and what it missed (spec/relay.md §4.4).

Nothing here says which box a token belongs to. Tokens are sorted by value: in order of arrival the tokens of one box
would be side by side, as its devices begin to wait at once. No clock: ``now`` and ``until`` are whole seconds that
the caller passes in. Nobody is answered here; the shell answers the waiters that this returns.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

from nullabona.wire.messages import Frames

C = TypeVar("C")
KEEP_S: Final = 60
"""Seconds for which a token stays remembered for its connection while no request waits for it."""
_ROWS: Final = 1 << 16
_TOKEN: Final = attrgetter("token")
_NOBODY: Final[list[Any]] = []


@dataclass(frozen=True, slots=True, repr=False)
class BatchAnswer:
    """The frames that one batch appended to one box, as an answer carries them."""

    answer: Frames
    body: bytes

    @property
    def size(self) -> int:
        """Bytes of its frames."""
        return sum(len(frame) for _, frame in self.answer.frames)

    def follows(self, other: BatchAnswer) -> bool:
        """Whether its first frame is the one after the other's last in the same box."""
        mine, before = self.answer, other.answer
        return mine.incarnation == before.incarnation and mine.frames[0][0] == before.frames[-1][0] + 1


@dataclass(slots=True, eq=False, repr=False)
class WakeWaiter(Generic[C]):
    """One token of one connection. ``request_id`` says what to answer; None while the client is not waiting.

    ``missed`` are the frames that came in between; ``woken`` says that more came than is kept.
    """

    caller: C
    token: bytes
    request_id: int | None
    until: int
    woken: bool = False
    missed: tuple[BatchAnswer, ...] = ()


class WakeWaiters(Generic[C]):
    """All wake waiters of a relay."""

    def __init__(self, most_missed: int) -> None:
        self._most_missed = most_missed
        self._rows: list[list[WakeWaiter[C]] | None] = [None] * _ROWS
        """By the first 16 bits of the token; each row is sorted by token."""
        self._by_caller: dict[C, list[WakeWaiter[C]]] = {}
        """Each caller's, sorted by token."""
        self._by_second: dict[int, set[WakeWaiter[C]]] = {}
        self._missing: set[WakeWaiter[C]] = set()
        """Those that have missed something."""
        self._count = 0

    def __len__(self) -> int:
        """How many tokens are remembered, each once for every connection."""
        return self._count

    def find(self, caller: C, token: bytes) -> WakeWaiter[C] | None:
        """The caller's waiter for ``token``, if one is remembered."""
        return next((one for one in self._waiters_of(token) if one.caller is caller), None)

    def count_of(self, caller: C) -> int:
        """How many tokens are remembered for ``caller``."""
        return len(self._by_caller.get(caller, ()))

    def add(self, caller: C, token: bytes, request_id: int, until: int) -> None:
        """Begin to wait for a token that is not remembered for the caller."""
        waiter = WakeWaiter(caller, token, request_id, until)
        at = _row(token)
        row = self._rows[at] = self._rows[at] or []
        insort(row, waiter, key=_TOKEN)
        insort(self._by_caller.setdefault(caller, []), waiter, key=_TOKEN)
        self._by_second.setdefault(until, set()).add(waiter)
        self._count += 1

    def wait_again(self, waiter: WakeWaiter[C], request_id: int, until: int) -> None:
        """A new request waits for the same token."""
        waiter.request_id = request_id
        self._move(waiter, until)

    def rest(self, waiter: WakeWaiter[C], now: int) -> int | None:
        """The request to answer, if one waits. The token stays remembered for `KEEP_S`."""
        request_id, waiter.request_id = waiter.request_id, None
        self._move(waiter, now + KEEP_S)
        return request_id

    def waiting_for(self, tokens: Iterable[bytes]) -> list[WakeWaiter[C]]:
        """The waiters of ``tokens``; call `miss` for those without a request."""
        found: list[WakeWaiter[C]] = []
        for token in tokens:
            found += self._waiters_of(token)
        return found

    def miss(self, waiter: WakeWaiter[C], batch: BatchAnswer) -> None:
        """Keep ``batch`` for a waiter without a request; only the wake itself, if it is too much or leaves a gap."""
        if waiter.woken:
            return
        fits = sum(each.size for each in waiter.missed) + batch.size <= self._most_missed
        if not fits or (waiter.missed and not batch.follows(waiter.missed[-1])):
            self._blur(waiter)
        else:
            waiter.missed += (batch,)
            self._missing.add(waiter)

    def miss_all(self, waiter: WakeWaiter[C]) -> None:
        """Keep for a waiter without a request that something came, and nothing of it."""
        self._blur(waiter)

    def resting(self) -> list[WakeWaiter[C]]:
        """Everyone without a request."""
        return [one for own in self._by_caller.values() for one in own if one.request_id is None]

    def catch_up(self, waiter: WakeWaiter[C]) -> tuple[bool, tuple[BatchAnswer, ...]]:
        """Whether more came than was kept; if not, what was missed. Both are forgotten."""
        woken, missed = waiter.woken, waiter.missed
        waiter.woken, waiter.missed = False, ()
        self._missing.discard(waiter)
        return woken, missed

    def forget_missed(self) -> None:
        """Keep of what was missed only that there was something: frames would say which box a token belongs to."""
        for waiter in list(self._missing):
            self._blur(waiter)

    def due(self, now: int) -> list[WakeWaiter[C]]:
        """Everyone whose time has come by ``now``; tokens that no request waits for are forgotten."""
        waiting: list[WakeWaiter[C]] = []
        for second in [second for second in self._by_second if second <= now]:
            for waiter in list(self._by_second[second]):
                if waiter.request_id is None:
                    self._forget(waiter)
                else:
                    waiting.append(waiter)
        return waiting

    def leave(self, caller: C) -> int:
        """The caller is gone; how many tokens are forgotten with it."""
        gone = list(self._by_caller.get(caller, ()))
        for waiter in gone:
            self._forget(waiter)
        return len(gone)

    def everyone(self) -> list[WakeWaiter[C]]:
        """Everyone who waits."""
        return [one for own in self._by_caller.values() for one in own if one.request_id is not None]

    def _waiters_of(self, token: bytes) -> list[WakeWaiter[C]]:
        row = self._rows[_row(token)]
        return [one for one in row if one.token == token] if row else _NOBODY

    def _blur(self, waiter: WakeWaiter[C]) -> None:
        waiter.woken, waiter.missed = True, ()
        self._missing.discard(waiter)

    def _move(self, waiter: WakeWaiter[C], until: int) -> None:
        self._leave_second(waiter)
        waiter.until = until
        self._by_second.setdefault(until, set()).add(waiter)

    def _leave_second(self, waiter: WakeWaiter[C]) -> None:
        second = self._by_second[waiter.until]
        second.discard(waiter)
        if not second:
            del self._by_second[waiter.until]

    def _forget(self, waiter: WakeWaiter[C]) -> None:
        self._leave_second(waiter)
        self._missing.discard(waiter)
        row = self._rows[_row(waiter.token)]
        if row is not None:
            row.remove(waiter)
        own = self._by_caller[waiter.caller]
        own.remove(waiter)
        if not own:
            del self._by_caller[waiter.caller]
        self._count -= 1


def _row(token: bytes) -> int:
    return token[0] << 8 | token[1]
