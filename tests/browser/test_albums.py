"""Journeys: photos that are sent together are one bubble, for everybody, whatever becomes of one of them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.api.pictures import photo
from tests.browser.conftest import Meet
from tests.browser.person import Person
from tests.browser.test_files import attach


@pytest.fixture(scope="module")
def couple(gather: Meet) -> list[Person]:
    """Two friends."""
    return gather("미나", "jun")


@pytest.fixture
def mina(couple: list[Person]) -> Person:
    """In the direct room."""
    return couple[0].at_end_of("jun")


@pytest.fixture
def jun(couple: list[Person]) -> Person:
    """In the direct room."""
    return couple[1].at_end_of("미나")


def photos(*names: str) -> list[dict[str, object]]:
    """Files to choose."""
    return [
        {"name": name, "mimeType": "image/jpeg", "buffer": photo(300 + 20 * place, 200)}
        for place, name in enumerate(names)
    ]


def album(person: Person, caption: str) -> Locator:
    """The photos of the bubble that has this caption, once it is there."""
    return person.sees(caption).locator(".album li")


def test_photos_that_are_sent_together_are_one_bubble(mina: Person, jun: Person) -> None:
    """With the words below them, not below the file that was sent with them; their list says how many they are."""
    plan = {"name": "일정.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    attach(mina, [*photos("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"), plan], "제주도 사진 보내요")  # type: ignore[list-item]
    for person in (mina, jun):
        expect(album(person, "제주도 사진 보내요")).to_have_count(5)
        card = person.page.locator("article").filter(has_text="일정.pdf")
        expect(card).to_have_count(1)
        expect(card).not_to_contain_text("제주도")
    attach(mina, photos("f.jpg", "g.jpg"), "둘 더")  # type: ignore[arg-type]
    expect(jun.chat("미나")).to_contain_text("2 photos · 둘 더")
    tiles = album(jun, "둘 더")
    expect(tiles.locator("img")).to_have_count(2)
    tiles.last.get_by_role("button").click()
    box = jun.page.get_by_role("dialog", name="Photo")
    expect(box).to_contain_text("둘 더")
    jun.page.keyboard.press("Escape")


def test_a_photo_that_fails_stays_in_its_place_and_comes_late(mina: Person, jun: Person) -> None:
    """The others have arrived, and something was said meanwhile."""
    failing = re.compile(r"/upload\?name=lost")

    def cut(route: Route) -> None:
        route.abort()

    mina.page.route(failing, cut)
    attach(mina, photos("one.jpg", "lost.jpg", "three.jpg"), "셋이야")  # type: ignore[arg-type]
    sent = mina.sees("셋이야")
    expect(sent.get_by_text("보내지 못했어요")).to_be_visible()
    expect(sent.locator(".album li")).to_have_count(3)
    expect(album(jun, "셋이야")).to_have_count(2)
    mina.say("하나가 안 가네")
    jun.sees("하나가 안 가네")
    mina.page.unroute(failing)
    sent.get_by_role("button", name="다시 보내기").click()
    expect(album(jun, "셋이야")).to_have_count(3)
    expect(sent.get_by_text("보내지 못했어요")).to_have_count(0)
    expect(album(mina, "셋이야")).to_have_count(3)


def test_the_photos_of_an_album_are_forwarded_and_deleted_together(mina: Person, jun: Person) -> None:
    """From its menu; on a photo alone the menu is that photo's."""
    attach(mina, photos("p.jpg", "q.jpg", "r.jpg"), "지울 것")  # type: ignore[arg-type]
    expect(album(jun, "지울 것")).to_have_count(3)
    tiles = album(mina, "지울 것")
    tiles.last.click(button="right")
    mina.page.get_by_role("menuitem", name="모두에게서 삭제").click()
    mina.page.get_by_role("dialog").get_by_role("button", name="삭제", exact=True).click()
    expect(tiles).to_have_count(2)
    expect(album(jun, "지울 것")).to_have_count(2)
    mina.sees("지울 것").focus()
    mina.page.keyboard.press("Enter")
    mina.page.get_by_role("menuitem", name="모두에게서 삭제").click()
    mina.page.get_by_role("dialog").get_by_role("button", name="삭제", exact=True).click()
    expect(jun.bubble("지울 것")).to_have_count(0)
    expect(mina.bubble("지울 것")).to_have_count(0)
