"""Journeys: polls."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Meet
from tests.browser.person import Person


@pytest.fixture(scope="module")
def couple(gather: Meet) -> list[Person]:
    """Two friends in a group."""
    return gather("미나", "jun", group="가족")


def ask(mina: Person, question: str, *options: str, several: bool = False) -> None:
    """Make a poll on the screen."""
    mina.button("첨부").click()
    mina.page.get_by_role("menuitem", name="투표 만들기").click()
    dialog = mina.page.get_by_role("dialog", name="투표 만들기")
    dialog.get_by_label("질문").fill(question)
    for number, option in enumerate(options, start=1):
        if number > 2:
            dialog.get_by_role("button", name="항목 추가").click()
        dialog.get_by_label(f"항목 {number}", exact=True).fill(option)
    dialog.get_by_role("switch").set_checked(several)
    dialog.get_by_role("button", name="투표 올리기").click()


def option(poll: Locator, text: str) -> Locator:
    """An answer of a poll, one or several of which can be chosen."""
    return poll.locator("[role=radio], [role=checkbox]").filter(has_text=text)


def test_a_poll_is_made_voted_in_changed_and_closed(couple: list[Person]) -> None:
    mina, jun = couple[0].at_end_of("가족"), couple[1].at_end_of("가족")
    ask(mina, "어디로 갈까?", "바다", "산", "집")
    seen, own = jun.sees("어디로 갈까?"), mina.sees("어디로 갈까?")
    option(seen, "바다").click()
    expect(option(own, "바다")).to_contain_text("1")
    expect(option(own, "바다")).to_have_attribute("title", "jun")
    option(seen, "산").click()
    expect(option(own, "산")).to_contain_text("1")
    expect(option(own, "바다")).to_contain_text("0")
    option(own, "산").click()
    expect(seen).to_contain_text("2 voters")
    own.get_by_role("button", name="투표 종료").click()
    expect(seen).to_contain_text("Poll closed")
    expect(option(seen, "산")).to_contain_text("2")
    expect(option(seen, "바다")).to_be_disabled()
    expect(jun.chat("가족")).to_contain_text("어디로 갈까?")


def test_where_several_answers_are_allowed_each_is_counted(couple: list[Person]) -> None:
    mina, jun = couple[0].at_end_of("가족"), couple[1].at_end_of("가족")
    ask(mina, "뭐 먹을까?", "김밥", "라면", several=True)
    seen, own = jun.sees("뭐 먹을까?"), mina.sees("뭐 먹을까?")
    option(seen, "김밥").click()
    expect(option(seen, "김밥")).to_be_checked()
    option(seen, "라면").click()
    for text in ("김밥", "라면"):
        expect(option(own, text)).to_contain_text("1")
    expect(own).to_contain_text("1명 참여")
    expect(own.get_by_role("button", name="투표 종료")).to_be_visible()
    expect(seen.get_by_role("button", name="Close the poll")).to_have_count(0)
