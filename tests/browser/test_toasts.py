"""What pops up: news is no alarm, and nothing that a person is just using is covered."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Meet
from tests.browser.person import DESKTOP, PHONE, Person
from tests.browser.states import CODES

RED = re.compile(r"\bbad\b")


def toasts(person: Person, name: str) -> Locator:
    """Put a state in; what pops up."""
    expect(person.page.locator(".frame")).to_be_visible()
    person.put(name)
    shown = person.page.locator(".toast")
    expect(shown).to_have_count(len(CODES[name]))
    return shown


CLEAR = """([toast, other]) => toast.getAnimations().every((one) => one.playState !== "running")
    && toast.getBoundingClientRect().bottom <= other.getBoundingClientRect().top"""


def is_clear_of(shown: Locator, below: Locator) -> None:
    """Wait until the lowest toast has risen to its place and ends where the other begins, or above."""
    nodes = [shown.last.element_handle(), below.element_handle()]
    shown.page.wait_for_function(CLEAR, arg=nodes)


def test_news_is_plain_and_a_lie_is_an_alarm_that_stays(meet: Meet) -> None:
    """The sentences of the one have no warning sign; the other wait to be put away."""
    (mina,) = meet("mina")
    news = toasts(mina, "news")
    for number in range(len(CODES["news"])):
        expect(news.nth(number)).not_to_have_class(RED)
    expect(news.first).to_contain_text("Received all 1204 earlier messages.")
    mina.page.reload()
    lies = toasts(mina, "record-lies")
    for number in range(len(CODES["record-lies"])):
        expect(lies.nth(number)).to_have_class(RED)


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_composer_is_not_covered(meet: Meet, screen: dict[str, int]) -> None:
    """However tall it is, so that one can write on while something pops up."""
    mina, _ = meet("mina", "jun", viewport=screen)
    mina.enter("jun")
    shown = toasts(mina, "record-lies")
    composer = mina.page.locator(".composer")
    is_clear_of(shown, composer)
    mina.composer.fill("one\ntwo\nthree\nfour\nfive")
    mina.page.wait_for_function("() => document.querySelector('.composer').offsetHeight > 100")
    is_clear_of(shown, composer)


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_newest_lines_are_not_covered(meet: Meet, screen: dict[str, int]) -> None:
    """The history moves up by as much as the toasts need, and back."""
    mina, _ = meet("mina", "jun", viewport=screen)
    mina.enter("jun")
    for number in range(20):
        mina.say(f"line {number}")
    mina.sent("line 19")
    shown = toasts(mina, "record-lies")
    clear = """() => document.querySelector(".toast").getBoundingClientRect().top
        >= [...document.querySelectorAll("article[data-message]")].at(-1).getBoundingClientRect().bottom"""
    mina.page.wait_for_function(clear)
    for _ in range(len(CODES["record-lies"])):
        shown.last.get_by_role("button", name="Close").click()
    expect(shown).to_have_count(0)
    none = "() => getComputedStyle(document.documentElement).getPropertyValue('--toasts') === '0px'"
    mina.page.wait_for_function(none)


def test_the_last_chat_of_a_phone_is_not_covered(meet: Meet) -> None:
    """It can be scrolled above the toasts, which lie beside the list where there is room."""
    mina, _ = meet("mina", "jun", viewport=PHONE)
    expect(mina.chat("jun")).to_be_visible()
    shown = toasts(mina, "news")
    chat = mina.chat("jun")
    chat.evaluate("(row) => row.closest('.scroll').scrollTo(0, 10_000)")
    row, first = chat.bounding_box(), shown.first.bounding_box()
    assert row is not None
    assert first is not None
    assert row["y"] + row["height"] <= first["y"]
    mina.page.set_viewport_size({"width": 1280, "height": 800})
    pane = mina.page.locator(".left").bounding_box()
    beside = shown.first.bounding_box()
    assert pane is not None
    assert beside is not None
    assert pane["x"] + pane["width"] <= beside["x"]


def test_the_navigation_of_a_phone_is_not_covered(meet: Meet) -> None:
    """It lies along the bottom there."""
    (mina,) = meet("mina", viewport=PHONE)
    is_clear_of(toasts(mina, "record-lies"), mina.page.get_by_role("navigation"))
