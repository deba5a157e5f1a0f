"""Journeys: the lock takes everything off the screen, and only the passphrase brings it back."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from nullabona.client.api import Client
from tests.api.people import PATIENCE_S
from tests.api.pictures import photo
from tests.api.service import Service
from tests.browser.conftest import seat
from tests.browser.elsewhere import Elsewhere, room_called
from tests.browser.entering import NOTES, PASSPHRASE, SHOWN, TAKEN, heading, press, section, settings, unlock
from tests.browser.person import Person
from tests.browser.setting import Made, make, protect

SECRET: Final = "우리 비밀 장소는 등대 아래야"


async def _say(client: Client) -> None:
    (room,) = client.rooms.all()
    await client.messages.wait_sent(room.id, await client.messages.send(room.id, SECRET), timeout_s=PATIENCE_S)


async def _send_photo(client: Client) -> None:
    room = room_called(client, "jun")
    message = await client.files.send(room, photo(64, 48), name="등대.jpg", caption=SECRET)
    await client.messages.wait_sent(room, message, timeout_s=PATIENCE_S)


@pytest.fixture
def made(service: Service, tmp_path: Path) -> Made:
    """Somebody with a passphrase, a friend, and a photo in the conversation with them."""
    mina, _ = make(service, tmp_path, "미나", "jun")
    with Elsewhere(mina.profile) as client:
        client.do(_send_photo)
    return protect(mina, PASSPHRASE)


@pytest.fixture
def mina(chromium: Browser, service: Service, seats: ExitStack, made: Made) -> Person:
    """At the locked screen."""
    return seat(chromium, service, seats, made)


def bare(page: Page) -> None:
    """Nothing of what was shown is left in the page."""
    expect(page.get_by_role("heading", name="잠겨 있어요")).to_be_visible()
    content = page.content()
    assert [] == [word for word in (SECRET, "jun", "미나", "등대", "/media/") if word in content]
    assert "nullabona" == page.title()


def test_locking_clears_every_tab_and_kills_the_addresses_of_media(mina: Person) -> None:
    """A wrong passphrase is told from the right one; what was open stays closed until somebody opens it."""
    unlock(mina, "틀린 암호")
    expect(mina.page.get_by_role("alert")).to_have_text("암호가 맞지 않아요. 한/영 전환을 확인해 주세요.")
    unlock(mina)
    mina.enter("jun")
    shown = mina.sees(SECRET).get_by_role("img").first
    expect(shown).to_be_visible()
    address = str(shown.evaluate("image => image.src"))
    assert 200 == mina.context.request.get(address).status
    tab = mina.open_new_tab()
    expect(tab.locator("button[data-room]")).to_be_visible()
    section(mina, "잠그기", "")
    bare(mina.page)
    bare(tab)
    assert 403 == mina.context.request.get(address).status
    unlock(mina)
    expect(mina.chat("jun")).to_be_visible()
    expect(tab.locator("button[data-room]")).to_be_visible()
    assert 403 == mina.context.request.get(address).status
    mina.enter("jun")
    mina.sees(SECRET)


def test_what_the_desktop_was_told_is_taken_back(
    chromium: Browser, service: Service, seats: ExitStack, tmp_path: Path
) -> None:
    """A notification names who wrote, and may hold the words: it does not outlast the lock."""
    made, friend = make(service, tmp_path, "미나", "jun")
    mina = seat(chromium, service, seats, protect(made, PASSPHRASE))
    unlock(mina)
    settings(mina)
    mina.page.evaluate(NOTES)
    with Elsewhere(friend.profile) as client:
        client.do(_say)
    mina.page.wait_for_function("() => notes('shown').length === 1")
    assert [] == mina.page.evaluate(TAKEN)
    section(mina, "잠그기", "")
    heading(mina, "잠겨 있어요", "Locked")
    assert mina.page.evaluate(SHOWN) == mina.page.evaluate(TAKEN)


def test_what_was_read_is_no_news_on_the_desktop(
    chromium: Browser, service: Service, seats: ExitStack, tmp_path: Path
) -> None:
    """A notification goes when its conversation was read, in whichever tab."""
    made, friend = make(service, tmp_path, "미나", "jun")
    mina = seat(chromium, service, seats, made)
    expect(mina.chat("jun")).to_be_visible()
    mina.page.evaluate(NOTES)
    tab = mina.open_new_tab()
    with Elsewhere(friend.profile) as client:
        client.do(_say)
    mina.page.wait_for_function("() => notes('shown').length === 1")
    assert [] == mina.page.evaluate(TAKEN)
    tab.bring_to_front()
    tab.locator("button[data-room]").first.click()
    mina.page.wait_for_function("() => notes('taken').length === 1")
    assert mina.page.evaluate(SHOWN) == mina.page.evaluate(TAKEN)


def test_what_was_deleted_before_the_lock_stays_deleted(mina: Person) -> None:
    """The time to undo it ends with the lock."""
    unlock(mina)
    mina.enter("jun")
    mina.say("이건 지울 말")
    mina.menu("이건 지울 말", "나에게서만 삭제")
    expect(mina.bubble("이건 지울 말")).to_have_count(0)
    section(mina, "잠그기", "")
    bare(mina.page)
    unlock(mina)
    mina.enter("jun")
    mina.sees(SECRET)
    expect(mina.bubble("이건 지울 말")).to_have_count(0)


def test_wrong_passphrases_in_a_row_have_to_be_waited_for(mina: Person) -> None:
    """The screen counts down, then the right one opens."""
    for guess in ("하나", "둘", "셋"):
        unlock(mina, guess)
        expect(mina.page.get_by_role("alert")).to_be_visible()
        expect(mina.page.get_by_label("암호", exact=True)).to_have_value("")
    expect(mina.page.get_by_role("timer")).to_be_visible()
    expect(mina.page.get_by_role("timer")).to_have_count(0)
    unlock(mina)
    expect(mina.chat("jun")).to_be_visible()


def test_it_locks_by_itself_when_nobody_is_there(
    chromium: Browser, service: Service, seats: ExitStack, made: Made
) -> None:
    """After the idle time that was chosen; signs of a person begin it anew."""
    mina = seat(chromium, service, seats, made, minute_s=3.0)
    unlock(mina)
    settings(mina)
    began = time.monotonic()
    mina.page.get_by_role("radio", name="1분", exact=True).check(force=True)
    heading(mina, "잠겨 있어요", "Locked")
    assert time.monotonic() - began > 2.5
    bare(mina.page)


def test_the_passphrase_is_changed(mina: Person) -> None:
    """The old one is asked for, and opens nothing afterwards."""
    unlock(mina)
    settings(mina)
    press(mina, "암호 바꾸기", "")
    dialog = mina.page.get_by_role("dialog", name="암호 바꾸기")
    for old, new in (("틀린 암호", "새로운 긴 암호 하나"), (PASSPHRASE, "새로운 긴 암호 하나")):
        dialog.get_by_label("지금 암호").fill(old)
        dialog.get_by_label("새 암호", exact=True).fill(new)
        dialog.get_by_role("button", name="바꾸기", exact=True).click()
        if old != PASSPHRASE:
            expect(dialog.get_by_role("alert")).to_contain_text("암호가 맞지 않아요.")
    expect(mina.page.get_by_text("암호를 바꾸었어요")).to_be_visible()
    section(mina, "잠그기", "")
    unlock(mina, PASSPHRASE)
    expect(mina.page.get_by_role("alert")).to_be_visible()
    unlock(mina, "새로운 긴 암호 하나")
    expect(mina.chat("jun")).to_be_visible()


def test_the_words_are_shown_again_for_the_passphrase_only(mina: Person) -> None:
    unlock(mina)
    settings(mina)
    mina.page.get_by_role("button", name="24개 단어").click()
    dialog = mina.page.get_by_role("dialog", name="24개 단어 보기")
    dialog.get_by_label("암호", exact=True).fill("틀린 암호")
    dialog.get_by_role("button", name="단어 보기").click()
    expect(dialog.get_by_role("alert")).to_contain_text("암호가 맞지 않아요.")
    expect(dialog.locator(".word")).to_have_count(0)
    dialog.get_by_label("암호", exact=True).fill(PASSPHRASE)
    dialog.get_by_role("button", name="단어 보기").click()
    expect(dialog.locator(".word")).to_have_count(24)
    dialog.get_by_role("button", name="닫기").last.click()
    expect(mina.page.locator(".word")).to_have_count(0)


def test_what_is_typed_at_the_lock_is_hidden(mina: Person) -> None:
    """Unless the person wants to see it. It is no field for passwords: browsers keep what is typed into those."""
    typed = mina.page.get_by_label("암호", exact=True)
    veil = "field => getComputedStyle(field).webkitTextSecurity"
    expect(typed).to_have_attribute("type", "text")
    expect(typed).to_have_attribute("autocomplete", "off")
    expect(typed).to_be_focused()
    assert "disc" == typed.evaluate(veil)
    press(mina, "암호 보기", "")
    assert "none" == typed.evaluate(veil)
    typed.fill(PASSPHRASE)
    press(mina, "암호 숨기기", "")
    assert "disc" == typed.evaluate(veil)
