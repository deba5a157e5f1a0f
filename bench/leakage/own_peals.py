"""Peals of which each device is told only those in which something of its own rang.

A real relay tells everybody of every peal: hearing what is not its own changes nothing that a device does, and costs a
simulation the square of its accounts. The numbers are the real ones, and so is what is remembered and for how long.
What differs in time: a device that is not told of a foreign peal is not busy with it, for a tenth of a second, when its
own comes.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from typing import Any, TypeAlias, cast

from nullabona.relay.caller import Caller
from nullabona.relay.core.boxes import Rung
from nullabona.relay.core.limits import Limits
from nullabona.relay.metrics import Metrics
from nullabona.relay.peals import Peals
from nullabona.wire.bells import mark
from nullabona.wire.messages import Hear, Pealed

Peal: TypeAlias = tuple[bytes, bytes]
Who: TypeAlias = "defaultdict[bytes, dict[Secrets, None]]"
"""The devices that know each secret."""


class Secrets:
    """The bells' secrets that one device knows, and the peals in which one of them rang, with their numbers.

    ``who`` leads from each secret to the devices that know it.
    """

    def __init__(self, who: Who) -> None:
        self._who = who
        self.rooms: dict[bytes, frozenset[bytes]] = {}
        self.all: frozenset[bytes] = frozenset()
        self.rung: deque[tuple[int, Peal]] = deque()

    def wanted(self, room: bytes, secrets: Iterable[bytes]) -> None:
        """These are now the ones by which a device knows a room's boxes."""
        kept = frozenset(secrets)
        if kept == self.rooms.get(room):
            return
        self.rooms[room] = kept
        before, self.all = self.all, frozenset().union(*self.rooms.values())
        for secret in before - self.all:
            del self._who[secret][self]
        for secret in self.all - before:
            self._who[secret][self] = None

    def after(self, number: int) -> list[Peal]:
        """The peals after one in which something rang, oldest first."""
        found = [peal for at, peal in takewhile(lambda each: each[0] > number, reversed(self.rung))]
        found.reverse()
        return found


class OwnPeals(Peals):
    """See `nullabona.relay.peals.Peals`. A caller has ``secrets`` (`Secrets`), or hears nothing."""

    def __init__(self, limits: Limits, metrics: Metrics, chance: Callable[[int], int]) -> None:
        super().__init__(limits, metrics, chance, lambda: 0)
        self._ringing: set[bytes] = set()
        self._who: Who = defaultdict(dict)
        self._hearing: dict[Secrets, Caller] = {}
        """By whom each device asked last."""

    def secrets(self) -> Secrets:
        """For one device."""
        return Secrets(self._who)

    def hear(self, request: Hear, caller: Caller, request_id: int) -> None:
        """See `Peals.hear`."""
        self._hearing[_secrets(caller)] = caller
        super().hear(request, caller, request_id)

    def ring(self, rung: Iterable[Rung], box: int, *, new: bool) -> None:
        """See `Peals.ring`."""
        kept = tuple(rung)
        super().ring(kept, box, new=new)
        if self._heard:
            self._ringing.update(bytes(secret) for secret, _, _ in kept)

    def _close(self) -> None:
        self._closing = None
        salt = self._pealing._open.salt if self._pealing._open else b""  # noqa: SLF001 - of the peal that ends here
        self._pealing.close(self._most_marks())
        rung, self._ringing = self._ringing, set()
        number, oldest = self._pealing.head, self._pealing.head - len(self._pealing._past)  # noqa: SLF001
        concerned: dict[Secrets, None] = {}
        for secret in sorted(rung):
            peal = (salt, mark(salt, secret))
            for device in self._who.get(secret, ()):
                concerned[device] = None
                device.rung.append((number, peal))
        for device in concerned:
            while device.rung[0][0] <= oldest:
                device.rung.popleft()
            for waiter in self._waiting.leave(self._hearing[device]) if device in self._hearing else ():
                self._answer(waiter)

    def _told(self, after: int, caller: Caller) -> Pealed:
        head = self._pealing.head
        behind = head - after
        if not 0 < behind <= len(self._pealing._past):  # noqa: SLF001 - to look only, without going through them
            return self._pealing.after(after, 0)
        return Pealed(after + 1, cast(Any, _Sparse(behind, _secrets(caller).after(after))))


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
