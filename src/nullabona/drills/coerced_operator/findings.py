"""Each lie of the drill, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from nullabona.drills.operator.lies import APART, CARDS, SPOIL
from nullabona.drills.reporting.text import Sentences

_say: Final = Sentences("drill_coerced_operator")

HALF: Final = 2
"""So many people go on being shown the true history while the others are shown another."""


_OTHERWISE: Final = "relay-showed-different-histories"


_FORKED: Final = frozenset({_OTHERWISE, "room-forked"})


_GONE: Final = frozenset({"relay-lost-box"})
"""What a half may be told instead whose history is not served any more."""


NOTICED: Final = (APART, "reorder", "repeat", "forge", "alter")
"""Lies of which somebody has to be told that histories differ. That follows from views, which come with receipts: the
last message may be there before the view that contradicts.
"""


DEEDS: Final = {
    "drop": _say("say-frames-came"),
    "delay": _say("hold-everything-back"),
    "reorder": _say("exchange-neighbouring-frames"),
    "repeat": _say("hand-out-one"),
    SPOIL: _say("spoil-for-good"),
    "forge": _say("hand-out-noise"),
    "alter": _say("change-one-bit"),
    "rewrite": _say("write-whatever-looks"),
    "forget": _say("deny-there-ever"),
    APART: _say("show-two-halves"),
    CARDS: _say("answer-lookups-cards"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One lie, and what came of it."""

    name: str
    answers: int
    """How many answers were lies."""
    came_through: int
    """Messages of others that were shown to somebody while the relay lied."""
    forged: int
    """Shown messages that nobody had written."""
    warned: tuple[tuple[str, ...], ...]
    """What each person was warned of, once each."""
    seconds: float
    """From the end of the lie until everybody had everything."""
    whole: bool
    """Everybody had every message exactly once."""
    looked: tuple[str, ...] = ()
    """What came of each look at a false card: the code of why it was refused, or nothing if it was taken for true."""
    letters: int = 0
    """How often somebody put something into another's inbox, since all had everything after the lie before."""

    @property
    def codes(self) -> tuple[str, ...]:
        """What somebody was warned of, or was told of a card, once each."""
        return once([*filter(None, self.looked), *_in_turn(self.warned)])

    @property
    def halves(self) -> tuple[tuple[str, ...], ...]:
        """What each of two halves, which may have been shown different histories, was warned of, once each."""
        return tuple(once(_in_turn(half)) for half in (self.warned[:HALF], self.warned[HALF:]))

    @property
    def noticed(self) -> bool:
        """Whether somebody was told that histories differ. Of two halves that were kept apart: of two histories, and
        somebody of the half whose own is served no more of that, or that it is gone. The other half may have seen
        nothing that contradicts what it has.
        """
        if self.name != APART:
            return _OTHERWISE in self.codes
        deceived = self.halves[1]
        return bool(_FORKED.intersection(self.codes) and (_FORKED | _GONE).intersection(deceived))


@dataclass(frozen=True, slots=True)
class Alone:
    """What came of digests that one connection alone was told."""

    read_s: float | None
    """After how long the box was read that a signed lie told of; None: it was not."""
    caught: bool
    """Whether the one who was told it was warned on the next connection ..."""
    caught_s: float
    """... and after how long."""
    proven: bool
    """Whether the one file that they keep proves that the relay's key signed both."""
    believed: tuple[str, ...]
    """What was believed that must not be: `ADDED`, `EXCHANGED`, `SHORTENED` of `nullabona.drills.operator.alone`."""
    accused: tuple[str, ...]
    """Who of the others was told that the relay contradicts itself."""

    @property
    def held(self) -> bool:
        """Whether the lie was found and proven, and what others were shown did nothing."""
        return self.caught and self.proven and not self.believed and not self.accused


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of the whole drill. ``alone``: None if that was not tried."""

    told: list[Told]
    alone: Alone | None = None


def _in_turn(warned: Iterable[tuple[str, ...]]) -> Iterable[str]:
    return (code for codes in warned for code in codes)


def once(codes: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order in which they came."""
    return tuple(dict.fromkeys(codes))
