"""A Korean search warrant at five in the afternoon: answered, told, published, in a real browser, by three people.

Witness, relay, console and commands are the processes that ship, started by the blocks of
docs/how-to/answer-a-warrant.ko.md as they are written, on a machine whose clock the test moves. Every label that is
pressed stands in bold on that page; the clicks of each person are counted and printed. The person who is told reads it
with the program that people have. With ``NULLA_PICTURES=docs/pictures`` the pictures of the page are taken anew.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Self

import pytest
from playwright.sync_api import Browser, Locator, expect, sync_playwright

from nullabona.processes.ports import free_port
from tests.browser.person import FLAGS, chromium_path
from tests.docket.machine import END_OF_2026, Machine
from tests.docket.pages import Shell, blocks
from tests.docket_console.place import ROOT, Place
from tests.docket_console.seat import DESKTOP, Seat
from tests.docket_console.test_journeys import AXE, FINDINGS

# Every wait below is for something that comes; this ends a run in which it never does.
pytestmark = [pytest.mark.timeout(3_000), pytest.mark.slow]
PAGE: Final = (ROOT / "docs/how-to/answer-a-warrant.ko.md").read_text("utf-8")
BOLD: Final = {" ".join(found.split()) for found in re.findall(r"\*\*(.+?)\*\*", PAGE, re.DOTALL)}
MOST_CLICKS: Final = 25
BASIS: Final = "형사소송법 제215조"
AT_FIVE_S: Final = 16 * 3_600
"""Five in the afternoon in Seoul on the last day of the year: so long before it ends in UTC."""
PATIENCE_MS: Final = 120_000
"""For one screen. The default of five seconds is too short for a page on a machine that does much else."""
RETRIES_S: Final = 12.0


class Evening(Place):
    """The desk of the page, its relay, and the clock of the machine on which they run."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.relay = f"127.0.0.1:{free_port()}"
        self.handle = f"mina@{self.relay}"
        self.machine = Machine(folder, AT_FIVE_S)
        self.links: dict[str, str] = {}
        instead = {
            "https://desk.example": self.origin,
            "127.0.0.1:8450": f"127.0.0.1:{self.port}",
            "127.0.0.1:8451": f"127.0.0.1:{free_port()}",
            "relay.example/docket": f"{self.relay}/docket",
            "--host relay.example": f"--host {self.relay} --listen {self.relay}",
            "/srv/record": str(folder / "site"),
        }
        self.shell = Shell(folder, instead, **self.machine.env)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.shell.__exit__(None, None, None)

    def begin_console(self, block: str) -> str:
        """Play a block that starts the console, and wait until it listens."""
        said = self.shell.run(block)
        self.shell.run("until grep -qs ready console.log; do sleep 0.2; done")
        self.links |= dict(zip(("ina", "rea", "cora"), TOKEN.findall(said), strict=False))
        return said

    def tell(self, do: str, **more: Any) -> Any:  # noqa: ANN401 - as the place of other tests
        """What a seat asks for when an officer opens their link: the token, and the identity of their file."""
        assert "invite" == do
        name = more["officer"]
        known = json.loads((self.folder / f"{name}.officer").read_text("utf-8"))["identity"]
        return {"token": self.links[name], "identity": known}

    def tick(self) -> None:
        """A period ends; the console publishes it when it notices, and the witness cosigns."""
        before = self.published()
        self.machine.to_next_batch()
        again = time.monotonic() + RETRIES_S
        while self.published() == before:
            assert 200 == self.stranger().get("/sign-in").status
            time.sleep(0.2)
            if time.monotonic() > again:  # the console tries a failed publication again after a minute: let it pass
                self.machine.pass_(61)
                again += RETRIES_S

    def published(self) -> int:
        """How many periods the public log shows."""
        return sum(1 for _ in (self.folder / "desk/log/public/periods").glob("*"))

    def mina(self, *words: str) -> str:
        """A command of the person, on a machine with the same date."""
        return self.shell.run(f"nulla --profile mina {' '.join(words)}")


TOKEN: Final = re.compile(r"/enrol#(\S+)")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser of this machine."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        yield browser
        browser.close()
        expect.set_options(timeout=None)


class Officer:
    """A seat whose clicks are counted, and who presses nothing that the page for officers does not name."""

    def __init__(self, seat: Seat, clicks: Counter[str], pictures: Path) -> None:
        self.seat, self.page = seat, seat.page
        seat.context.set_default_timeout(PATIENCE_MS)
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
    page = blocks("answer-a-warrant.ko.md")
    serve = next(at for at, block in enumerate(page) if "docket serve" in block)
    with ExitStack() as stack:
        place = stack.enter_context(Evening(tmp_path))
        for block in page[:serve]:
            place.shell.run(block)
        place.begin_console(page[serve])
        intake, reviewer, counsel = (
            Officer(stack.enter_context(Seat(chromium, place, name, lang="ko")), clicks, pictures)
            for name in ("ina", "rea", "cora")
        )
        for each in (intake, reviewer, counsel):
            each.seat.enrol()
            expect(each.page.locator(".note.good")).to_contain_text("두 사람이 당신을 확인")
        admit, again, relay, publish = page[serve + 1 :]
        place.shell.run(admit)
        place.begin_console(again)
        place.shell.run(relay)
        place.shell.run("until grep -qs ready relay.log; do sleep 0.2; done")
        place.mina("account create", place.handle, "--unprotected")
        place.tick()
        for each in (intake, reviewer, counsel):
            each.sign_in()
        take_in(intake, tmp_path, place.handle)
        decide(reviewer, counsel)
        place.tick()
        hand_over_and_tell(reviewer, counsel)
        place.tick()
        reviewer.sign_in()
        reviewer.press("공개 기록", "link")
        reviewer.look()
        reviewer.press("공개 기록에 오른 통지 보내기")
        check_told(place)
        close(intake, counsel)
        while place.machine() < END_OF_2026:
            place.tick()
        report(intake, counsel)
        place.tick()
        place.shell.run(publish)
        check_public(chromium, place, pictures)
    with capsys.disabled():
        sys.stdout.write(f"\n  clicks: {', '.join(f'{name} {count}' for name, count in sorted(clicks.items()))}\n")
    assert {} == {name: count for name, count in clicks.items() if count > MOST_CLICKS}


def take_in(officer: Officer, folder: Path, handle: str) -> None:
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
    officer.write("대상자, 한 줄에 한 명", handle)
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


def check_told(place: Evening) -> None:
    """Mina's own program proves the notice by the log that it follows, and shows the law that was used."""
    told: dict[str, Any] = {"notices": []}
    while not told["notices"]:
        place.mina("sync")
        told = json.loads(place.mina("operator-notices list --json"))
    assert (1, 0, 0, True) == (len(told["notices"]), told["unchecked"], told["refused"], told["checkable"]), told
    shown = place.mina("operator-notices show", told["notices"][0]["id"][:8], "--lang ko")
    for each in (BASIS, "2026-00001", "2026영장제777호", "legal@relay.example", "제417조"):
        assert each in shown, shown


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


def check_public(chromium: Browser, place: Evening, pictures: Path) -> None:
    """The page that was made from the log alone counts one warrant of the police, answered."""
    page = chromium.new_page(viewport=DESKTOP, locale="ko-KR")  # type: ignore[arg-type]
    page.goto((place.folder / "site/ko/figures.html").as_uri())
    said = " ".join(page.locator("main").inner_text().split())
    assert re.search(r"압수수색영장 1 ", said), said
    assert "2026년 하반기 압수수색영장 경찰 1" in said, said
    page.screenshot(path=str(pictures / "desk-ko-public.png"))
    page.close()
