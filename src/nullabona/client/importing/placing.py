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
        for line in lines:
            at = line.at
            minute = at // 60_000
            known = self._minutes.get(minute)
            if known is None:
                known = self._minutes[minute] = {}
                self._forget()
            said = line.text if line.kind in _SPOKEN else line.kind
            repeat = known.get(said, 0)
            known[said] = repeat + 1
            moment = self._moments.get(at, 0)
            self._moments[at] = moment + 1
            placed.append((self._id(line, minute, repeat, said), moment))
        return placed

    def _id(self, line: Line, minute: int, repeat: int, said: str) -> bytes:
        if line.native:
            known = b"%b\0%b" % (self._scope, line.native.encode())
        else:
            known = b"%d\0%b" % (repeat, said.encode())
        prefix = minute.to_bytes(4, "big")
        return prefix + sha256(b"%b%b%b" % (self._salt, prefix, known)).digest()[:12]

    def _forget(self) -> None:
        if len(self._minutes) > _REMEMBERED:
            for old in list(self._minutes)[: _REMEMBERED // 2]:
                del self._minutes[old]
            kept = min(self._minutes)
            self._moments = {at: count for at, count in self._moments.items() if at // 60_000 >= kept}
