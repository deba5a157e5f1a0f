"""Journeys: without a mouse, and on a phone."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Meet
from tests.browser.person import PHONE, Person


def press(person: Person, *keys: str) -> None:
    """Keys, wherever the focus is."""
    for key in keys:
        person.page.keyboard.press(key)


def test_from_the_list_to_a_sent_reply_without_the_mouse(meet: Meet) -> None:
    mina, jun = meet("미나", "jun", group="가족")
    mina.enter("가족")
    mina.say("누가 우유 사 올래?")
    expect(jun.chat("가족")).to_contain_text("1 unread message")
    row, field = jun.page.locator("button[data-room]").first, jun.page.get_by_role("searchbox")
    for _ in range(20):
        if field.evaluate("node => node === document.activeElement"):
            break
        press(jun, "Tab")
    press(jun, "ArrowDown")
    expect(row).to_be_focused()
    press(jun, "Enter")
    expect(jun.composer).to_be_focused()
    press(jun, "Shift+Tab", "Shift+Tab")
    jun.history.focus()
    press(jun, "ArrowUp")
    expect(jun.sees("누가 우유 사 올래?")).to_be_focused()
    press(jun, "r")
    expect(jun.page.get_by_text("Reply to 미나")).to_be_visible()
    jun.page.keyboard.type("I will")
    press(jun, "Enter")
    expect(mina.sees("I will").locator(".quote")).to_contain_text("누가 우유 사 올래?")


def test_the_menu_of_a_message_opens_and_acts_by_keys_and_gives_the_focus_back(meet: Meet) -> None:
    mina, jun = meet("미나", "jun")
    mina.enter("jun")
    mina.say("Happy birthday!")
    jun.enter("미나")
    row = jun.sees("Happy birthday!")
    expect(jun.composer).to_be_focused()
    jun.history.focus()
    press(jun, "ArrowUp")
    expect(row).to_be_focused()
    press(jun, "Enter")
    expect(jun.page.get_by_role("menuitem", name="Reply")).to_be_focused()
    press(jun, "Escape")
    expect(row).to_be_focused()
    press(jun, "Enter")
    expect(jun.page.get_by_role("menuitem", name="Reply")).to_be_focused()
    press(jun, "f", "Enter")
    expect(jun.page.get_by_role("dialog", name="Forward to")).to_be_visible()
    press(jun, "Escape")
    expect(jun.page.get_by_role("dialog")).to_have_count(0)
    press(jun, "Escape")
    expect(jun.composer).to_be_focused()


def test_the_sheet_of_keys_and_the_keys_on_it(meet: Meet) -> None:
    mina, _ = meet("미나", "jun", group="가족")
    mina.enter("가족")
    mina.history.focus()
    press(mina, "?")
    sheet = mina.page.get_by_role("dialog", name="키보드 단축키")
    expect(sheet).to_contain_text("채팅으로 이동")
    press(mina, "Escape")
    expect(sheet).to_have_count(0)
    press(mina, "Control+k")
    expect(mina.page.get_by_role("dialog", name="채팅으로 이동")).to_be_visible()
    mina.page.keyboard.type("jun")
    expect(mina.page.get_by_role("option")).to_have_count(1)
    press(mina, "Enter")
    expect(mina.page.get_by_role("region", name="jun 대화")).to_be_visible()
    press(mina, "Control+f")
    expect(mina.page.get_by_label("이 채팅방에서 검색")).to_be_focused()
    press(mina, "Escape")
    expect(mina.page.get_by_label("이 채팅방에서 검색")).to_have_count(0)


def test_a_phone_shows_one_pane_and_back_leads_to_the_list(meet: Meet) -> None:
    mina, jun = meet("미나", "jun", viewport=PHONE)
    expect(mina.chat("jun")).to_be_visible()
    mina.enter("jun")
    expect(mina.chat("jun")).not_to_be_visible()
    mina.say("버스에서 보내는 중")
    mina.button("채팅방 정보").click()
    expect(mina.composer).not_to_be_visible()
    mina.page.go_back()
    expect(mina.composer).to_be_visible()
    mina.button("뒤로").click()
    expect(mina.composer).not_to_be_visible()
    expect(mina.chat("jun")).to_contain_text("버스에서 보내는 중")
    wide = mina.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"]
    expect(jun.chat("미나")).to_contain_text("버스에서 보내는 중")
