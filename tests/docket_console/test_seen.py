"""What officers see before they decide, and what an auditor sees of what they did."""

from __future__ import annotations

import re

import pytest

from tests.docket_console.forms import take_in
from tests.docket_console.place import Caller, Place

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def team(place: Place) -> dict[str, Caller]:
    return {name: place.officer(name) for name in ("ina", "rea", "aud")}


def test_what_is_held_is_shown_before_it_is_decided(team: dict[str, Caller]) -> None:
    """Not only the names of the fields: the day itself; and no word of a program."""
    case = take_in(team["ina"])
    assert case == team["ina"].does(f"{case}/match")
    page = team["rea"].get(case).text
    assert "2026-09-04 UTC" in page
    assert "skeleton" not in page


def test_readings_are_folded_away(team: dict[str, Caller]) -> None:
    """The journal keeps each, and lists what was done; who wants to see the readings asks for them."""
    case = take_in(team["ina"])
    for _ in range(3):
        team["rea"].get(case)
    short, whole = team["aud"].get("/journal").text, team["aud"].get("/journal?all=1").text
    assert "<td>read</td>" not in short
    assert whole.count("<td>read</td>") >= 3
    assert "<td>Take in</td>" in short


def test_an_urgent_case_says_from_when_a_receipt_can_be_issued(team: dict[str, Caller]) -> None:
    """And what may be said by telephone meanwhile. A demand that is not urgent says it once it is answered."""
    plain, urgent = team["rea"].get(take_in(team["ina"])).text, team["rea"].get(take_in(team["ina"], threat="on")).text
    said = re.search(r"the period that ends at (\d{4}-\d\d-\d\d \d\d:\d\d) UTC is published", urgent)
    assert said is not None, urgent[urgent.find("next-step") :][:600]
    assert "say only that the demand has arrived" in urgent
    assert "The receipt can be issued" not in plain
