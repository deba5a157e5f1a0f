"""An officer in Seoul at five in the afternoon: what is urgent comes first, times are local, what was signed waits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from nullabona.docket.console.pages import fields
from nullabona.docket.console.pages.standing import Limits, limits_of, standing
from nullabona.docket.console.passkeys.refusals import FormWrong
from nullabona.docket.console.request.views import entered, when
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.records import CaseContent, CaseView, Gag, Match
from nullabona.docket.core.roles import Role
from nullabona.docket.core.states import Action, State
from tests.docket.desks import NOON, Clock, demand, row
from tests.docket_console.forms import hand_in, take_in, warrant
from tests.docket_console.place import Caller, Place

SEOUL = ZoneInfo("Asia/Seoul")
FIVE = int(datetime(2026, 12, 13, 17, 0, tzinfo=SEOUL).timestamp())


@pytest.fixture(scope="module")
def seoul(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A console whose docket.toml names Asia/Seoul."""
    with Place(tmp_path_factory.mktemp("seoul"), "seoul") as running:
        running.tell("register")
        yield running


@pytest.fixture(scope="module")
def ina(seoul: Place) -> Caller:
    return seoul.officer("ina")


def urgent(caller: Caller, **more: str) -> str:
    """A new case's path, of a demand with a deadline of its own."""
    return take_in(caller, received="2026-12-13T20:00", **more)


def numbers(page: str) -> list[str]:
    return re.findall(r'<span class="num">(2026-\d{5})</span>', page)


def test_times_are_entered_and_shown_in_the_desks_zone() -> None:
    """And the zone is said; a time that no clock shows is refused."""
    assert "2026-12-13 17:00 KST" == when(FIVE, SEOUL)
    assert FIVE == fields.moment({"at": entered(FIVE, SEOUL)}, "at", SEOUL)
    assert "2026-12-13 08:00 UTC" == when(FIVE, UTC)
    with pytest.raises(FormWrong):
        fields.moment({"at": "five"}, "at", SEOUL)


def test_a_deadline_can_be_set_on_every_case(ina: Caller) -> None:
    """The search warrant has none of its law; the one on its face is counted, in local time."""
    form = ina.get("/intake/KR.WARRANT").text
    assert "Received at (KST)" in form
    case = ina.get(urgent(ina, **{"respond-by": "2026-12-14T18:00"})).text
    assert ("answer that the document wants" in case, "2026-12-14 18:00 KST" in case) == (True, True)
    assert " UTC<" not in case


def test_a_deadline_before_the_demand_is_refused(ina: Caller) -> None:
    """It would be late at once."""
    values = warrant(hand_in(ina), received="2026-12-13T20:00", **{"respond-by": "2026-12-13T19:00"})
    assert 409 == ina.post("/intake/KR.WARRANT", values).status


def test_danger_to_life_comes_first(ina: Caller) -> None:
    """Before a deadline that is nearer, until the answer is handed over."""
    urgent(ina, ref="soon", **{"respond-by": "2026-12-13T21:30"})
    life = ina.get(urgent(ina, ref="life", threat="on")).text
    number = re.findall(r"Case (2026-\d{5})", life)[0]
    page = ina.get("/").text
    assert number == numbers(page)[0]
    assert "Danger to life or limb · 1" in page


def test_cases_are_found_by_what_officers_remember(ina: Caller) -> None:
    """Nothing that was looked for comes into an address, which browsers and proxies keep."""
    urgent(ina, ref="2026영장제777호", identifiers="jun@relay.example")
    for text in ("777호", "JUN@relay", "서울경찰청 영장제777", "형사소송법 jun@"):
        found = ina.post("/cases", {"q": text}).text
        assert "1 of " in found, text
        assert "jun@relay.example" in found
    assert "0 of " in ina.post("/cases", {"q": "nothing like it"}).text
    assert "0 of " in ina.post("/cases", {"state": "closed"}).text
    assert "0 of " not in ina.post("/cases", {"kind": "KR.WARRANT", "authority": "seoul-police"}).text
    assert "0 of " not in ina.get("/cases").text


def test_what_one_person_signed_says_what_it_waits_for(ina: Caller) -> None:
    """On the page where it was asked for: nothing is in force yet, and whose signature is missing."""
    given = {
        "id": "seoul-court",
        "name": "서울중앙지방법원",
        "jurisdiction": "KR",
        "branch": "court",
        "call": "+82-2-530-1114",
    }
    assert "/authorities" == ina.does("/authorities", given)
    page = ina.get("/authorities").text
    assert ("서울중앙지방법원" in page, "waits for the second signature" in page, "counsel, reviewer" in page) == (
        True, True, True,
    )  # fmt: skip


def view(state: State, gag: Gag | None = None) -> CaseView:
    """A case as its page shows it."""
    asked = demand(Clock())
    given = CaseContent(asked, (Match(asked.identifiers[0], found=True, record={"handle": "mina"}),), gag=gag)
    return CaseView(bytes(16), "2026-00001", state, bytes(32), given, "ina", (), (), NOON)


@pytest.mark.parametrize(
    ("instrument", "gag"),
    [
        (row("KR.WARRANT"), Gag("order")),
        (row("KR.WARRANT"), Gag("order", NOON + DAY)),
        (row("KR.INTERCEPT", notice="never"), None),
    ],
)
def test_notice_is_never_the_step_to_take_where_it_is_forbidden(instrument: object, gag: Gag | None) -> None:
    """To press it would be a crime if it went through: it comes last, and says why it cannot be done."""
    case = view(State.RECEIPTED, gag)
    limits = limits_of(case, instrument, NOON, handed_over=True)  # type: ignore[arg-type]
    where = standing(case, "nora", frozenset({Role.NOTIFIER}), limits, handed_over=True)
    assert (Action.NOTIFY, "gag") == (where.next[-1].action, where.next[-1].why)
    assert where.first is not None
    assert Action.NOTIFY is not where.first.action or not where.first.mine


def test_notice_is_offered_once_the_gag_is_over() -> None:
    """Then it is the step to take."""
    case = view(State.RECEIPTED, Gag("order", NOON))
    where = standing(
        case,
        "nora",
        frozenset({Role.NOTIFIER}),
        limits_of(case, row("KR.WARRANT"), NOON, handed_over=True),
        handed_over=True,
    )
    assert (Action.NOTIFY, True) == (where.first and where.first.action, where.first and where.first.mine)


@pytest.mark.parametrize(("public", "step"), [(False, Action.PUBLISH), (True, Action.SEAL)])
def test_the_next_step_of_a_told_case_is_what_its_kind_allows(*, public: bool, step: Action) -> None:
    """Whoever looks: counsel is not led to seal a case that may be shown."""
    for role in (Role.COUNSEL, Role.PUBLISHER):
        where = standing(view(State.NOTIFIED), "x", frozenset({role}), Limits(public=public), handed_over=True)
        assert [step] == [one.action for one in where.next]


def test_an_officer_who_just_enrolled_is_told_what_is_missing(seoul: Place) -> None:
    """On the page that the browser comes to, and when signing in too early."""
    page = seoul.stranger().get("/sign-in?applied=1", **{"Accept-Language": "en"}).text
    assert "once two officers have made sure" in page or "두 사람이 당신을 확인" in page


def test_an_amendment_replaces_the_deadline(seoul: Place, ina: Caller) -> None:
    """One that no longer stands in the document no longer runs."""
    path = urgent(ina, ref="amended", **{"respond-by": "2026-12-14T18:00"})
    values = warrant("", ref="amended", received="2026-12-13T20:00", why="misread")
    ina.does(f"{path}/amend", values)
    assert "answer that the document wants" not in ina.get(path).text
