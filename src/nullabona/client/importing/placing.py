"""Where an imported line is in a room, and by what it is known again.

A line is known again by its minute and what it says, not by who said it: people are renamed, and the next export calls
them otherwise. Lines are in the order of the file, also where its times go back. Pure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Final

from nullabona.client.importing.records import Line, LineKind

_BASE: Final = -(1 << 52)
_PER_MS: Final = 16
"""A minute has room for 960,000 lines, and every position is a number that a page can hold."""
CLOCKS_APART: Final = 26 * 3_600_000
"""As far as two clocks of the world show other times; an earlier import may have been made by another one."""
_REMEMBERED: Final = 512
"""Minutes whose lines are still counted: clocks of exports go back, but not far."""
_SPOKEN: Final = frozenset({LineKind.TEXT, LineKind.FILE, LineKind.SYSTEM, LineKind.UNPARSED})


def position_at(at: int, number: int = 0) -> int:
    """The position of the ``number``-th line of a moment in ms. Always below 0, before everything that was sent."""
    return _BASE + at * _PER_MS + number


def in_order(times: Sequence[int], after: int | None = None) -> Sequence[int]:
    """When each line stands, so that none stands before the line before it in the file, nor before ``after``.

    As many lines as possible are at their own time. Each of the others, of which the clock was wrong or which
    somebody pasted, is at the time of the line before it.
    """
    if (after is None or not times or times[0] >= after) and all(one <= two for one, two in pairwise(times)):
        return times
    kept = _longest_run(times, after)
    now = after if after is not None else times[min(kept)]
    stands = []
    for place, at in enumerate(times):
        if place in kept:
            now = at
        stands.append(now)
    return stands


def _longest_run(times: Sequence[int], after: int | None) -> set[int]:
    """The places of a longest selection of times that never goes back."""
    ends: list[int] = []  # the least last time of a run of each length, and where that is
    places: list[int] = []
    before: list[int] = []
    for place, at in enumerate(times):
        length = bisect_right(ends, at) if after is None or at >= after else -1
        before.append(places[length - 1] if length > 0 else -1)
        if length >= 0:
            ends[length : length + 1] = [at]
            places[length : length + 1] = [place]
    kept: set[int] = set()
    place = places[-1] if places else -1
    while place >= 0:
        kept.add(place)
        place = before[place]
    return kept


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
