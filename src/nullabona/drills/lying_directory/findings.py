"""How each lie was noticed: by whom, as what, and after how long."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from nullabona.drills.reporting.text import Sentences, Text, as_it_is

_say: Final = Sentences("drill_lying_directory")

SLACK_S: Final = 10.0
"""Beside the two periods within which an owner's device has to tell: witnesses take a moment to sign, the device looks
a second later, and the machine may be busy. On one that is not it takes two or three seconds in all."""


_NOTHING: Final = as_it_is("")


@dataclass(frozen=True, slots=True)
class Caught:
    """How a lie was noticed. ``code``: what the person is told; empty: not at all.

    After ``within_s`` it is too late; infinite: no time is promised.
    """

    id: str
    lie: Text
    by: Text
    code: str
    expected: frozenset[str]
    seconds: float
    more: Text = _NOTHING
    within_s: float = math.inf
    said: Text = _NOTHING
    """The line of the report, where it is no matter of when somebody noticed."""

    @property
    def held(self) -> bool:
        """Whether it was noticed as it should be, and in time."""
        return self.code in self.expected and self.seconds <= self.within_s


def within(period_s: int) -> float:
    """How long it may take until an owner's device tells of a card that it did not make."""
    return 2 * period_s + SLACK_S


def line(caught: Caught) -> Text:
    """One lie, for people."""
    if caught.said.en:
        return caught.said
    if not caught.code:
        return _say("not-noticed", lie=caught.lie)
    more = _say("and-more", more=caught.more) if caught.more.en else caught.more
    if caught.seconds > caught.within_s:
        more = _say("too-late-after", within_s=caught.within_s)
    if caught.code == "believed":
        return _say("until-owner-s", lie=caught.lie, seconds=caught.seconds, more=more)
    return _say("noticed-after-s", lie=caught.lie, by=caught.by, seconds=caught.seconds, code=caught.code, more=more)
