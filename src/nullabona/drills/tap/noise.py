"""Whether what passes sealed looks like noise: a form in which something was written shows, whichever it is."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

_WORD: Final = 8
"""Bytes that two frames do not have in common at one place by chance: 2**-64 for each pair."""
_LOOKED_AT: Final = 256
"""So much of the beginning of each is compared with that of others: headers are there."""
_LEAST: Final = 0.99
"""Noise does not pack below this, at any length that a frame has."""


@dataclass(slots=True)
class Noise:
    """Of frames, or of pieces of files. One that comes again, as what is put back does, counts once."""

    count: int = 0
    alike: int = 0
    """How many have eight bytes where another has the same."""
    packable: int = 0
    """How many become smaller when they are packed: text, zeros, base64."""
    _seen: set[bytes] = field(default_factory=set, repr=False)
    _words: set[tuple[int, bytes]] = field(default_factory=set, repr=False)

    @property
    def plain(self) -> bool:
        """Whether something shows that is no noise."""
        return self.alike + self.packable > 0

    def add(self, data: bytes) -> None:
        """One of them."""
        if data in self._seen:
            return
        self._seen.add(data)
        self.count += 1
        self.packable += len(zlib.compress(data)) < _LEAST * len(data)
        words = {(at, data[at : at + _WORD]) for at in range(min(len(data), _LOOKED_AT) - _WORD + 1)}
        self.alike += not words.isdisjoint(self._words)
        self._words |= words


_FIRST: Final = 12
"""Bytes at the beginning of a frame that are its nonce: in the clear, and so to be drawn."""
_FEW: Final = 32
"""Frames of which fewer say nothing of how that was done."""


@dataclass(slots=True)
class Columns:
    """The values at each place of the frames' nonces. A length, a clock, a counter or somebody's name there shows:
    most frames have the same at one place.
    """

    count: int = 0
    _at: list[Counter[int]] = field(default_factory=lambda: [Counter() for _ in range(_FIRST)], repr=False)
    _seen: set[bytes] = field(default_factory=set, repr=False)

    def add(self, frame: bytes) -> None:
        """One of them; one that comes again counts once."""
        if frame in self._seen:
            return
        self._seen.add(frame)
        self.count += 1
        for place, byte in zip(self._at, frame, strict=False):
            place[byte] += 1

    @property
    def drawn(self) -> bool:
        """Whether chance may have made them: of 32, half have one byte in common once in 10 to the 29 times."""
        return self.count < _FEW or all(2 * max(place.values()) <= self.count for place in self._at)
