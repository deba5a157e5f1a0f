"""Journeys: moving in with what another messenger exported."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Meet
from tests.browser.entering import settings
from tests.importing.writing import FORMS, Said

WINDOWS = next(form for form in FORMS if form.name == "windows-ko")
START = 1_742_000_040_000
SAID = [
    Said(START, "민아", "주말에 산에 갈까?"),
    Said(START + 60_000, "준호", "좋아, 아홉 시에 보자"),
    Said(START + 60_000, "", "서연님이 나갔습니다."),
    Said(START + 86_400_000, "준호", "사진"),
]


def test_history_is_looked_at_brought_in_found_and_undone(meet: Meet, tmp_path: Path) -> None:
    """Files are chosen, the preview asks who is who, the room can be read and searched, and undoing leaves nothing."""
    mina, _ = meet("미나", "jun")
    path = tmp_path / WINDOWS.file
    path.write_bytes(WINDOWS.write(SAID))
    settings(mina)
    page = mina.page
    page.get_by_role("button", name="대화 가져오기").click()
    page.get_by_label("파일 고르기").set_input_files(path)
    card = page.get_by_role("region", name="산책 모임")
    expect(card).to_contain_text("카카오톡 · 4줄")
    start = page.get_by_role("button", name="가져오기", exact=True)
    expect(start).to_be_disabled()
    page.get_by_label("민아 님은").select_option(label="나")
    start.click()
    expect(page.get_by_role("status").get_by_text("4줄을 가져왔어요")).to_be_visible()
    page.get_by_role("button", name="산책 모임").first.click()
    expect(page.get_by_role("article", name="준호: 좋아, 아홉 시에 보자")).to_be_visible()
    expect(page.get_by_text("서연님이 나갔습니다.")).to_be_visible()
    expect(page.get_by_text("다른 메신저에서 가져온 대화예요.")).to_be_visible()
    expect(page.get_by_role("textbox", name="메시지")).to_have_count(0)
    settings(mina)
    page.get_by_role("button", name="대화 가져오기").click()
    page.get_by_role("button", name="되돌리기").click()
    page.get_by_role("dialog").get_by_role("button", name="되돌리기").click()
    expect(page.get_by_text("아직 가져온 것이 없어요.")).to_be_visible()
    expect(mina.chat("산책 모임")).to_have_count(0)
