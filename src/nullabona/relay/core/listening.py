"""Bookkeeping of listeners: which connection listens for which bell, and what rang meanwhile (spec/relay.md §4.4).

Nothing here says which box a bell belongs to, and nothing is kept in the order in which it came, which would put the
bells of one box beside each other: its devices begin to listen at once. No clock: ``now`` and ``until`` are whole
seconds given by the caller. Nobody is answered here; the shell answers whom this returns.
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
"""So long a bell that nobody listens for at the moment is remembered for its connection."""
_ROWS: Final = 1 << 16
_BELL: Final = attrgetter("bell")
_NOBODY: Final[list[Any]] = []


@dataclass(frozen=True, slots=True, repr=False)
class Ring:
    """What one batch brought to one box, as an answer carries it."""

    answer: Frames
    body: bytes

    @property
    def size(self) -> int:
        """Bytes of its frames."""
        return sum(len(frame) for _, frame in self.answer.frames)

    def follows(self, other: Ring) -> bool:
        """Whether its first frame is the one after the other's last in the same box."""
        mine, before = self.answer, other.answer
        return mine.incarnation == before.incarnation and mine.frames[0][0] == before.frames[-1][0] + 1


@dataclass(slots=True, eq=False, repr=False)
class Listener(Generic[C]):
    """One bell of one connection. ``request_id`` says what to answer; None while the client is not waiting.

    ``missed`` is what rings have brought meanwhile; ``rang`` says that they brought more, which is not kept.
    """

    caller: C
    bell: bytes
    request_id: int | None
    until: int
    rang: bool = False
    missed: tuple[Ring, ...] = ()


class Listening(Generic[C]):
    """All listeners of a relay."""

    def __init__(self, most_missed: int) -> None:
        self._most_missed = most_missed
        self._rows: list[list[Listener[C]] | None] = [None] * _ROWS
        """By the first 16 bits of the bell, each row in the order of the bells."""
        self._by_caller: dict[C, list[Listener[C]]] = {}
        """Each caller's in the order of the bells."""
        self._by_second: dict[int, set[Listener[C]]] = {}
        self._missing: set[Listener[C]] = set()
        """Those that have missed something."""
        self._count = 0

    def __len__(self) -> int:
        """How many bells are remembered, each once for every connection."""
        return self._count

    def find(self, caller: C, bell: bytes) -> Listener[C] | None:
        """The caller's listener for ``bell``, if one is remembered."""
        return next((one for one in self._heard_by(bell) if one.caller is caller), None)

    def count_of(self, caller: C) -> int:
        """How many bells are remembered for ``caller``."""
        return len(self._by_caller.get(caller, ()))

    def add(self, caller: C, bell: bytes, request_id: int, until: int) -> None:
        """Begin to listen for a bell that is not remembered for the caller."""
        listener = Listener(caller, bell, request_id, until)
        at = _row(bell)
        row = self._rows[at] = self._rows[at] or []
        insort(row, listener, key=_BELL)
        insort(self._by_caller.setdefault(caller, []), listener, key=_BELL)
        self._by_second.setdefault(until, set()).add(listener)
        self._count += 1

    def listen(self, listener: Listener[C], request_id: int, until: int) -> None:
        """Listen again."""
        listener.request_id = request_id
        self._move(listener, until)

    def rest(self, listener: Listener[C], now: int) -> int | None:
        """Nobody listens any more: the request to answer, if there is one. What rings now is remembered for a while."""
        request_id, listener.request_id = listener.request_id, None
        self._move(listener, now + KEEP_S)
        return request_id

    def ring(self, bells: Iterable[bytes]) -> list[Listener[C]]:
        """Everyone who listens for one of ``bells``; call `miss` for those who do not wait."""
        heard: list[Listener[C]] = []
        for bell in bells:
            heard += self._heard_by(bell)
        return heard

    def miss(self, listener: Listener[C], ring: Ring) -> None:
        """Keep ``ring`` for a listener that does not wait; only that it rang, if it is too much or does not join up."""
        if listener.rang:
            return
        fits = sum(each.size for each in listener.missed) + ring.size <= self._most_missed
        if not fits or (listener.missed and not ring.follows(listener.missed[-1])):
            self._blur(listener)
        else:
            listener.missed += (ring,)
            self._missing.add(listener)

    def catch_up(self, listener: Listener[C]) -> tuple[bool, tuple[Ring, ...]]:
        """Whether more rang than was kept; if not, what was missed. Both are forgotten."""
        rang, missed = listener.rang, listener.missed
        listener.rang, listener.missed = False, ()
        self._missing.discard(listener)
        return rang, missed

    def forget_missed(self) -> None:
        """Keep of what was missed only that it rang: frames in memory would say which box a bell belongs to."""
        for listener in list(self._missing):
            self._blur(listener)

    def due(self, now: int) -> list[Listener[C]]:
        """Everyone whose time has come by ``now``; whom nobody waits for any more is forgotten."""
        waiting: list[Listener[C]] = []
        for second in [second for second in self._by_second if second <= now]:
            for listener in list(self._by_second[second]):
                if listener.request_id is None:
                    self._forget(listener)
                else:
                    waiting.append(listener)
        return waiting

    def leave(self, caller: C) -> int:
        """The caller is gone; how many bells are forgotten with it."""
        gone = list(self._by_caller.get(caller, ()))
        for listener in gone:
            self._forget(listener)
        return len(gone)

    def everyone(self) -> list[Listener[C]]:
        """Everyone who waits."""
        return [one for own in self._by_caller.values() for one in own if one.request_id is not None]

    def _heard_by(self, bell: bytes) -> list[Listener[C]]:
        row = self._rows[_row(bell)]
        return [one for one in row if one.bell == bell] if row else _NOBODY

    def _blur(self, listener: Listener[C]) -> None:
        listener.rang, listener.missed = True, ()
        self._missing.discard(listener)

    def _move(self, listener: Listener[C], until: int) -> None:
        self._leave_second(listener)
        listener.until = until
        self._by_second.setdefault(until, set()).add(listener)

    def _leave_second(self, listener: Listener[C]) -> None:
        second = self._by_second[listener.until]
        second.discard(listener)
        if not second:
            del self._by_second[listener.until]

    def _forget(self, listener: Listener[C]) -> None:
        self._leave_second(listener)
        self._missing.discard(listener)
        row = self._rows[_row(listener.bell)]
        if row is not None:
            row.remove(listener)
        own = self._by_caller[listener.caller]
        own.remove(listener)
        if not own:
            del self._by_caller[listener.caller]
        self._count -= 1


def _row(bell: bytes) -> int:
    return bell[0] << 8 | bell[1]
