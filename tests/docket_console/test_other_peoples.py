"""Names of other people's things: whoever puts them into an address or a form gets nothing, and changes nothing."""

from __future__ import annotations

import pytest

from tests.docket_console.authenticator import SoftKey, encode
from tests.docket_console.forms import take_in, warrant
from tests.docket_console.place import Caller, Place

pytestmark = pytest.mark.timeout(240)
"""Each test calls a process; where many run at once, that takes its time."""
Team = dict[str, Caller]


@pytest.fixture(scope="module")
def team(place: Place) -> Team:
    """Officers who work on cases, and who looks after officers."""
    return {name: place.officer(name) for name in ("ina", "ivo", "rea", "cora", "rolf", "ada", "ben")}


def test_a_colleagues_authenticator_is_not_set_aside(team: Team) -> None:
    """Under its right name, from another officer's session; both still sign in."""
    theirs = encode(team["ivo"].keys[0].id)
    assert 409 == team["ina"].post(f"/authenticators/{theirs}/aside").status
    assert 200 == team["ivo"].sign_in().status


def test_a_key_is_not_admitted_for_somebody_else(place: Place, team: Team) -> None:
    """Ina's waiting key, named as one of Rea's: nothing is proposed."""
    asked = team["ina"].send("/authenticators/options", {"label": "spare"}).json()
    spare = SoftKey(place.origin, 777)
    signed = team["ina"].keys[0].get(asked["sign"])["credential"]
    assert 200 == team["ina"].send("/authenticators", {"signed": signed, **spare.create(asked["create"])}).status
    assert 409 == team["ada"].post(f"/officers/rea/keys/{encode(spare.id)}").status
    assert "Nothing is waiting" in team["ben"].get("/confirm").text


def test_a_case_one_stepped_back_from_is_closed_under_every_address(team: Team) -> None:
    """Page, original, package, receipt, what was handed over, amendment, and every action of the officer's role."""
    case = take_in(team["ina"])
    team["cora"].does(f"{case}/recuse", {"why": "a friend is named"})
    paths = ("", "/document", "/package/0", "/receipt", "/amend")
    assert {409} == {team["cora"].get(case + path).status for path in paths}
    actions = ("decide", "receipt", "seal", "close", "bar-notice", "renew-gag", "lift-gag", "share", "keep")
    filled = {
        "until": "2027-01-01T00:00",
        "basis": "law",
        "officer": "rea",
        "outcome": "refuse",
        "reason": "incomplete",
    }
    assert {409} == {team["cora"].post(f"{case}/{action}", filled).status for action in actions}


@pytest.mark.parametrize("path", ["/document", "/package/0", "/receipt"])
def test_who_reads_no_cases_gets_no_file_of_one(place: Place, team: Team, path: str) -> None:
    """An admin who knows a case's id gets the answer of a page that is not there."""
    case = place.tell("take_in")
    assert 404 == team["ada"].get(f"/case/{case}{path}").status


def test_a_case_is_shared_with_readers_only(place: Place, team: Team) -> None:
    """Neither with an admin nor with somebody who does not exist, whatever the form says."""
    case = place.tell("take_in")
    for officer in ("ada", "kim", "nobody", "ina", ""):
        assert 409 == team["ina"].post(f"/case/{case}/share", {"officer": officer}).status, officer


def test_a_proposal_that_is_not_there_is_not_confirmed(team: Team) -> None:
    """Made-up names, names that are none, and the name of an act on a case."""
    for name in ("00" * 32, "zz", "00", "%2e%2e"):
        assert team["ben"].post(f"/confirm/{name}").status in {404, 409}, name


def test_a_case_that_is_not_published_is_not_opened(place: Place, team: Team) -> None:
    """Its id in the form opens nothing."""
    case = place.tell("take_in")
    assert 409 == team["cora"].post("/record/open", {"case": case}).status


def test_a_form_says_no_more_than_it_asks_for(place: Place, team: Team) -> None:
    """An officer, a state or a role put into a form beside its fields is not read."""
    case = place.tell("take_in")
    asked = team["ina"].post(f"/case/{case}/match", {"officer": "rea", "state": "produced", "action": "produce"})
    assert ("&#34;officer&#34;: &#34;ina&#34;" in asked.text, "produce" in asked.text) == (True, False)


def test_a_clock_that_jumps_ahead_ends_what_was_asked(own_place: Place) -> None:
    """A day ahead: the session is over and what waited to be signed with it; a day back helps nobody either."""
    ina, case = own_place.officer("ina"), own_place.tell("take_in")
    page = ina.post(f"/case/{case}/match")
    own_place.tell("clock_by", seconds=86_400)
    assert 401 == ina.send("/sign", {"credential": ina.keys[0].get(page.asked)["credential"]}).status
    own_place.tell("clock_by", seconds=-86_400)
    ina.sign_in()
    assert 403 == ina.sign(page).status
    assert "received" == own_place.tell("state", case=case)


def test_a_stale_approval_releases_nothing(place: Place, team: Team) -> None:
    """Decided, then amended: the release that was asked for before is refused, and so is the decision's package."""
    case = take_in(team["ina"])
    team["ina"].does(f"{case}/match")
    team["rea"].does(f"{case}/review")
    team["cora"].does(
        f"{case}/decide", {"outcome": "produce", "answer-subscriber": "produced", "answer-content": "not_held"}
    )
    release = team["rolf"].post(f"{case}/produce")
    team["cora"].does(f"{case}/amend", [*warrant("", ref="2026-79"), ("why", "a digit was wrong")])
    signed = team["rolf"].sign(release)
    assert (409, "docket-wrong-state") == (signed.status, signed.json()["code"])
    assert 409 == team["rolf"].post(f"{case}/produce").status
    assert "received" == place.tell("state", case=case[6:])
