"""A Korean search warrant at five in the afternoon: answered, told, published, in a real browser, by three people.

Every label that is pressed stands in bold in docs/how-to/answer-a-warrant.ko.md; the clicks of each person are counted
and printed. With ``NULLA_PICTURES=docs/pictures`` the pictures of that page are taken anew.
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Locator, expect, sync_playwright

from nullabona.docket.site import build
from nullabona.docket.site.recounted import About, log_view, record_of
from nullabona.docket.taxonomy import load
from nullabona.docket.verify import Verification, verify
from nullabona.log.policy import Policy
from nullabona.wire.address import Address
from nullabona.wire.demands import Label
from nullabona.wire.operator_notice import check_binding, parse_notice
from nullabona.wire.seal import open_inbox_frame
from tests.api.people import play
from tests.browser.person import FLAGS, chromium_path
from tests.docket.publishing import POLICY
from tests.docket_console.place import ROOT, Place
from tests.docket_console.seat import Seat
from tests.docket_console.test_journeys import AXE, FINDINGS
from tests.docket_console.test_public_record import until
from tests.wire import cards

pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]
PAGE: Final = (ROOT / "docs/how-to/answer-a-warrant.ko.md").read_text("utf-8")
BOLD: Final = {" ".join(found.split()) for found in re.findall(r"\*\*(.+?)\*\*", PAGE, re.DOTALL)}
MOST_CLICKS: Final = 25
BASIS: Final = "형사소송법 제215조"
REST_OF_THE_HALF_YEAR: Final = 13
"""Periods from the hand-over to the year's end; the clock of tests begins on its last day."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser of this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        yield browser
        browser.close()


class Officer:
    """A seat whose clicks are counted, and who presses nothing that the page for officers does not name."""

    def __init__(self, seat: Seat, clicks: Counter[str], pictures: Path) -> None:
        self.seat, self.page = seat, seat.page
        self.clicks, self.pictures = clicks, pictures

    def click(self, locator: Locator) -> None:
        self.clicks[self.seat.name] += 1
        locator.click()

    def press(self, label: str, role: str = "button") -> None:
        """A button or link by its label, which the page names."""
        assert label in BOLD, f"the how-to does not name: {label}"
        self.click(self.page.get_by_role(role, name=label, exact=True).first)  # type: ignore[arg-type]

    def tick(self, label: str) -> None:
        """A box by its label."""
        assert label in BOLD, f"the how-to does not name: {label}"
        self.click(self.page.get_by_label(label, exact=True))

    def write(self, label: str, text: str) -> None:
        """A field by its label; typing is no click."""
        assert label in BOLD, f"the how-to does not name: {label}"
        self.page.get_by_label(label).first.fill(text)

    def look(self, name: str = "") -> None:
        """Nothing on this screen keeps anybody out; a picture of it, if the page shows one."""
        self.page.evaluate(AXE.read_text("utf-8"))
        assert [] == self.page.evaluate(FINDINGS)
        if name:
            self.page.screenshot(path=str(self.pictures / f"desk-ko-{name}.png"))

    def sign(self) -> None:
        """With the authenticator."""
        assert "인증 장치로 서명" in BOLD
        self.clicks[self.seat.name] += 1
        self.seat.sign()

    def sign_in(self) -> None:
        assert "패스키로 로그인" in BOLD
        self.clicks[self.seat.name] += 1
        self.seat.sign_in()

    def open_case(self) -> None:
        """From the list that every officer sees first."""
        self.seat.go("/")
        self.click(self.page.locator("a.whole").first)

    def do(self, label: str, name: str = "") -> None:
        """A step of the case, seen and signed."""
        self.press(f"{label} …")
        expect(self.page.locator(".say")).to_be_visible()
        self.look(name)
        self.sign()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where they go."""
    return ROOT / where if (where := os.environ.get("NULLA_PICTURES")) else tmp_path


def test_a_warrant_at_five(
    chromium: Browser, tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the letter to the public page; at most 25 clicks for each of the three."""
    clicks: Counter[str] = Counter()
    with ExitStack() as stack:
        place = stack.enter_context(Place(tmp_path / "desk", "evening"))
        place.tell("register")
        place.tell("tick")
        intake, reviewer, counsel = (
            Officer(stack.enter_context(Seat(chromium, place, name, lang="ko")), clicks, pictures)
            for name in ("ina", "rea", "cora")
        )
        for each in (intake, reviewer, counsel):
            each.seat.enrol()
            expect(each.page.locator(".note.good")).to_contain_text("두 사람이 당신을 확인")
            assert 2 == place.tell("admit", officer=each.seat.name)
            each.sign_in()
        take_in(intake, tmp_path)
        decide(reviewer, counsel)
        place.tell("tick")
        hand_over_and_tell(reviewer, counsel)
        place.tell("tick")
        reviewer.sign_in()
        reviewer.press("공개 기록", "link")
        reviewer.look()
        reviewer.press("공개 기록에 오른 통지 보내기")
        check_told(place)
        close(intake, counsel)
        place.tell("tick", periods=REST_OF_THE_HALF_YEAR)
        report(intake, counsel)
        place.tell("tick")
        check_public(place)
    with capsys.disabled():
        sys.stdout.write(f"\n  clicks: {', '.join(f'{name} {count}' for name, count in sorted(clicks.items()))}\n")
    assert {} == {name: count for name, count in clicks.items() if count > MOST_CLICKS}


def take_in(officer: Officer, folder: Path) -> None:
    """§3 of the page."""
    original, page = folder / "영장.pdf", officer.page
    original.write_bytes(b"%PDF-1.7 the warrant")
    officer.press("요청 접수", "link")
    officer.look()
    officer.press("압수수색영장", "link")
    officer.clicks[officer.seat.name] += 1
    page.locator("#original").set_input_files(original)
    expect(page.locator("#hash")).to_contain_text("SHA-256")
    officer.clicks[officer.seat.name] += 1
    page.locator("#authority").select_option("seoul-police")
    now = page.locator("#received").input_value()
    officer.write("문서번호", "2026영장제777호")
    officer.write("문서에 적힌 법적 근거", BASIS)
    officer.write("발부일", now[:10])
    officer.write("대상자, 한 줄에 한 명", "mina@relay.example")
    for label in ("가입자 정보", "대화 내용", "명부에 있는 번호로 기관에 다시 걸어 요청을 확인했습니다."):
        officer.tick(label)
    for label in ("영장 제시", "신분증 제시", "명령서와 대상 식별자 일치"):
        officer.tick(label)
    officer.look("intake")
    officer.press("서명할 내용 보기")
    expect(page.locator("main")).to_contain_text("KST")
    expect(page.locator("main")).to_contain_text(BASIS)
    officer.sign()
    officer.do("식별자 대조")
    officer.look()


def decide(reviewer: Officer, counsel: Officer) -> None:
    """§4."""
    reviewer.open_case()
    reviewer.do("검토")
    counsel.open_case()
    counsel.look("decide")
    counsel.do("결정")
    reviewer.open_case()
    reviewer.do("자료 제출 승인")


def hand_over_and_tell(reviewer: Officer, counsel: Officer) -> None:
    """§5 and §6. A period has passed: their sessions are over."""
    counsel.sign_in()
    counsel.open_case()
    counsel.do("접수증 발급")
    reviewer.sign_in()
    reviewer.open_case()
    reviewer.do("전달")
    with reviewer.page.expect_download() as got:
        reviewer.press("보낼 파일 저장", "link")
    assert got.value.suggested_filename.endswith(".zip")
    reviewer.press("당사자 통지 …")
    for each in (BASIS, "2026영장제777호", "2026-00001", "제417조", "legal@relay.example"):
        expect(reviewer.page.locator("main")).to_contain_text(each)
    reviewer.look("notice")
    reviewer.sign()
    expect(reviewer.page.locator("main")).to_contain_text("아직 당사자의 앱에 전달되지 않았습니다")


def check_told(place: Place) -> None:
    """The frame opens in the person's inbox, and names the law that was used."""
    ((handle, address, frame),) = until(lambda: place.tell("inboxes"))
    item = open_inbox_frame(cards.seed_of("mina"), Address(bytes.fromhex(address)), bytes.fromhex(frame))
    notice = parse_notice(item[1:])
    assert "notified" == check_binding(notice, handle).event
    assert (BASIS, "2026-00001") == (notice.body.basis, notice.body.number)


def close(intake: Officer, counsel: Officer) -> None:
    """§7."""
    counsel.sign_in()
    counsel.open_case()
    counsel.do("비공개 처리")
    intake.sign_in()
    intake.open_case()
    intake.do("종결")
    intake.seat.go("/cases")
    intake.look()


def report(intake: Officer, counsel: Officer) -> None:
    """§7: after the half-year."""
    intake.sign_in()
    intake.press("공개 기록", "link")
    intake.page.locator("#report-term").fill("2026H2")
    intake.do("보고서 확정")
    expect(intake.page.locator("main")).to_contain_text("두 번째 서명을 기다립니다")
    intake.look()
    counsel.sign_in()
    counsel.press("두 번째 서명 대기", "link")
    counsel.do("확인하기")


def check_public(place: Place) -> None:
    """Anybody verifies the log, and the page made from it alone counts one warrant, answered."""
    public = place.folder / "log/public"
    now_s = int(place.tell("clock_by", seconds=0))
    with ThreadPoolExecutor(1) as apart:  # the browser's own loop runs on this thread
        found = apart.submit(lambda: play(_verified(public, now_s))).result()
    assert found.holds, found.findings
    assert found.recount is not None
    view = log_view((public / "checkpoint").read_bytes(), POLICY, "https://record.example/log", found.recount)
    about = About(Label("예시 메신저", "Example"), "legal@relay.example")
    pages = build(record_of(found.recount, view, about, load(), now_s), load())
    page = " ".join(re.sub(r"<[^>]+>", " ", pages["ko/figures.html"].decode()).split())
    assert re.search(r"압수수색영장 1 ", page), page


async def _verified(public: Path, now_s: int) -> Verification:
    async def fetch(path: str) -> bytes | None:
        file = public / path
        return file.read_bytes() if file.is_file() else None

    return await verify(fetch, Policy.parse(POLICY), now_s)
