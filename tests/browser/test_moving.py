"""Journey: a backup from the settings page, checked, and everything exported; it lies where the page says."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Meet
from tests.browser.entering import settings
from tests.browser.person import Person


def press(person: Person, label: str) -> None:
    """A row; its name goes on with a hint."""
    person.page.get_by_role("button", name=label).click()


def path_said(person: Person) -> Path:
    """Where the page says that it lies."""
    shown = person.page.locator(".state .path")
    expect(shown).to_be_visible(timeout=60_000)
    return Path(shown.inner_text())


def test_a_backup_is_made_checked_and_everything_exported(meet: Meet) -> None:
    """Each says what it holds and where it lies. A check is offered once there is a backup of today."""
    mina, _ = meet("미나", "jun")
    settings(mina)
    check = mina.page.get_by_role("button", name="오늘 백업 확인하기")
    expect(mina.page.get_by_role("button", name="백업 파일 만들기")).to_be_visible()
    expect(mina.page.get_by_text("폴더에 저장해요")).to_be_visible()
    expect(check).to_have_count(0)
    press(mina, "백업 파일 만들기")
    file = path_said(mina)
    assert (True, ".age", 0o600) == (file.is_file(), file.suffix, file.stat().st_mode & 0o777)
    expect(mina.page.get_by_text("백업했어요")).to_be_visible()
    press(mina, "오늘 백업 확인하기")
    expect(mina.page.get_by_text("온전해요")).to_be_visible()
    file.rename(file.with_suffix(".moved"))
    press(mina, "오늘 백업 확인하기")
    expect(mina.page.get_by_text("백업을 읽을 수 없어요")).to_be_visible()
    file.with_suffix(".moved").rename(file)
    expect(mina.page.get_by_text(f"이 컴퓨터의 {file.parent} 폴더에 저장해요.")).to_be_visible()
    press(mina, "모든 대화 내보내기")
    asked = mina.page.get_by_role("dialog", name="모든 대화를 잠그지 않은 파일로 내보낼까요?")
    expect(asked).to_contain_text(f"{file.parent} 폴더에 저장해요. 내보낸 것은 잠겨 있지 않아서")
    assert [file] == [*file.parent.glob("nullabona *")]
    asked.get_by_role("button", name="내보내기").click()
    folder = path_said(mina)
    assert {"export.json", "index.html", "rooms"} == {each.name for each in folder.iterdir()}
    page = mina.page.context.new_page()
    page.goto((folder / "index.html").as_uri())
    expect(page.get_by_role("heading", name="대화")).to_be_visible()
    page.close()


def test_one_conversation_is_exported_from_its_menu(meet: Meet) -> None:
    """From the list and from its page; what was written is that conversation, for any browser."""
    jun, _, _ = meet("jun", "미나", "소라", group="walks", said=("shall we?", "yes"))
    jun.chat("walks").click(button="right")
    jun.page.get_by_role("menuitem", name="Export this chat").click()
    dialog = jun.page.get_by_role("dialog", name="Export “walks”")
    expect(dialog).to_contain_text("Exported files are not locked")
    dialog.get_by_role("button", name="Export", exact=True).click()
    expect(dialog).to_contain_text("Exported: ")
    folder = Path(dialog.locator(".path").inner_text())
    assert "walks" in folder.name
    dialog.get_by_role("contentinfo").get_by_role("button", name="Close").click()
    page = jun.page.context.new_page()
    page.goto((folder / "index.html").as_uri())
    expect(page.get_by_text("walks")).to_be_visible()
    expect(page.get_by_text("미나")).to_have_count(0)
    page.close()
    jun.enter("walks")
    jun.button("Chat info").click()
    expect(jun.page.get_by_role("complementary").get_by_role("button", name="Export this chat")).to_be_visible()
