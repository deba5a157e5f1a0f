"""Journeys: two people talk, and do with messages what people do with messages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Meet
from tests.browser.person import Person

TALL = "\n".join(f"line {number}" for number in range(29))


@pytest.fixture(scope="module")
def couple(gather: Meet) -> list[Person]:
    """Two friends with a direct room and a group."""
    return gather("미나", "jun", group="가족", permissions=["clipboard-read", "clipboard-write"])


@pytest.fixture
def mina(couple: list[Person]) -> Person:
    """In the direct room."""
    return couple[0].at_end_of("jun")


@pytest.fixture
def jun(couple: list[Person]) -> Person:
    """In the direct room."""
    return couple[1].at_end_of("미나")


def test_two_people_talk(mina: Person, jun: Person) -> None:
    mina.say("안녕! 잘 지냈어?")
    jun.sees("안녕! 잘 지냈어?")
    jun.say("Very well, thank you")
    mina.sees("Very well, thank you")
    for person, text in ((mina, "안녕! 잘 지냈어?"), (jun, "Very well, thank you")):
        number = person.sent(text).locator(".unread")
        expect(number).to_have_count(0)
    # one's own page knows of one's own reading without a reload
    expect(jun.sees("안녕! 잘 지냈어?").locator(".unread")).to_have_count(0)
    expect(mina.sees("Very well, thank you").locator(".unread")).to_have_count(0)


def test_the_list_of_chats_knows_when_another_day_begins(meet: Meet) -> None:
    """Without anything happening in it: what was said today was said yesterday then."""
    mina, _ = meet("미나", "jun", group="가족", said=("잘 자",))
    mina.page.clock.install()
    mina.fresh()
    when = mina.chat("가족").locator("time")
    expect(when).to_contain_text(re.compile("오전|오후"))
    mina.page.clock.fast_forward("24:00:00")
    expect(when).to_have_text("어제")


def test_a_reply_leads_to_what_it_answers_and_back(mina: Person, jun: Person) -> None:
    mina.say("Where shall we meet?")
    jun.menu("Where shall we meet?", "Reply")
    expect(jun.page.get_by_text("Reply to 미나")).to_be_visible()
    for _ in range(2):
        mina.say(TALL)
    jun.say("At the station")
    answer = mina.sees("At the station")
    expect(answer.locator(".quote")).to_contain_text("Where shall we meet?")
    question = mina.page.get_by_role("article", name="나: Where shall we meet?")
    expect(question).not_to_be_in_viewport()
    answer.locator(".quote").click()
    expect(question).to_be_in_viewport()
    expect(question).to_have_class(re.compile("flash"))
    mina.button("보던 곳으로").click()
    expect(answer).to_be_in_viewport()


def test_a_reaction_names_who_reacted(mina: Person, jun: Person) -> None:
    mina.say("I passed!")
    jun.sees("I passed!").hover()
    jun.button("React with ❤️").click()
    heart = mina.sees("I passed!").get_by_role("button", name="❤️ jun")
    expect(heart).to_have_attribute("title", "jun")
    heart.click()
    expect(jun.sees("I passed!").locator(".reactions button")).to_contain_text("2")
    heart = mina.sees("I passed!").locator(".reactions button")
    expect(heart).to_have_attribute("aria-pressed", "true")
    heart.click()
    expect(jun.sees("I passed!").locator(".reactions button")).not_to_contain_text("2")


def test_arrow_up_edits_the_last_message_and_both_see_that_it_was(mina: Person, jun: Person) -> None:
    mina.say("See you at fvie")
    jun.sees("See you at fvie")
    expect(mina.sees("See you at fvie").get_by_title("보내는 중")).to_have_count(0)
    mina.composer.press("ArrowUp")
    expect(mina.composer).to_have_value("See you at fvie")
    mina.say("See you at five")
    for person, mark in ((mina, "수정됨"), (jun, "edited")):
        expect(person.sees("See you at five").get_by_text(mark, exact=True)).to_be_visible()
        expect(person.bubble("See you at fvie")).to_have_count(0)


def test_arrow_up_takes_no_older_message_while_the_last_is_on_its_way(mina: Person, jun: Person) -> None:
    mina.say("This one has arrived")
    jun.sees("This one has arrived")
    mina.page.evaluate("() => { WebSocket.prototype.send = function () {}; }")
    mina.say("This one is on its way")
    expect(mina.sees("This one is on its way").get_by_title("보내는 중")).to_be_visible()
    mina.composer.press("ArrowUp")
    expect(mina.composer).to_have_value("")
    mina.page.reload()


def test_what_is_deleted_for_everyone_is_gone_for_everyone(mina: Person, jun: Person) -> None:
    mina.say("My password is hunter2")
    jun.sees("My password is hunter2")
    mina.menu("My password is hunter2", "모두에게서 삭제")
    mina.page.get_by_role("dialog").get_by_role("button", name="삭제", exact=True).click()
    mina.sees("내가 삭제한 메시지예요")
    jun.sees("This message was deleted")
    for person in (mina, jun):
        expect(person.bubble("hunter2")).to_have_count(0)
        expect(person.page.locator("body")).not_to_contain_text("hunter2")


def test_what_is_deleted_for_me_can_be_undone_and_stays_with_others(mina: Person, jun: Person) -> None:
    mina.say("a remark of no interest")
    jun.menu("a remark of no interest", "Delete for me")
    expect(jun.bubble("a remark of no interest")).to_have_count(0)
    jun.button("Undo").click()
    jun.menu("a remark of no interest", "Delete for me")
    jun.enter("가족")
    jun.enter("미나")
    expect(jun.bubble("a remark of no interest")).to_have_count(0)
    mina.sees("a remark of no interest")


def test_a_message_is_forwarded_to_another_room(mina: Person, jun: Person) -> None:
    mina.say("Grandma comes on Sunday")
    mina.menu("Grandma comes on Sunday", "전달")
    mina.page.get_by_role("dialog").get_by_role("option", name="가족").click()
    mina.button("1곳으로 전달").click()
    jun.enter("가족")
    expect(jun.sees("Grandma comes on Sunday").get_by_text("Forwarded", exact=True)).to_be_visible()


def test_the_words_of_a_message_are_copied(mina: Person) -> None:
    mina.say("2026-12-24 18:30, 서울역")
    mina.menu("2026-12-24 18:30, 서울역", "복사")
    expect(mina.page.get_by_text("복사했어요")).to_be_visible()
    assert mina.page.evaluate("navigator.clipboard.readText()") == "2026-12-24 18:30, 서울역"


def test_a_pin_stays_on_top_for_both_until_it_is_taken_down(mina: Person, jun: Person) -> None:
    jun.say("The door code is 4711")
    mina.menu("The door code is 4711", "상단 고정")
    for _ in range(2):
        jun.say(TALL)
    bar = jun.page.get_by_role("button", name="Pinned message")
    expect(bar).to_contain_text("The door code is 4711")
    pinned = jun.bubble("The door code is 4711").first
    expect(pinned).not_to_be_in_viewport()
    bar.click()
    expect(pinned).to_be_in_viewport()
    jun.button("Unpin").click()
    expect(bar).to_have_count(0)
    expect(mina.page.get_by_role("button", name="상단에 고정된 메시지")).to_have_count(0)


def test_an_at_sign_offers_people_and_the_one_named_is_told(mina: Person, jun: Person) -> None:
    mina.enter("가족")
    mina.composer.press_sequentially("@ju")
    expect(mina.page.get_by_role("listbox", name="멘션")).to_contain_text("jun")
    mina.composer.press("Enter")
    expect(mina.composer).to_have_value("@jun ")
    mina.composer.press_sequentially("are you coming?")
    mina.composer.press("Enter")
    expect(jun.chat("가족").get_by_title("You were mentioned")).to_be_visible()
    jun.enter("가족")
    expect(jun.sees("are you coming?").locator(".mention.me")).to_have_text("@jun")
    expect(jun.chat("가족").get_by_title("You were mentioned")).to_have_count(0)


def test_a_room_opens_where_the_unread_begin(mina: Person, jun: Person) -> None:
    jun.enter("가족")
    mina.say("first of the new")
    count = mina.sees("first of the new").get_by_title("1명이 아직 안 읽음")
    expect(count).to_be_visible()
    for _ in range(2):
        mina.say(TALL)
    row = jun.chat("미나").filter(has_text="3 unread messages")
    expect(row).to_be_visible()
    jun.enter("미나")
    expect(jun.page.get_by_text("New messages", exact=True)).to_be_in_viewport()
    expect(jun.bubble("first of the new")).to_be_in_viewport()
    jun.history.press("End")
    expect(row).to_have_count(0)
    expect(count).to_have_count(0)


def test_without_receipts_nobody_s_reading_is_shown(mina: Person, jun: Person) -> None:
    def switch(*, on: bool) -> None:
        jun.button("Settings").click()
        jun.page.get_by_role("switch", name="Read receipts").set_checked(on)
        jun.enter("가족")

    switch(on=False)
    mina.say("do not tell me")
    count = mina.sees("do not tell me").get_by_title("1명이 아직 안 읽음")
    expect(count).to_be_visible()
    jun.enter("미나")
    jun.say("a word without a mark")
    mina.sees("a word without a mark")
    expect(jun.sees("a word without a mark").locator(".meta .unread")).to_have_count(0)
    expect(count).to_be_visible()
    switch(on=True)


def test_several_messages_are_chosen_and_deleted_together(mina: Person, jun: Person) -> None:
    for text in ("slip of the tongue one", "slip of the tongue two"):
        mina.say(text)
        jun.sees(text)
    mina.menu("slip of the tongue one", "선택")
    mina.sees("slip of the tongue two").click()
    expect(mina.page.get_by_role("status").filter(has_text="2개 선택")).to_be_visible()
    mina.button("모두에게서 삭제").click()
    mina.page.get_by_role("dialog").get_by_role("button", name="삭제", exact=True).click()
    for person in (mina, jun):
        expect(person.bubble("slip of the tongue")).to_have_count(0)
