"""Sessions are short, end when they must, and leave nothing behind."""

from __future__ import annotations

import pytest

from tests.docket_console.place import Caller, Place

pytestmark = pytest.mark.timeout(240)
"""Each test calls a process; where many run at once, that takes its time."""


@pytest.fixture
def ina(own_place: Place) -> Caller:
    """An officer who has just signed in."""
    return own_place.officer("ina")


def out(caller: Caller) -> bool:
    """Whether the caller is asked to sign in."""
    got = caller.get("/cases")
    return (303, "/sign-in?go=/cases") == (got.status, got.headers.get("location"))


def test_half_an_hour_of_silence_ends_a_session(own_place: Place, ina: Caller) -> None:
    """A second before it is alive, and that begins the half hour anew."""
    own_place.tell("clock_by", seconds=1799)
    assert not out(ina)
    own_place.tell("clock_by", seconds=1799)
    assert not out(ina)
    own_place.tell("clock_by", seconds=1800)
    assert out(ina)


def test_eight_hours_end_a_busy_session(own_place: Place, ina: Caller) -> None:
    """However busy it is."""
    for _ in range(16):
        own_place.tell("clock_by", seconds=1799)
        assert not out(ina)
    own_place.tell("clock_by", seconds=15)
    assert not out(ina)
    own_place.tell("clock_by", seconds=1)
    assert out(ina)


def test_a_screen_that_watches_the_queue_keeps_no_session_alive(own_place: Place, ina: Caller) -> None:
    """What the page asks by itself is no use of the session."""
    for _ in range(3):
        own_place.tell("clock_by", seconds=500)
        assert 200 == ina.get("/queue/version", **{"X-Desk-Quiet": "1"}).status
    own_place.tell("clock_by", seconds=300)
    assert 401 == ina.get("/queue/version", **{"X-Desk-Quiet": "1"}).status


def test_a_clock_that_went_back_ends_a_session(own_place: Place, ina: Caller) -> None:
    """Nobody stays signed in because a clock was set."""
    own_place.tell("clock_by", seconds=-1)
    assert out(ina)


def test_a_revoked_officers_session_ends_at_once(own_place: Place, ina: Caller) -> None:
    """With the second signature under the revocation, and for good."""
    case = own_place.tell("take_in")
    page = ina.post(f"/case/{case}/match")
    own_place.tell("revoke", officer="ina")
    assert 401 == ina.sign(page).status
    assert out(ina)
    assert 403 == ina.sign_in().status
    assert "received" == own_place.tell("state", case=case)


def test_a_role_counts_as_soon_as_it_is_granted(own_place: Place, ina: Caller) -> None:
    """And the navigation shows it."""
    assert 404 == ina.get("/journal").status
    own_place.tell("grant", officer="ina", role="counsel")
    assert 200 == ina.get("/journal").status


def test_signing_out_has_the_browser_forget(ina: Caller) -> None:
    """Cookies, cache and storage are cleared, and the session is over for whoever kept the cookie."""
    kept = ina.cookie
    got = ina.post("/sign-out")
    assert (303, '"cache", "cookies", "storage"') == (got.status, got.headers["clear-site-data"])
    assert "Max-Age=0" in got.cookies[0]
    ina.cookie = kept
    assert out(ina)


def test_the_fifth_session_ends_the_first(ina: Caller) -> None:
    """An officer has four at most."""
    cookies = [ina.cookie]
    for _ in range(4):
        ina.cookie = ""
        ina.sign_in()
        cookies.append(ina.cookie)
    alive = []
    for ina.cookie in cookies:
        alive.append(not out(ina))
    assert [False, True, True, True, True] == alive


def test_a_cookie_of_ones_own_making_is_nobody(own_place: Place, ina: Caller) -> None:
    """Odd cookies are no session and no fault."""
    for cookie in ("x", "", "é".encode().decode("latin-1"), "a" * 4000, '"', "=;="):
        ina.cookie = cookie
        assert ina.get("/cases").status == 303


def test_sessions_end_with_the_process_and_leave_nothing(own_place: Place, ina: Caller) -> None:
    """No file holds a session, who signed in, from where or with what."""
    ina.get("/", **{"User-Agent": "PlantedAgent/7", "X-Forwarded-For": "203.0.113.77", "Forwarded": "for=203.0.113.78"})
    said = own_place.stop()
    assert "" == said
    kept = b"".join(path.read_bytes() for path in own_place.folder.rglob("*") if path.is_file())
    for planted in (b"PlantedAgent", b"203.0.113", b"127.0.0.1", ina.cookie.encode()):
        assert planted not in kept


def test_who_has_one_authenticator_left_may_only_add_another(own_place: Place) -> None:
    """An officer whose second key is not admitted yet sees their authenticators and nothing else."""
    own_place.tell("take_in")
    rea = own_place.officer("rea")
    own_place.tell("lose", officer="rea", keep=1)
    assert [303, 404, 404, 200] == [rea.get(path).status for path in ("/", "/cases", "/authorities", "/authenticators")]
    assert "/authenticators" == rea.get("/").headers["location"]
