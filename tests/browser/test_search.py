"""Journeys: finding what was said, and people by the first consonants of their names."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Meet
from tests.browser.person import Person

TALL = "\n".join(f"{number}번째 줄" for number in range(29))
SAID = ("주말에 산에 갈까?", "I would rather swim", TALL, TALL, "이번주말 말고 다음에")


@pytest.fixture(scope="module")
def friends(gather: Meet) -> list[Person]:
    """Two who talked about the weekend."""
    return gather("김지우", "jun", group="등산", said=SAID)


def test_a_korean_word_is_found_in_a_room_and_leads_into_its_context(friends: list[Person]) -> None:
    jiu = friends[0].at_end_of("등산")
    first = jiu.bubble("주말에 산에 갈까?")
    expect(first).not_to_be_in_viewport()
    jiu.button("채팅방 검색").click()
    jiu.page.get_by_label("이 채팅방에서 검색").fill("주말")
    found = jiu.page.get_by_role("listbox", name="검색").get_by_role("option")
    expect(found).to_have_count(2)
    expect(found.locator("mark").first).to_have_text("주말")
    found.filter(has_text="산에 갈까").click()
    expect(first).to_be_in_viewport()


def test_a_word_is_found_everywhere_from_the_list(friends: list[Person]) -> None:
    jun = friends[1].at_end_of("김지우")
    jun.page.get_by_role("searchbox", name="Search names and messages").fill("주말")
    result = jun.page.locator("[data-result]").filter(has_text="산에 갈까")
    expect(result).to_contain_text("등산")
    result.click()
    expect(jun.page.get_by_role("region", name="Conversation: 등산")).to_be_visible()
    expect(jun.bubble("주말에 산에 갈까?")).to_be_in_viewport()


def test_what_one_said_oneself_is_found_under_the_face_of_its_chat(friends: list[Person]) -> None:
    """The name beside the picture is the chat's: one's own picture would say that it is one's own chat."""
    jun = friends[1].fresh()
    jun.page.get_by_role("searchbox", name="Search names and messages").fill("rather swim")
    result = jun.page.locator("[data-result]").filter(has_text="등산")
    expect(result).to_contain_text("jun: I would rather swim")
    expect(result.locator(".avatar")).to_have_text("김J")


def test_a_name_is_found_by_its_first_consonants(friends: list[Person]) -> None:
    jun = friends[1].fresh()
    field = jun.page.get_by_role("searchbox", name="Search names and messages")
    field.fill("ㄱㅈㅇ")
    expect(jun.chat("김지우")).to_be_visible()
    expect(jun.chat("등산")).to_have_count(0)
    field.press("ArrowDown")
    jun.page.keyboard.press("Enter")
    expect(jun.page.get_by_role("region", name="Conversation: 김지우")).to_be_visible()


def test_what_is_not_there_is_said_to_be_not_there(friends: list[Person]) -> None:
    jiu = friends[0].at_end_of("등산")
    jiu.button("채팅방 검색").click()
    jiu.page.get_by_label("이 채팅방에서 검색").fill("잠수함")
    expect(jiu.page.get_by_text("‘잠수함’ 검색 결과가 없어요")).to_be_visible()
