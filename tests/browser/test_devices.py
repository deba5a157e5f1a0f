"""Journeys: a second device is linked by its code, has the chats, is named, and is revoked again."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, Locator, expect

from nullabona.processes.servers import RelayProcess
from tests.api.people import new_name
from tests.api.service import Service
from tests.browser.conftest import Meet
from tests.browser.entering import begin, field, press, set_passphrase, settings
from tests.browser.person import Person


def shown(person: Person) -> tuple[Locator, str, str]:
    """The dialog on the device in use, and what it shows for the new one: handle and code."""
    settings(person)
    person.page.get_by_role("main").get_by_role("button", name="내 기기").click()
    person.button("다른 기기 연결하기").click()
    dialog = person.page.get_by_role("dialog")
    code = dialog.locator(".digits").inner_text()
    return dialog, dialog.locator("dd bdi").inner_text(), code


def use(desk: Person, handle: str, code: str) -> None:
    """On the new device."""
    field(desk, "내 아이디", "Your handle").fill(handle)
    field(desk, "코드", "Code of 28 characters").fill(code)
    field(desk, "이름", "Name of this device").fill("desk")
    press(desk, "연결", "Link")


def test_a_new_device_is_linked_by_typing_its_code(
    meet: Meet, chromium: Browser, service: Service, tmp_path: Path, seats: ExitStack
) -> None:
    """The old one asks whose device it is; then both are in the conversation, and it can be revoked."""
    mina, jun = meet("미나", "jun")
    dialog, handle, code = shown(mina)
    assert len(code.split()) == 7

    desk = seats.enter_context(Person(chromium, service, tmp_path / "desk", lang="en"))
    desk.button("Link with another device").click()
    set_passphrase(desk)
    use(desk, handle, code)
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


def test_the_screen_that_refused_an_account_leads_on_to_linking(
    meet: Meet, chromium: Browser, service: Service, tmp_path: Path, seats: ExitStack
) -> None:
    """Somebody who has an account already made a new one by mistake, at a server that registers nobody."""
    (mina,) = meet("미나")
    _, handle, code = shown(mina)
    with RelayProcess(tmp_path / "paused", "--registration", "paused") as relay:
        desk = seats.enter_context(Person(chromium, service, tmp_path / "desk", lang="en"))
        begin(desk)
        field(desk, "아이디", "Handle").fill(f"{new_name('desk')}@{relay.authority}")
        press(desk, "계정 만들기", "Create account")
        expect(desk.page.get_by_role("alert")).to_be_visible()
        press(desk, "", "Link with another device")
        use(desk, handle, code)
        mina.page.get_by_role("dialog").get_by_role("button", name="내 기기예요").click()
        press(desk, "", "It is the same. Start")
        expect(desk.page.get_by_text("No chats yet")).to_be_visible()
