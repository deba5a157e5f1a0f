"""Journeys: talking."""

from __future__ import annotations

from tests.browser.conftest import Meet


def test_two_people_talk(meet: Meet) -> None:
    mina, jun = meet("미나", "jun")
    mina.enter("jun")
    mina.say("안녕! 잘 지냈어?")
    jun.enter("미나")
    jun.sees("안녕! 잘 지냈어?")
    jun.say("Very well, thank you")
    mina.sees("Very well, thank you")
