"""Journey: a chat with a friend is left, opened again by either of them, left again and deleted, by the keyboard."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Meet
from tests.browser.person import PATIENCE_MS, Person
from tests.browser.test_toasts import is_clear_of, toasts


def choose(person: Person, chat: str, item: str) -> None:
    """Choose in a chat's menu, opened by its key."""
    person.chat(chat).first.focus()
    person.page.keyboard.press("Shift+F10")
    person.page.get_by_role("menuitem", name=item, exact=True).press("Enter")


def agree(person: Person, said: str) -> None:
    """To the question that says this, with the keyboard alone."""
    dialog = person.page.get_by_role("dialog")
    expect(dialog).to_contain_text(said)
    person.page.keyboard.press("Tab")
    dialog.get_by_role("button").last.press("Enter")
    expect(dialog).to_have_count(0)


def test_a_chat_is_left_opened_again_and_deleted(meet: Meet) -> None:
    """Each screen says how it is and what a message does; what is deleted and for how long is said before."""
    mina, jun = meet("미나", "jun")
    mina.enter("jun")
    mina.say("처음 한 말")
    jun.enter("미나")
    jun.sees("처음 한 말")
    choose(mina, "jun", "나가기")
    agree(mina, "누구든 다시 메시지를 보내면 채팅방이 다시 열려요")
    expect(mina.page.get_by_text("나간 채팅방이에요. 메시지를 보내면 다시 대화할 수 있어요.")).to_be_visible()
    strip = jun.page.get_by_text("미나 left. Send a message to add them again.")
    expect(strip).to_be_visible(timeout=PATIENCE_MS)
    is_clear_of(toasts(jun, "record-lies"), strip)
    jun.say("come back")
    mina.sees("come back")
    expect(mina.page.get_by_text("나간 채팅방이에요")).to_have_count(0)
    choose(mina, "jun", "나가기")
    agree(mina, "나갔다고 보여요")
    expect(mina.chat("jun")).to_contain_text("나간 채팅방")
    choose(mina, "jun", "삭제")
    agree(mina, "되돌릴 수 없어요")
    expect(mina.chat("jun")).to_have_count(0)
    expect(mina.page.get_by_text("채팅방을 삭제했어요")).to_be_visible()
    expect(mina.page.locator("body")).not_to_contain_text(re.compile("처음 한 말|come back"))
    expect(jun.bubble("처음 한 말")).to_be_visible()
