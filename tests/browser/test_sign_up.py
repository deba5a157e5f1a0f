"""Journeys: from nothing to an account, and back to it with the 24 words."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.api.people import new_name
from tests.api.service import Service
from tests.browser.conftest import Arrive, Meet
from tests.browser.elsewhere import Elsewhere
from tests.browser.entering import (
    PASSPHRASE,
    answer,
    begin,
    field,
    heading,
    press,
    set_passphrase,
    settings,
    words_shown,
)
from tests.browser.person import Person
from tests.browser.setting import make


def ask_for(person: Person, handle: str) -> None:
    """Type a wish for a handle."""
    field(person, "아이디", "Handle").fill(handle)


def test_somebody_new_has_an_account_in_korean(arrive: Arrive, service: Service) -> None:
    """A passphrase that can be looked at, a handle in Hangul that is free, the words checked; then an empty list."""
    nari = arrive("나리")
    heading(nari, "대화는 우리끼리만", "")
    press(nari, "새로 시작하기", "")
    field(nari, "암호", "").fill("짧음")
    expect(nari.page.get_by_text("너무 짧아요.")).to_be_visible()
    nari.button("암호 보기").click()
    expect(field(nari, "암호", "")).to_have_css("-webkit-text-security", "none")
    nari.button("암호 숨기기").click()
    expect(field(nari, "암호", "")).to_have_css("-webkit-text-security", "disc")
    field(nari, "암호", "").fill("")
    ask_for(nari, new_name("나리"))
    expect(nari.button("계정 만들기")).to_be_disabled()
    field(nari, "암호", "").fill(PASSPHRASE)
    ask_for(nari, "-")
    expect(nari.page.get_by_role("alert")).not_to_be_empty()
    expect(nari.button("계정 만들기")).to_be_disabled()
    wish = new_name("나리")
    ask_for(nari, wish)
    expect(nari.page.get_by_text(f"{wish}@{service.host} — 쓸 수 있어요.")).to_be_visible()
    field(nari, "프로필 이름 (선택)", "").fill("나리")
    press(nari, "계정 만들기", "")
    heading(nari, "24개 단어를 적어 두세요", "")
    words = words_shown(nari)
    press(nari, "적어 두었어요", "")
    answer(nari, ["가나다"] * 24)
    expect(nari.page.get_by_text("적어 둔 단어와 달라요")).to_be_visible()
    answer(nari, words)
    expect(nari.page.get_by_text("아직 채팅이 없어요")).to_be_visible()
    expect(nari.page.get_by_text("채팅방을 선택해 주세요")).to_have_count(0)
    expect(nari.page.locator("body")).not_to_contain_text(words[0] + words[1])
    settings(nari)
    expect(nari.page.get_by_text("24개 단어를 아직 확인하지 않았어요")).to_have_count(0)
    expect(nari.page.get_by_role("button", name="나리")).to_contain_text(wish)


def test_a_handle_that_is_taken_is_said_to_be(arrive: Arrive, meet: Meet) -> None:
    """As soon as it is typed; in the language of whoever types it."""
    (mina,) = meet("mina")
    settings(mina)
    theirs = mina.page.locator("main .line").first.inner_text()
    newcomer = arrive("미나")
    begin(newcomer)
    ask_for(newcomer, theirs)
    expect(newcomer.page.get_by_role("alert")).to_have_text("이미 쓰는 사람이 있어요.")
    expect(newcomer.button("계정 만들기")).to_be_disabled()


def test_a_relay_that_is_not_there_is_said_to_be(arrive: Arrive) -> None:
    """Under the field; to create the account all the same has to be confirmed, and the wait is told as no alarm."""
    nari = arrive("나리")
    begin(nari)
    ask_for(nari, "나리@127.0.0.1:1")
    expect(nari.page.get_by_role("alert")).to_have_text("이 서버에 연결할 수 없어요. @ 뒤의 주소를 확인해 주세요.")
    press(nari, "계정 만들기", "")
    dialog = nari.page.get_by_role("dialog", name="그래도 이 아이디로 만들까요?")
    dialog.get_by_role("button", name="취소").click()
    expect(nari.button("계정 만들기")).to_be_enabled()
    press(nari, "계정 만들기", "")
    dialog.get_by_role("button", name="계정 만들기").click()
    # It goes after a few seconds, and may come before the next screen.
    told = nari.page.locator(".toast.plain").filter(has_text="연결되면 아이디가 등록돼요.")
    expect(told).to_be_visible()
    heading(nari, "24개 단어를 적어 두세요", "")


def test_the_words_can_be_put_off_and_there_is_a_reminder_until_they_are_checked(arrive: Arrive) -> None:
    """In English; a second start would ask for the passphrase, so the words do too."""
    theo = arrive("theo")
    heading(theo, "", "Your chats stay between you")
    begin(theo, "four words in a row")
    ask_for(theo, new_name("theo"))
    press(theo, "", "Create account")
    heading(theo, "", "Write down these 24 words")
    words = words_shown(theo)
    expect(theo.page.get_by_text("there is no way back to your account")).to_be_visible()
    press(theo, "", "Later")
    expect(theo.page.get_by_text("No chats yet")).to_be_visible()
    settings(theo)
    reminder = theo.page.get_by_role("main").get_by_text("You have not checked your 24 words yet", exact=True)
    expect(reminder).to_be_visible()
    press(theo, "", "Do it now")
    dialog = theo.page.get_by_role("dialog", name="See the 24 words")
    dialog.get_by_label("Passphrase", exact=True).fill("four words in a row")
    dialog.get_by_role("button", name="Show the words").click()
    assert words == words_shown(theo)
    dialog.get_by_role("button", name="Check what I wrote down").click()
    answer(theo, words)
    expect(dialog).to_have_count(0)
    expect(reminder).to_have_count(0)


def test_the_words_bring_an_account_back_on_a_new_device(arrive: Arrive, service: Service, tmp_path: Path) -> None:
    """Wrong words bring nothing; the right ones bring handle and keys, and an empty list."""
    (sora,) = make(service, tmp_path, "소라")
    with Elsewhere(sora.profile) as lost:
        words = lost.look(lambda client: client.account.phrase("korean"))
    again = arrive("다시 소라")
    press(again, "24개 단어로 계정 되찾기", "")
    set_passphrase(again)
    heading(again, "24개 단어로 되찾기", "")
    ask_for(again, sora.handle)
    field(again, "24개 단어", "").fill("가격 가난 가능")
    expect(again.page.get_by_text("지금까지 3개.")).to_be_visible()
    press(again, "되찾기", "")
    expect(again.page.get_by_text("24개 단어가 맞지 않아요.")).to_be_visible()
    field(again, "24개 단어", "").fill(words)
    press(again, "되찾기", "")
    expect(again.page.get_by_text("아직 채팅이 없어요")).to_be_visible()
    settings(again)
    expect(again.page.get_by_role("main")).to_contain_text(sora.handle.partition("@")[0])
