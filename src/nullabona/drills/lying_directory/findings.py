"""How each lie was noticed: by whom, as what, and after how long."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from nullabona.drills.reporting.text import Text

SLACK_S: Final = 10.0
"""Beside the two periods within which an owner's device has to tell: witnesses take a moment to sign, the device looks
a second later, and the machine may be busy. On one that is not it takes two or three seconds in all."""


_NOTHING: Final = Text("", "")


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

    @property
    def held(self) -> bool:
        """Whether it was noticed as it should be, and in time."""
        return self.code in self.expected and self.seconds <= self.within_s


def within(period_s: int) -> float:
    """How long it may take until an owner's device tells of a card that it did not make."""
    return 2 * period_s + SLACK_S


def line(caught: Caught) -> Text:
    """One lie, for people."""
    if not caught.code:
        return Text(f"{caught.lie.en}: NOT NOTICED", f"{caught.lie.ko}: 들키지 않음")
    more = Text(f"; {caught.more.en}", f"; {caught.more.ko}") if caught.more.en else caught.more
    if caught.seconds > caught.within_s:
        more = Text(f"; TOO LATE, after {caught.within_s:.0f} s", f"; {caught.within_s:.0f}초를 넘겨 늦음")
    if caught.code == "believed":
        return Text(
            f"{caught.lie.en}: until the owner's device told, {caught.seconds:.1f} s{more.en}",
            f"{caught.lie.ko}: 주인의 기기가 알릴 때까지 {caught.seconds:.1f}초{more.ko}",
        )
    return Text(
        f"{caught.lie.en}: {caught.by.en} noticed after {caught.seconds:.1f} s [{caught.code}]{more.en}",
        f"{caught.lie.ko}: {caught.seconds:.1f}초 만에 {caught.by.ko}이(가) 알아챔 [{caught.code}]{more.ko}",
    )
