"""Where an imported line stands in a room, and by what it is known again.

A line is known again by its minute and what it says, not by who said it: people are renamed, and the next export calls
them otherwise. Lines of one moment stand in the order of the file. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from nullabona.client.importing.records import Line, LineKind

_BASE: Final = -(1 << 52)
_PER_MS: Final = 16
"""A minute has room for 960,000 lines, and every position is a number that a page can hold."""
_REMEMBERED: Final = 512
"""Minutes whose lines are still counted: clocks of exports go back, but not far."""
_SPOKEN: Final = frozenset({LineKind.TEXT, LineKind.FILE, LineKind.SYSTEM, LineKind.UNPARSED})


def position_at(at: int, number: int = 0) -> int:
    """The position of the ``number``-th line of a moment in ms. Always below 0, before everything that was sent."""
    return _BASE + at * _PER_MS + number


class Placer:
    """Gives the lines of one chat, in the order of the file, their ids and places."""

    def __init__(self, salt: bytes, scope: str) -> None:
        self._salt = salt
        """A secret of this profile: nobody else can say which id a line has here."""
        self._scope = scope.encode("utf-8", "replace")
        self._moments: dict[int, int] = {}
        self._minutes: dict[int, dict[str, int]] = {}

    def place(self, lines: Sequence[Line]) -> list[tuple[bytes, int]]:
        """For each line its id and how many lines of the same moment came before it."""
        placed = []
        salt, minutes, moments = self._salt, self._minutes, self._moments
        for line in lines:
            at, kind = line.at, line.kind
            minute = at // 60_000
            known = minutes.get(minute)
            if known is None:
                known = minutes[minute] = {}
                if len(minutes) > _REMEMBERED:
                    self._forget()
            said = line.text if kind in _SPOKEN else kind
            repeat = known.get(said, 0)
            known[said] = repeat + 1
            moment = moments.get(at, 0)
            moments[at] = moment + 1
            prefix = minute.to_bytes(4, "big")
            what = b"%d\0%b" % (repeat, said.encode()) if not line.native else self._native(line.native)
            placed.append((prefix + sha256(salt + prefix + what).digest()[:12], moment))
        return placed

    def _native(self, number: str) -> bytes:
        return b"%b\0%b" % (self._scope, number.encode())

    def _forget(self) -> None:
        for old in list(self._minutes)[: _REMEMBERED // 2]:
            del self._minutes[old]
        kept = min(self._minutes)
        for at in [at for at in self._moments if at // 60_000 < kept]:
            del self._moments[at]
