"""How things are drawn: what appears beside a message covers nothing, and emoji are found by their group."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Meet
from tests.browser.person import DESKTOP, Person

pytestmark = pytest.mark.timeout(240)

SHORT, LONG = "응", "그리고 혹시 시간이 되면 내가 빌려준 책도 가져와 줄 수 있을까? " * 4
COVERED = """() => {
    const bar = document.querySelector("[role=toolbar].bar");
    const over = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
    const shown = [...bar.children].map((one) => one.getBoundingClientRect())
        .filter((one) => over(one, bar.getBoundingClientRect()));
    const kinds = ["bubble", "meta > *", "name", "face > *"].map((kind) => `article .${kind}`).join();
    const things = [...document.querySelectorAll(kinds)];
    const covered = things.filter((one) => shown.some((button) => over(button, one.getBoundingClientRect())));
    return [shown.length, covered.map((one) => one.className)];
}"""
PLACES = (
    "() => [...document.querySelectorAll('article .bubble')].map((one) => JSON.stringify(one.getBoundingClientRect()))"
)
STILL = f"""() => {{
    const list = document.querySelector(".viewport");
    const now = ({PLACES})().join();
    const same = now === globalThis.placesBefore;
    globalThis.placesBefore = now;
    return same && list.scrollHeight - list.scrollTop - list.clientHeight < 2;
}}"""
"""At the end of the list, and nothing has moved since the last look."""


@pytest.fixture(scope="module")
def couple(gather: Meet) -> list[Person]:
    """Two friends."""
    return gather("미나", "준")


@pytest.mark.parametrize("width", [DESKTOP["width"], 900, 420])
def test_what_appears_beside_a_message_covers_nothing_and_moves_nothing(couple: list[Person], width: int) -> None:
    """Neither the message nor its neighbours, however long they are; at least one button fits."""
    mina, jun = couple
    mina.page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    jun.at_end_of("미나")
    mina.at_end_of("준")
    mina.page.set_viewport_size({"width": width, "height": 800})
    for speaker, other, turn in ((mina, jun, f"{width} 먼저"), (jun, mina, f"{width} 다음")):
        for text in (SHORT, LONG, SHORT):
            speaker.say(f"{text} {turn}")
        expect(other.bubble(f"{SHORT} {turn}")).to_have_count(2)
    articles = mina.page.locator("article[data-message]")
    bar = mina.page.locator("[role=toolbar].bar")
    for number in range(articles.count()):
        articles.nth(number).hover()
        expect(bar).to_have_count(1)
        shown, covered = mina.page.evaluate(COVERED)
        assert shown >= 1
        assert [] == covered
    mina.history.press("End")
    mina.page.mouse.move(1, 1)
    mina.page.wait_for_function(STILL)
    before = mina.page.evaluate(PLACES)
    articles.last.hover()
    expect(bar).to_have_count(1)
    assert before == mina.page.evaluate(PLACES)


def test_emoji_are_found_by_their_group_and_what_was_used_comes_first(couple: list[Person]) -> None:
    """With the pointer and with the keys."""
    couple[0].page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    mina = couple[0].at_end_of("준")
    mina.button("이모지").click()
    picker = mina.page.get_by_role("dialog", name="이모지")
    tabs = picker.get_by_role("toolbar").get_by_role("button")
    expect(tabs.first).to_be_visible()
    names = [tabs.nth(number).get_attribute("aria-label") for number in range(tabs.count())]
    assert len(names) == len(set(names)) >= 8
    food = tabs.nth(3)
    food.click()
    expect(food).to_have_attribute("aria-current", "true")
    expect(picker.get_by_role("heading", name=names[3], exact=True)).to_be_in_viewport()
    food.press("ArrowRight")
    expect(tabs.nth(4)).to_be_focused()
    expect(picker.get_by_role("heading", name=names[4], exact=True)).to_be_in_viewport()
    group = picker.get_by_role("group", name=str(names[4]), exact=True)
    chosen = group.get_by_role("button").first
    emoji = chosen.inner_text()
    chosen.click()
    expect(mina.composer).to_have_value(emoji)
    mina.composer.fill("")
    mina.button("이모지").click()
    expect(tabs).to_have_count(len(names) + 1)
    expect(picker.locator("section").first.get_by_role("button")).to_have_text([emoji])
    mina.page.keyboard.press("Escape")
