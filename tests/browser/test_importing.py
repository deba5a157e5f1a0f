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


def exported(folder: Path, name: str, title: str, *rows: str) -> Path:
    """A file of KakaoTalk for Windows."""
    head = [f"{title} 님과 카카오톡 대화", "저장한 날짜 : 2024-04-05 01:36:14", ""]
    path = folder / name
    path.write_text("\r\n".join([*head, "--------------- 2024년 3월 27일 수요일 ---------------", *rows, ""]), "utf-8")
    return path


def test_two_files_with_two_names_of_one_person(meet: Meet, tmp_path: Path) -> None:
    """Each card has its own people and the days of the file; photos and deletions look like ones, people have tints."""
    mina, _ = meet("미나", "jun")
    first = exported(
        tmp_path,
        "a.txt",
        "산책",
        "[한지우] [오전 12:05] 나야",
        "[홍길동] [오후 1:00] 사진 3장",
        "[김철수] [오후 1:01] 삭제된 메시지입니다.",
    )
    second = exported(tmp_path, "b.txt", "회사", "[홍길동] [오후 1:00] 여기는 나", "[가짜] [오전 9:00] 붙인 줄")
    settings(mina)
    page = mina.page
    page.get_by_role("button", name="대화 가져오기").click()
    page.get_by_label("파일 고르기").set_input_files([first, second])
    walk, work = page.get_by_role("region", name="산책"), page.get_by_role("region", name="회사")
    expect(walk).to_contain_text("2024년 3월 27일 – 2024년 3월 27일")
    expect(work).to_contain_text("앞줄보다 이른 시각")
    start = page.get_by_role("button", name="가져오기", exact=True)
    walk.get_by_label("한지우 님은").select_option(label="나")
    expect(start).to_be_disabled()
    work.get_by_label("홍길동 님은").select_option(label="나")
    start.click()
    expect(page.get_by_role("status").get_by_text("5줄을 가져왔어요")).to_be_visible()
    page.get_by_role("button", name="산책").first.click()
    expect(page.get_by_role("article", name="나: 나야")).to_contain_text("오전 12:05")
    expect(page.get_by_role("region", name="메시지").get_by_text("2024년 3월 27일 수요일")).to_be_visible()
    photo = page.get_by_role("article", name="홍길동: 사진 3장")
    expect(photo).to_be_visible()
    expect(photo.locator(".missing")).to_be_visible()
    expect(page.get_by_role("article", name="김철수: ")).to_contain_text("삭제된 메시지")
    tints = page.locator("article .face .face").evaluate_all("all => all.map(one => one.style.backgroundColor)")
    assert 2 == len({*tints}) == len(tints)
