"""A journey: the operator tells of a demand; the person sees it wherever they are, reads it, and finds it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import seat
from tests.browser.entering import section
from tests.browser.person import DESKTOP, PHONE
from tests.browser.setting import make
from tests.operator.office import LiveOffice, OperatorService

TITLES = {
    "ko": "US Marshals에서 내 계정에 관한 자료를 요청했어요",
    "en": "US Marshals demanded data about your account",
}
LAW = {"ko": "18 U.S.C. § 2703(c)(1)(A) (미국 연방법전 제18편)", "en": "18 U.S.C. § 2703(c)(1)(A)"}
SAVE = {"ko": "저장", "en": "Save"}
ADVICE = {
    "ko": ("취소나 변경", "2026-00001", "변호사가 검토하지 않았어요"),
    "en": ("quash", "2026-00001", "no lawyer has reviewed"),
}
"""How to object, the case to name, and that nobody has checked the hints."""
WORDS = {
    "ko": ("읽기", "읽었어요", "수색영장", "보유하지 않음", "기록부의 크기", "가입한 날"),
    "en": ("Read", "I have read it", "search warrant", "Not held", "Checked against the log", "day of registration"),
}


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[OperatorService]:
    """An operator with a docket."""
    with OperatorService(tmp_path / "operator") as service:
        yield service


@pytest.fixture
def live_office(tmp_path: Path, operator: OperatorService) -> Iterator[LiveOffice]:
    """Its legal desk."""
    office = LiveOffice.found(tmp_path / "office", operator)
    yield office
    office.stop()


SCREENS = {"미나": (DESKTOP, "light"), "mina": (PHONE, "dark")}


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", SCREENS)
def test_a_notice_is_seen_read_and_found_again(
    chromium: Browser, live_office: LiveOffice, seats: ExitStack, tmp_path: Path, name: str
) -> None:
    """It comes while the app is open, says everything, goes when put away, and stays on the privacy page."""
    operator, (viewport, theme) = live_office.service, SCREENS[name]
    made, _ = make(operator, tmp_path, name, "jun" if name.isascii() else "준호")
    mina = seat(chromium, operator, seats, made, viewport=viewport, theme=theme)
    lang = mina.lang
    read, put_away, *said = WORDS[lang]
    page = mina.page
    expect(page.locator("button[data-room]").first).to_be_visible()
    live_office.tell(made.handle)
    shown = page.locator(".banner[role=status]")
    expect(shown).to_contain_text(TITLES[lang])
    shown.get_by_role("button", name=read, exact=True).click()
    notice = page.get_by_role("main")
    for each in (TITLES[lang], LAW[lang], made.handle, "w0", *said):
        expect(notice).to_contain_text(each)
    for each in ADVICE[lang]:
        expect(notice).to_contain_text(each)
    with page.expect_download() as got:
        notice.get_by_role("link", name=SAVE[lang]).click()
    kept = Path(got.value.path()).read_text("utf-8")
    assert [each for each in (TITLES[lang], LAW[lang], made.handle, *said, *ADVICE[lang]) if each not in kept] == []
    expect(page.get_by_text(put_away, exact=True)).to_be_visible()
    page.emulate_media(media="print")
    expect(notice.get_by_text(LAW[lang])).to_be_visible()
    expect(page.get_by_text(put_away, exact=True)).to_be_hidden()
    page.emulate_media(media="screen")
    expect(shown).to_have_count(0)
    notice.get_by_role("button", name=put_away, exact=True).click()
    expect(notice.get_by_role("button", name=put_away, exact=True)).to_have_count(0)
    page.reload()
    expect(page.locator("button[data-room]").first).to_be_attached()
    expect(shown).to_have_count(0)
    section(mina, "개인정보", "Privacy")
    page.locator("[data-notices]").get_by_role("button", name=TITLES[lang]).click()
    expect(notice).to_contain_text("18 U.S.C. § 2703(c)(1)(A)")
