"""Each lie of the drill, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from nullabona.drills.operator.lies import APART, CARDS
from nullabona.drills.reporting.text import Text

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
    "drop": Text("Say that frames came, and never hand them over", "프레임이 왔다면서 내주지 않기"),
    "delay": Text("Hold everything back", "모두 붙잡아 두기"),
    "reorder": Text("Exchange neighbouring frames", "이웃한 프레임의 순서 바꾸기"),
    "repeat": Text("Hand out one frame again and again", "한 프레임을 되풀이해 내주기"),
    "forge": Text("Hand out noise in the place of frames", "프레임 대신 잡음 내주기"),
    "alter": Text("Change one bit of every frame", "프레임마다 한 비트 바꾸기"),
    "rewrite": Text("Write whatever looks like letters in the other case", "글자로 보이는 것의 대소문자 바꾸기"),
    "forget": Text("Deny that there ever was such a box", "그런 상자는 없었다고 잡아떼기"),
    APART: Text("Show two halves of a group different histories", "그룹의 두 쪽에 서로 다른 기록 보여 주기"),
    CARDS: Text("Answer lookups with cards of another key", "다른 열쇠의 명함으로 조회에 답하기"),
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


def _in_turn(warned: Iterable[tuple[str, ...]]) -> Iterable[str]:
    return (code for codes in warned for code in codes)


def once(codes: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order in which they came."""
    return tuple(dict.fromkeys(codes))
