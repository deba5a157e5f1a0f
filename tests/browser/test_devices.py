"""Journeys: a second device is linked by its code, has the chats, is named, and is revoked again."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.api.service import Service
from tests.browser.conftest import Meet
from tests.browser.entering import field, press, set_passphrase, settings
from tests.browser.person import Person


def test_a_new_device_is_linked_by_typing_its_code(
    meet: Meet, chromium: Browser, service: Service, tmp_path: Path, seats: ExitStack
) -> None:
    """The old one asks whose device it is; then both are in the conversation, and it can be revoked."""
    mina, jun = meet("미나", "jun")
    settings(mina)
    mina.page.get_by_role("main").get_by_role("button", name="내 기기").click()
    mina.button("다른 기기 연결하기").click()
    dialog = mina.page.get_by_role("dialog")
    code = dialog.locator(".digits").inner_text()
    handle = dialog.locator("dd bdi").inner_text()
    assert len(code.split()) == 7

    desk = seats.enter_context(Person(chromium, service, tmp_path / "desk", lang="en"))
    desk.button("Link with another device").click()
    set_passphrase(desk)
    field(desk, "내 아이디", "Your handle").fill(handle)
    field(desk, "코드", "Code of 28 characters").fill(code)
    field(desk, "이름", "Name of this device").fill("desk")
    press(desk, "연결", "Link")
    expect(desk.page.get_by_text("Agree on the screen of the other device")).to_be_visible()
    expect(dialog).to_contain_text("‘desk’ 기기가 코드를 썼어요")
    dialog.get_by_role("button", name="내 기기예요").click()
    expect(mina.page.get_by_text("‘desk’ 기기를 연결했어요")).to_be_visible()
    number = dialog.get_by_role("list", name="내 계정의 확인 숫자").get_by_role("listitem").all_inner_texts()
    asked = desk.page.get_by_role("list", name="Your account's number").get_by_role("listitem")
    expect(asked).to_have_count(6)
    assert number == asked.all_inner_texts()
    expect(desk.page.get_by_role("main")).to_contain_text(handle)
    press(desk, "같아요. 시작하기", "It is the same. Start")
    dialog.get_by_role("button", name="확인했어요").click()
    expect(mina.page.locator("[data-device]")).to_have_count(2)

    desk.enter("jun")
    desk.say("from my desk")
    jun.enter("미나")
    jun.sees("from my desk")
    expect(jun.page.get_by_role("main")).to_contain_text("new device was linked")

    mina.page.get_by_role("button", name="기기 이름: desk").click()
    mina.page.get_by_role("dialog").get_by_role("textbox").fill("책상")
    mina.page.get_by_role("dialog").get_by_role("button", name="저장", exact=True).click()
    mina.page.get_by_role("button", name="연결 해제: 책상").click()
    mina.page.get_by_role("dialog").get_by_role("button", name="연결 해제", exact=True).click()
    expect(mina.page.locator("[data-device]")).to_have_count(1)
    expect(desk.composer).to_have_count(0)
