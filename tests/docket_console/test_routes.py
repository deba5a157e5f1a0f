"""Every route, for every role: denied unless the table says so. And no route for requests that come from elsewhere."""

from __future__ import annotations

import re
import socket
from urllib.parse import quote

import pytest

from nullabona.docket.console.pages.acting import WHO
from nullabona.docket.console.routing.routes import ROUTES, Route
from nullabona.docket.console.rules.headers import SAFE
from nullabona.docket.core.roles import DESK, READERS, DeskAction, Role
from nullabona.docket.core.states import Action
from tests.docket_console.place import Caller, Got, Place

pytestmark = pytest.mark.timeout(240)
"""Each test calls a process; where many run at once, that takes its time."""

BY_ROLE = {
    Role.INTAKE: "ina",
    Role.REVIEWER: "rea",
    Role.COUNSEL: "cora",
    Role.RELEASER: "rolf",
    Role.NOTIFIER: "nora",
    Role.PUBLISHER: "pia",
    Role.AUDITOR: "aud",
    Role.KEY_CUSTODIAN: "kim",
    Role.ADMIN: "ada",
}
Team = dict[Role, Caller]


@pytest.fixture(scope="module")
def team(place: Place) -> Team:
    """One officer for each role, with that role only."""
    return {role: place.officer(name) for role, name in BY_ROLE.items()}


@pytest.fixture(scope="module")
def case(place: Place) -> str:
    """A case that nobody in these tests moves."""
    return str(place.tell("take_in"))


def path_of(route: Route, case: str) -> str:
    """A path that the route is for, about something that is there where there is something."""
    names = {"case": case, "instrument": "KR.WARRANT", "officer": "rea", "name": "console.css", "number": "0"}
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: names.get(found[1], "00"), route.path)


def knock(caller: Caller, route: Route, case: str, **headers: str) -> Got:
    """The route's request, with the session's token where one is needed and nothing sensible in it."""
    path = path_of(route, case)
    if route.method == "GET":
        return caller.ask("GET", path, headers=headers)
    return caller.send(path, {}, **headers) if route.scripted else caller.post(path, {}, **headers)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_the_doors_that_are_its_own(team: Team, case: str, role: Role) -> None:
    """For every route: who may not enter gets exactly what somebody gets who asks for what is not there."""
    caller = team[role]
    nothing = caller.get("/no-such-page")
    wrong = []
    for route in ROUTES:
        if route.public or route.path in {"/sign-out", "/display"}:
            continue
        got = knock(caller, route, case)
        missing = got.status == 404 and (route.scripted or got.text.count("<h1>") == nothing.text.count("<h1>"))
        if missing == bool(route.always or role in route.roles) and not _is_really_missing(route, got, role):
            wrong.append(f"{route.method} {route.path} {got.status}")
    assert wrong == []


def test_everything_that_can_be_done_has_its_door() -> None:
    """Each action of the desk's tables, on a case or on the desk, for exactly the roles that the tables name."""
    posts = {route.path: route.roles for route in ROUTES if route.method == "POST"}
    for action in set(Action) - {Action.READ, Action.INTAKE}:
        assert WHO[action] == posts[f"/case/{{case}}/{action}"], action
    assert WHO[Action.INTAKE] == posts["/intake/{instrument}"]
    routes = {
        DeskAction.ENROL: "/officers/{officer}/enrol", DeskAction.REVOKE: "/officers/{officer}/revoke",
        DeskAction.GRANT_ROLE: "/officers/{officer}/grant-role", DeskAction.TAKE_ROLE: "/officers/{officer}/take-role",
        DeskAction.ADD_KEY: "/officers/{officer}/keys/{key}", DeskAction.REGISTER_AUTHORITY: "/authorities",
        DeskAction.REPORT: "/record/report", DeskAction.OPEN: "/record/open", DeskAction.SETTLE: "/record/settle",
        DeskAction.OBJECT: "/confirm/{challenge}/object", DeskAction.OUTAGE: "/record/outage",
        DeskAction.SIGN_OFF: "/laws/{instrument}/sign-off",
        DeskAction.APPOINT_DEPUTY: "/officers/{officer}/appoint-deputy",
        DeskAction.END_DEPUTY: "/officers/{officer}/end-deputy",
    }  # fmt: skip
    elsewhere = {DeskAction.READ_JOURNAL}  # a page of its own
    assert set(DeskAction) - elsewhere == set(routes)
    assert {action: DESK[action] for action in routes} == {action: posts[path] for action, path in routes.items()}


def _is_really_missing(route: Route, got: Got, role: Role) -> bool:
    """A package that is not made yet is missing for those who may look too."""
    return route.path.endswith("/package/{number:int}") and got.status == 404 and role in READERS


def test_a_stranger_is_led_to_the_sign_in_page(place: Place, case: str) -> None:
    """Or told so, if a script asks; nothing else is learned, not even which cases there are."""
    stranger = place.stranger()
    for route in ROUTES:
        if not route.public:
            got = knock(stranger, route, case)
            assert (401 if route.scripted else 303) == got.status, route
            if not route.scripted:
                assert got.headers["location"].startswith("/sign-in"), route
    assert stranger.get(f"/case/{case}").status == stranger.get(f"/case/{'0' * 32}").status == 303


@pytest.mark.parametrize("name", ["%EA%B0%80", "%FF", "%0d%0aX:1", "a b".replace(" ", "%20"), "%E2%80%AE"])
def test_any_address_leads_a_stranger_to_the_sign_in_page(place: Place, name: str) -> None:
    """Whatever letters are in it: a whole answer, whose way back is plain ASCII."""
    got = place.stranger().get(f"/case/{name}")
    assert (303, True) == (got.status, got.headers["location"].isascii())
    assert "content-security-policy" in got.headers


@pytest.mark.parametrize("before", ["²", "-1", "1e3", "9" * 400, "٣", ""])
def test_any_number_asks_for_the_journal(team: Team, before: str) -> None:
    """What is none shows the newest entries."""
    assert 200 == team[Role.AUDITOR].get(f"/journal?before={quote(before)}").status


def test_an_admin_reads_no_case(team: Team, case: str) -> None:
    """Neither list, nor case, nor original, nor journal; a case that is there is like one that is not."""
    admin = team[Role.ADMIN]
    for path in (f"/case/{case}", f"/case/{case}/document", "/cases", "/queue/version", "/journal", "/intake"):
        assert 404 == admin.get(path).status, path
    absent = "0" * len(case)
    assert admin.get(f"/case/{absent}").text == admin.get(f"/case/{case}").text.replace(case, absent)
    assert (303, "/confirm") == (admin.get("/").status, admin.get("/").headers["location"])
    assert case not in admin.get("/officers").text


@pytest.mark.parametrize("name", ["0" * 32, "zz", "..", "%2e%2e", "00", "f" * 64, "%00", "'--"])
def test_a_case_that_is_not_there_is_no_fault(team: Team, name: str) -> None:
    """Ids that are none, or nobody's, are answered calmly."""
    assert team[Role.AUDITOR].get(f"/case/{name}").status in {404, 409}


# -- from elsewhere ---------------------------------------------------------------------------------------------------

FOREIGN = [
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": ""},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "", "Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "none"},
    {"Host": "desk.example"},
    {"Host": "localhost.evil.example"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_nothing_is_changed_by_a_request_from_elsewhere(team: Team, case: str, headers: dict[str, str]) -> None:
    """For every route that changes something, with a right cookie and a right token."""
    routes = [route for route in ROUTES if route.method != "GET"]
    assert {403} == {knock(team[Role.INTAKE], route, case, **headers).status for route in routes}


@pytest.mark.parametrize("token", ["", "0" * 64, "é"], ids=repr)
def test_nothing_is_changed_without_the_sessions_token(team: Team, case: str, token: str) -> None:
    """Every route that changes something for somebody who is signed in wants it, in the form or from the script."""
    for role, caller in team.items():
        for route in ROUTES:
            if route.method == "GET" or route.public or not (route.always or role in route.roles):
                continue
            path = path_of(route, case)
            if route.scripted:
                got = caller.send(path, {}, **{"X-Desk-Token": token.encode().decode("latin-1")})
            else:
                got = caller.post(path, {"token": token})
            assert 403 == got.status, (role, route)


def test_another_sessions_token_is_none(team: Team) -> None:
    """Not even a colleague's."""
    ina, rea = team[Role.INTAKE], team[Role.REVIEWER]
    assert 403 == ina.post("/display", {"token": rea.csrf, "theme": "dark"}).status
    assert 303 == ina.post("/display", {"theme": "dark"}).status


def test_a_page_elsewhere_cannot_load_anything(team: Team) -> None:
    """Neither in a frame, nor as a script, nor by fetch; a click on a link leads in, without the cookie."""
    ina = team[Role.INTAKE]
    for mode in ("no-cors", "cors"):
        assert 403 == ina.get("/cases", **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode}).status
    ina.cookie, kept = "", ina.cookie
    assert 303 == ina.get("/cases", **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).status
    ina.cookie = kept


def test_a_way_back_never_leads_to_another_site(place: Place) -> None:
    """Whatever a link says."""
    stranger = place.stranger()
    for go in (
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/x?y",
        "/%0d%0aX:1",
    ):
        assert 'data-go=""' in stranger.get(f"/sign-in?go={go}").text, go
    assert 'data-go="/cases"' in stranger.get("/sign-in?go=/cases").text


# -- headers ----------------------------------------------------------------------------------------------------------


def test_every_answer_carries_the_headers(team: Team, case: str) -> None:
    """Pages, files, refusals: all of them, and none says what serves it or when."""
    ina = team[Role.INTAKE]
    answers = [knock(ina, route, case) for route in ROUTES if route.method == "GET"]
    answers += [ina.get("/no-such-page"), ina.ask("POST", "/sign", b"x", {"Host": "evil.example"})]
    answers += [ina.ask("PUT", "/"), ina.ask("OPTIONS", "/"), ina.ask("HEAD", "/cases"), ina.ask("TRACE", "/")]
    answers.append(ina.ask("POST", "/display", b"x" * 300_000))
    for got in answers:
        assert {name.lower(): value for name, value in SAFE}.items() <= got.headers.items(), got.status
        assert {"server", "date", "access-control-allow-origin"} & got.headers.keys() == set()


def test_the_policy_allows_no_script_but_the_consoles_files() -> None:
    """Nothing by default, no inline, no eval, no frames, no forms to elsewhere, and Trusted Types."""
    policy = dict(SAFE)["Content-Security-Policy"].split("; ")
    for wanted in (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "base-uri 'none'",
        "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
    ):  # fmt: skip
        assert wanted in policy
    assert not any("unsafe" in part or "*" in part or "data:" in part for part in policy)


def test_a_head_that_says_something_twice_is_refused(team: Team) -> None:
    """Two hosts, two origins or two cookies: nobody guesses which is meant."""
    place = team[Role.INTAKE].place
    for double in ("Host: evil.example", "Origin: https://evil.example", "Cookie: a=b\r\nCookie: c=d"):
        with socket.create_connection(("127.0.0.1", place.port), timeout=10) as raw:
            head = (
                f"GET /sign-in HTTP/1.1\r\nHost: localhost:{place.port}\r\nOrigin: {place.origin}\r\n{double}\r\n\r\n"
            )
            raw.sendall(head.encode())
            assert b" 40" in raw.recv(200)[:13], double
