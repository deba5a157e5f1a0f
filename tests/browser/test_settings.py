"""Journeys: what a person chooses holds at once, after a reload, and for those it is promised to."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.conftest import Meet
from tests.browser.entering import NOTES, SHOWN, section, settings
from tests.browser.person import Person


def choose(person: Person, group: str, choice: str) -> None:
    """One of a few."""
    person.page.get_by_role("group", name=group).get_by_role("radio", name=choice, exact=True).check(force=True)


def switch(person: Person, name: str) -> Locator:
    """A switch on the page of settings."""
    return person.page.get_by_role("switch", name=name)


def test_the_language_changes_at_once_and_stays(meet: Meet) -> None:
    """Everything on the page, the language of the document, and what comes after a reload."""
    mina, _ = meet("미나", "jun")
    settings(mina)
    choose(mina, "언어", "English")
    expect(mina.page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()
    expect(mina.page.locator("html")).to_have_attribute("lang", "en")
    expect(mina.page.get_by_role("navigation").get_by_text("Chats", exact=True)).to_be_visible()
    shown = mina.page.get_by_role("main").inner_text()
    own = r"미나[가-힣]*"  # her name, and the handle, which has no host on her own server
    assert {"미", "한국어"} == {word for word in re.findall(r"[가-힣]+", shown) if not re.fullmatch(own, word)}
    mina.fresh()
    expect(mina.page.get_by_role("navigation").get_by_text("Chats", exact=True)).to_be_visible()
    mina.page.get_by_role("navigation").get_by_title("Settings", exact=True).click()
    choose(mina, "Language", "한국어")
    expect(mina.page.get_by_role("heading", name="설정", exact=True)).to_be_visible()


def test_the_theme_is_the_devices_until_another_is_chosen(meet: Meet) -> None:
    (mina,) = meet("미나")
    settings(mina)
    brightness = (
        "getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).slice(0, 3).reduce((a, b) => a + +b, 0)"
    )
    light = mina.page.evaluate(brightness)
    mina.page.emulate_media(color_scheme="dark")
    dark = mina.page.evaluate(brightness)
    assert light > 3 * dark
    choose(mina, "테마", "밝게")
    expect(mina.page.locator("html")).to_have_attribute("data-theme", "light")
    mina.page.wait_for_function(f"wanted => {brightness} === wanted", arg=light)
    mina.page.emulate_media(color_scheme="light")
    choose(mina, "테마", "어둡게")
    expect(mina.page.locator("html")).to_have_attribute("data-theme", "dark")
    mina.page.wait_for_function(f"wanted => {brightness} === wanted", arg=dark)


def test_read_marks_are_given_and_seen_only_by_those_who_give_them(meet: Meet) -> None:
    """With them off, the other's number stays, and no number is shown here."""
    mina, jun = meet("미나", "jun")
    settings(jun)
    expect(switch(jun, "Read receipts")).to_have_attribute("aria-checked", "true")
    switch(jun, "Read receipts").click()
    expect(switch(jun, "Read receipts")).to_have_attribute("aria-checked", "false")
    section(jun, "", "Chats")
    jun.enter("미나")
    mina.enter("jun")
    mina.say("did you read this?")
    jun.sees("did you read this?")
    jun.say("perhaps")
    mina.sees("perhaps")
    expect(mina.sees("did you read this?").get_by_title("1명이 아직 안 읽음")).to_be_visible()
    expect(jun.sees("perhaps").get_by_title(re.compile("has not read|have not read|not read"))).to_have_count(0)


def test_typing_is_shown_only_between_those_who_show_it(meet: Meet) -> None:
    """It is off at first."""
    mina, jun = meet("미나", "jun")
    mina.enter("jun")
    jun.enter("미나")
    line = mina.page.get_by_role("main").locator("header .typing")
    jun.composer.press_sequentially("let me thi")
    mina.say("뭐 하고 있어?")
    jun.sees("뭐 하고 있어?")
    expect(line).to_have_count(0)
    for person, name in ((mina, "입력 중 표시"), (jun, "Typing indicators")):
        settings(person)
        switch(person, name).click()
        expect(switch(person, name)).to_have_attribute("aria-checked", "true")
        section(person, "채팅", "Chats")
    mina.enter("jun")
    jun.enter("미나")
    jun.composer.press_sequentially("nk about it")
    expect(line).to_contain_text("jun")


def test_notifications_say_what_was_chosen(meet: Meet) -> None:
    """At first only that something came; then the name; then the words. The sample on the page says the same."""
    mina, jun = meet("미나", "jun")
    jun.enter("미나")
    settings(mina)
    mina.page.evaluate(NOTES)
    for choice, said, note, sample in (
        ("이름과 내용 숨기기", "first", "nullabona: 새 메시지", "nullabona"),
        ("이름만", "second", "jun: 새 메시지", "김지우"),
        ("이름과 내용", "third", "jun: third", "오늘 저녁에 시간 돼?"),
    ):
        choose(mina, "알림에 보이는 것", choice)
        expect(mina.page.locator("figure")).to_contain_text(sample)
        jun.say(said)
        mina.page.wait_for_function("note => notes('shown').includes(note)", arg=note)
    assert 3 == len(mina.page.evaluate(SHOWN))


def test_new_conversations_begin_with_the_timer_that_was_chosen(meet: Meet) -> None:
    """Those that are there already stay as they are."""
    mina, jun = meet("미나", "jun")
    settings(mina)
    choose(mina, "새 채팅방의 사라지는 메시지", "1주")
    section(mina, "채팅", "")
    expect(mina.chat("jun").get_by_title("1주 뒤 사라짐")).to_have_count(0)
    mina.button("새 채팅").click()
    mina.page.get_by_role("menuitem", name="그룹 만들기").click()
    dialog = mina.page.get_by_role("dialog", name="새 그룹")
    dialog.get_by_label("그룹 이름").fill("소풍")
    dialog.get_by_role("checkbox").first.check(force=True)
    expect(dialog.get_by_role("group", name="사라지는 메시지").get_by_role("radio", name="1주")).to_be_checked()
    dialog.get_by_role("button", name="그룹 만들기").click()
    jun.enter("소풍")
    expect(jun.page.get_by_role("main").locator("header .timer")).to_have_attribute("title", re.compile("1 week"))


def test_a_profile_without_a_passphrase_says_that_it_cannot_be_locked(meet: Meet) -> None:
    (mina,) = meet("미나")
    settings(mina)
    expect(mina.page.get_by_text("이 프로필에는 암호가 없어서 잠글 수 없고, 자동으로 잠기지도 않아요.")).to_be_visible()
    expect(mina.page.get_by_role("navigation").get_by_title("잠그기", exact=True)).to_have_count(0)
