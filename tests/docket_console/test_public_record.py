"""What a desk does in public, from its console over real HTTP: notices, openings, reports, settlement; and its batches.

Behind it are a real log and a real witness, one of which can be slow: nobody who is signed in waits for it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nullabona.docket.verify import Verification, verify
from nullabona.log.policy import Policy
from nullabona.wire.address import Address
from nullabona.wire.operator_notice import check_binding, parse_notice
from nullabona.wire.seal import ITEM_DIRECT, open_inbox_frame
from tests.api.people import play
from tests.docket.publishing import POLICY
from tests.docket_console.place import Caller, Place
from tests.docket_console.public import SETTLING
from tests.wire import cards

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]
AT_ONCE_S = 2.0
"""A page is answered within this time while something else waits for 60 s; on a quiet machine within a hundredth."""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A console with a log."""
    with Place(tmp_path, "public") as running:
        running.tell("register")
        yield running


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A console with a log that many tests look at."""
    with Place(tmp_path_factory.mktemp("public"), "public") as found:
        found.tell("tick", periods=5)
        yield found


@pytest.fixture(scope="module")
def pia(running: Place) -> Caller:
    """The publisher there."""
    return running.officer("pia")


def until(holds: Callable[[], Any], most_s: float = 20) -> Any:  # noqa: ANN401 - whatever it waits for
    """What ``holds`` gives once it is true; asks again and again, and fails in the end."""
    end = time.monotonic() + most_s
    while not (found := holds()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def verified(place: Place, now_s: int) -> Verification:
    """What an outsider finds in the public files."""

    async def fetch(path: str) -> bytes | None:
        file = place.folder / "log/public" / path
        return file.read_bytes() if file.is_file() else None

    return play(verify(fetch, Policy.parse(POLICY), now_s))


def answered(place: Place) -> str:
    """The id of a case that was handed over."""
    case = str(place.tell("take_in"))
    place.tell("tick")
    place.tell("receipted", case=case)
    place.tell("clock_by", seconds=3_500)  # the next batch comes before anybody's session ends
    return case


def test_a_person_is_told_from_the_console(place: Place) -> None:
    """Signed by the notifier, delivered once the log proves it: the frame opens in the inbox and holds for a client."""
    case = answered(place)
    nora = place.officer("nora")
    assert "0 signed" in nora.get("/record").text
    nora.does(f"/case/{case}/notify")
    page = nora.get("/record").text
    assert ("1 signed" in page, "/record/deliver" in page) == (True, True)
    assert 303 == nora.post("/record/deliver").status
    assert place.tell("inboxes") == [], "nothing goes out before the log proves it"
    place.tell("tick")
    assert 303 == nora.post("/record/deliver").status
    ((handle, address, frame),) = until(lambda: place.tell("inboxes"))
    item = open_inbox_frame(cards.seed_of("mina"), Address(bytes.fromhex(address)), bytes.fromhex(frame))
    assert item[:1] == ITEM_DIRECT
    assert check_binding(parse_notice(item[1:]), handle).event == "notified"
    until(lambda: "0 signed" in nora.get("/record").text)
    assert place.tell("kinds").count("notice-delivered") == 1


def test_a_slow_relay_holds_nobody_up(place: Place) -> None:
    """While a letter is on its way pages are answered at once, the page says so, and nobody sends it twice."""
    case, nora, cora = answered(place), place.officer("nora"), place.officer("cora")
    nora.does(f"/case/{case}/notify")
    place.tell("tick")
    place.tell("inboxes", hold=True)
    assert quickly(lambda: nora.post("/record/deliver").status) == 303
    assert "1 on the way" in nora.get("/record").text
    assert 409 == nora.post("/record/deliver").status
    assert quickly(lambda: cora.get(f"/case/{case}").status) == 200
    place.tell("inboxes", hold=False)
    until(lambda: place.tell("inboxes"))
    until(lambda: "0 signed" in nora.get("/record").text)


def test_a_relay_that_refuses_loses_nothing(place: Place) -> None:
    """The page says what went wrong, in the officer's language; the notice waits, and goes out the next time."""
    case, nora = answered(place), place.officer("nora")
    nora.does(f"/case/{case}/notify")
    place.tell("tick")
    place.tell("inboxes", broken=True)
    nora.post("/record/deliver")
    until(lambda: "1 not delivered" in nora.get("/record").text)
    assert "1 signed" in nora.get("/record").text
    place.tell("inboxes")
    nora.post("/record/deliver")
    until(lambda: "0 signed" in nora.get("/record").text)
    assert "not delivered." not in nora.get("/record").text


def test_every_notice_that_stays_says_why(place: Place) -> None:
    """Two that a relay refuses, one that the log does not prove yet, one under a new gag: each with its own reason."""
    told = [answered(place) for _ in range(3)]
    nora, cora = place.officer("nora"), place.officer("cora")
    for case in told:
        nora.does(f"/case/{case}/notify")
    place.tell("tick")
    place.tell("gag", case=told[2])
    late = answered(place)
    for caller in (nora, cora):
        caller.sign_in()
    nora.does(f"/case/{late}/notify")
    page = nora.get("/record").text
    assert (2, 1, 1) == (
        page.count("can be delivered"),
        page.count("a non-disclosure order is in force"),
        page.count("next batch:"),
    )
    place.tell("inboxes", broken=True)
    nora.post("/record/deliver")
    until(lambda: "2 not delivered" in nora.get("/record").text)
    page = nora.get("/record").text
    assert 2 == page.count("the relay did not take the notice [http-misbehaved]")
    assert all(f"2026-0000{number}" in page for number in (1, 2, 3, 4))
    place.tell("inboxes")
    nora.post("/record/deliver")
    until(lambda: "2 signed" in nora.get("/record").text)
    assert "not delivered." not in nora.get("/record").text
    assert 404 == cora.post("/record/deliver").status


def test_a_slow_batch_holds_nobody_up(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """While a witness takes its time officers read, and sign; the batch ends when the witness answers."""
    case = str(place.tell("take_in"))
    place.tell("clock_by", seconds=3_500)
    ina = place.officer("ina")
    place.tell("slow_witness", slow=True)
    before = place.tell("tick_due")
    place.tell("begin_publishing")
    begun = time.monotonic()
    assert quickly(lambda: ina.get(f"/case/{case}").status) == 200
    assert quickly(lambda: ina.does(f"/case/{case}/match")) == f"/case/{case}"
    took = time.monotonic() - begun
    assert place.tell("last_period") < before, "the batch still waits"
    place.tell("slow_witness", slow=False)
    until(lambda: place.tell("last_period") == before)
    with capsys.disabled():
        print(f"\n  a page, a form and a signature while a batch waits for its witness: {1000 * took:.0f} ms")  # noqa: T201


def again(place: Place, caller: Caller) -> None:
    """Sign in again: a batch came, and with it half an hour went by."""
    place.tell("clock_by", seconds=1)
    assert 200 == caller.sign_in().status


def quickly(what: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever it gives
    """What it gives, which must be there at once."""
    begun = time.monotonic()
    found = what()
    assert time.monotonic() - begun < AT_ONCE_S
    return found


def test_an_end_does_not_wait_for_a_slow_witness(place: Place) -> None:
    """Whoever stops the console while a batch waits gets a whole log: the next start publishes what was fixed."""
    place.tell("slow_witness", slow=True)
    place.tell("begin_publishing")
    begun = time.monotonic()
    assert "Traceback" not in place.stop()
    assert time.monotonic() - begun < 60


def test_a_published_case_is_opened_for_everybody(place: Place) -> None:
    """Counsel chooses it on the page and signs; after the next batch an outsider counts the demand."""
    case, rolf, cora = answered(place), place.officer("rolf"), place.officer("cora")
    rolf.does(f"/case/{case}/hand-over", {"unsealed": "yes"})
    assert case not in cora.get("/record").text
    place.tell("finish", case=case)
    place.tell("tick")
    again(place, cora)
    assert 409 == cora.post("/record/open", {"case": "00" * 16}).status
    assert f'value="{case}"' in cora.get("/record").text
    assert "/record" == cora.does("/record/open", {"case": case})
    place.tell("tick")
    found = verified(place, place.tell("clock_by", seconds=0))
    assert found.recount is not None
    assert ((), 1) == (found.findings, len(found.recount.demands.all()))


def test_a_report_takes_two_and_recounts(place: Place) -> None:
    """The publisher signs the figures, counsel confirms them, and an outsider counts the same from the openings."""
    case, rolf, cora, pia = answered(place), place.officer("rolf"), place.officer("cora"), place.officer("pia")
    rolf.does(f"/case/{case}/hand-over", {"unsealed": "yes"})
    place.tell("finish", case=case)
    place.tell("tick")
    again(place, cora)
    cora.does("/record/open", {"case": case})
    again(place, pia)
    assert 409 == pia.post("/record/report", {"term": "2026H2"}).status, "the half-year has not ended"
    place.tell("tick", periods=13)
    again(place, pia)
    assert "/record" == pia.does("/record/report", {"term": "2026H2"})
    assert 409 == pia.post("/record/report", {"term": "2026H3"}).status
    again(place, cora)
    confirm_the_only_one(cora)
    place.tell("tick")
    found = verified(place, place.tell("clock_by", seconds=0))
    assert found.recount is not None
    assert ((), 1) == (found.findings, len(found.recount.reports))


def test_a_half_year_is_settled_by_two_after_its_horizon(tmp_path: Path) -> None:
    """A key custodian proposes, counsel confirms; before the horizon the desk refuses; then the record holds."""
    with Place(tmp_path, "settling") as place:
        kim, cora = place.officer("kim"), place.officer("cora")
        assert "/record" == kim.does("/record/settle", {"term": "2026H2"})
        refused = cora.sign(confirming(cora))
        assert (409, "docket-too-early") == (refused.status, refused.json()["code"])
        place.tell("tick", periods=7)
        cora.sign_in()
        confirm_the_only_one(cora)
        place.tell("tick", periods=3)
        found = verified(place, place.tell("clock_by", seconds=0))
        assert found.recount is not None
        assert ((), {"2026H2"}) == (found.findings, {SETTLING.term_of(at.period) for at in found.recount.resealed})


WHY = {"first": "1", "last": "3", "ko": "전원이 끊겼습니다", "en": "the power was out"}


def test_an_outage_is_stated_by_two_and_excuses_nothing(place: Place) -> None:
    """The publisher signs the reason, counsel confirms it; the late periods stay findings, with the reason beside."""
    place.tell("tick")
    place.tell("late", periods=3)
    pia, ina, cora = (place.officer(name) for name in ("pia", "ina", "cora"))
    page = pia.get("/record").text
    assert ("1\u2060–\u20603" in page, 'action="/record/outage"' in page) == (True, True)
    assert 'action="/record/outage"' not in cora.get("/record").text
    assert 404 == ina.post("/record/outage", WHY).status
    assert "/record" == pia.does("/record/outage", WHY)
    assert "1\u2060–\u20603" not in ina.get("/record").text
    assert 404 == pia.get("/confirm").status, "who stated it does not confirm it"
    shown = cora.get("/confirm").text
    assert "the periods 1 to 3 were late" in shown
    assert WHY["ko"] in confirming(cora).text
    confirm_the_only_one(cora)
    place.tell("tick")
    found = verified(place, place.tell("clock_by", seconds=0))
    said = [found.outage_of(one) for one in found.findings]
    assert [("period-late", WHY["en"])] * 3 == [
        (one.code, each.en) for one, each in zip(found.findings, said, strict=True) if each is not None
    ]
    assert (False, True) == (found.holds, found.only_stated_lateness)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"last": "999999999"}, "docket-stale"), ({"first": "3", "last": "1"}, "docket-stale"),
        ({"first": "-1"}, "form-wrong"), ({"first": "1e1"}, "form-wrong"), ({"first": "9" * 30}, "form-wrong"),
        ({"first": "²"}, "form-wrong"), ({"ko": ""}, "form-wrong"), ({"en": "\u200b"}, "form-wrong"),
    ],
)  # fmt: skip
def test_an_outage_that_cannot_be_stated(running: Place, pia: Caller, wrong: dict[str, str], code: str) -> None:
    """Of periods to come, backwards, without a reason, or of what is no number: nothing is even asked to be signed."""
    got = pia.post("/record/outage", WHY | wrong)
    assert (409, True) == (got.status, code in got.text)
    assert running.tell("waiting_for_two") == 0


def confirming(caller: Caller) -> Any:  # noqa: ANN401 - an answer
    """The page that asks for the second signature under the only thing that waits."""
    page = caller.get("/confirm").text
    path = page.partition('action="/confirm/')[2].partition('"')[0]
    return caller.post(f"/confirm/{path}")


def confirm_the_only_one(caller: Caller) -> None:
    assert 200 == caller.sign(confirming(caller)).status


def test_a_batch_that_failed_is_said_in_a_sentence(place: Place) -> None:
    """With a capital and a full stop; in Korean formally, as the desk speaks, also of notices that a relay refused."""
    case = place.tell("take_in")
    place.tell("tick")
    place.tell("receipted", case=case)
    place.tell("notified", case=case)
    place.tell("tick")
    place.tell("inboxes", broken=True)
    place.tell("lose_witness")
    place.tell("try_publishing")
    pia, nora = place.officer("pia"), place.officer("nora")
    assert re.search(r">The checkpoint is not published[^<]*\.<", pia.get("/record").text)
    nora.post("/display", {"language": "ko"})
    nora.post("/record/deliver")
    until(lambda: "서버가 통지를 받지 않았습니다" in nora.get("/record").text)
    assert not re.findall(r"[가-힣]+(?<!세)요[.<]", nora.get("/record").text)
