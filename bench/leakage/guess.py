"""What an attacker hands back: whom it believes to see, who talks, in which groups, which place follows which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.leakage.trace import Pair


@dataclass(frozen=True, slots=True)
class Cast:
    """Whom the attacker believes to stand behind what it saw, as numbers of its own, one for each person.

    ``accounts``: people whom it can name. ``conns``: connections. ``places``: places that it believes to be one
    person's own. Two connections with one number are claimed to be one person; that claim is part of the guess.
    """

    accounts: Mapping[int, int] = field(default_factory=dict)
    conns: Mapping[int, int] = field(default_factory=dict)
    places: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of persons of a cast with a score each: the higher, the surer. A pair that is absent was not guessed."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    score: NDArray[np.float64]

    @classmethod
    def none(cls) -> Pairs:
        """Nothing guessed."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))

    @classmethod
    def of(cls, scores: Mapping[Pair, float]) -> Pairs:
        """From a table."""
        keys = np.array(list(scores), np.int64).reshape(-1, 2)
        return cls(keys[:, 0], keys[:, 1], np.array(list(scores.values()), np.float64))


@dataclass(frozen=True, slots=True)
class Guess:
    """All that one attacker says of one view. ``groups`` are sets of persons of the cast; ``chain`` pairs of places."""

    cast: Cast
    pairs: Pairs
    groups: Sequence[frozenset[int]] = ()
    chain: frozenset[Pair] = frozenset()
