"""Which rules counsel answers for, from the console: seen by everybody who reads cases, signed by two."""

from __future__ import annotations

import re

import pytest

from tests.docket_console.forms import take_in
from tests.docket_console.place import Caller, Place

pytestmark = pytest.mark.timeout(240)
SOURCE = "국가법령정보센터, 형사소송법 제215조"


@pytest.fixture(scope="module")
def team(place: Place) -> dict[str, Caller]:
    """Counsel, a reviewer, one who takes in, and the auditor."""
    return {name: place.officer(name) for name in ("ina", "rea", "cora", "aud")}


def row_of(page: str, instrument: str) -> str:
    found = re.search(rf'/laws/{re.escape(instrument)}/sign-off">.*?name="row" value="([0-9a-f]*)"', page)
    assert found, page[:3000]
    return found[1]


def state_of(page: str, instrument: str) -> str:
    """The pill beside a row."""
    found = re.search(rf'>{re.escape(instrument)}</span>.*?<span class="pill[^>]*>([^<]*)<', page, re.DOTALL)
    assert found, page[:3000]
    return found[1]


def test_a_row_is_signed_off_by_two(team: dict[str, Caller]) -> None:
    """Counsel and a reviewer; then a case of its kind no longer says that nobody answers for its rules."""
    case = take_in(team["ina"])
    assert "not signed off the rules for this kind" in team["ina"].get(case).text
    page = team["cora"].get("/laws").text
    assert "not signed off" == state_of(page, "KR.WARRANT")
    fields = {"row": row_of(page, "KR.WARRANT"), "source": SOURCE}
    assert "/laws" == team["cora"].does("/laws/KR.WARRANT/sign-off", fields)
    waiting = team["rea"].get("/confirm").text
    assert SOURCE in waiting
    challenge = re.findall(r'action="/confirm/([0-9a-f]{64})"', waiting)[-1]
    assert SOURCE in team["rea"].post(f"/confirm/{challenge}").text
    assert "/confirm" == team["rea"].does(f"/confirm/{challenge}")
    for name in ("aud", "ina", "cora"):
        page = team[name].get("/laws").text
        assert ("signed off", True) == (state_of(page, "KR.WARRANT"), SOURCE in page)
    assert "not signed off the rules for this kind" not in team["ina"].get(case).text


def test_only_the_row_that_was_seen_is_signed(team: dict[str, Caller]) -> None:
    """A row that has changed since the page was shown, or that is not there, is refused before anything is signed."""
    for instrument, row in (("KR.WARRANT", "0" * 64), ("KR.NONE", "0" * 64), ("KR.WARRANT", "")):
        got = team["cora"].post(f"/laws/{instrument}/sign-off", {"row": row, "source": SOURCE})
        assert got.status == 409
    page = team["cora"].get("/laws").text
    assert (
        409 == team["cora"].post("/laws/KR.WARRANT/sign-off", {"row": row_of(page, "KR.WARRANT"), "source": ""}).status
    )


def test_a_court_stays_a_demand(place: Place, team: dict[str, Caller]) -> None:
    """Counsel records it and its end; meanwhile the page says so, and nothing else is offered but that."""
    case = take_in(team["ina"])
    assert case == team["cora"].does(f"{case}/stay", {"basis": "2027아1"})
    page = team["cora"].get(case).text
    assert "A court has stayed this demand" in page
    assert "stayed" == place.tell("state", case=case[6:])
    assert f'action="{case}/resume"' in page
    assert 409 == team["ina"].post(f"{case}/match").status
    assert case == team["cora"].does(f"{case}/resume", {"basis": "2027아1 각하"})
    assert ("received", False) == (
        place.tell("state", case=case[6:]),
        "A court has stayed" in team["cora"].get(case).text,
    )


@pytest.mark.parametrize("path", ["/laws", "/intake"])
def test_korea_comes_first(team: dict[str, Caller], path: str) -> None:
    """In every list of kinds, as on the public pages; not by the letters of a code."""
    caller = team["ina"]
    headings = re.findall(r'<h2 class="group">([^<]*)</h2>', caller.get(path).text)
    assert ["Korea", "United States", "European Union"] == headings
