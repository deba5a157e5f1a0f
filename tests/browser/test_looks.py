"""How things are drawn: what appears beside a message covers nothing, and emoji are found by their group."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Meet
from tests.browser.entering import adding, section
from tests.browser.person import DESKTOP, PHONE, Person

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
PLACES = """() => Object.fromEntries([...document.querySelectorAll("article[data-message]")]
    .map((one) => [one.dataset.message, JSON.stringify(one.querySelector(".bubble").getBoundingClientRect())]))"""
"""Where each message is that the list has drawn. Further ones, out of sight, may be drawn at any time."""
IN_SIGHT = """() => {
    const list = document.querySelector(".viewport").getBoundingClientRect();
    const whole = ({ top, bottom }) => list.top <= top && bottom <= list.bottom;
    return [...document.querySelectorAll("article[data-message] .bubble")].map((one) => one.getBoundingClientRect())
        .filter(whole).map((one) => [one.left + one.width / 2, one.top + one.height / 2]);
}"""
"""The middles of the messages that are seen whole."""
STILL = f"""() => {{
    const list = document.querySelector(".viewport");
    const now = JSON.stringify(({PLACES})());
    const same = now === globalThis.placesBefore && !now.includes("provisional");
    globalThis.placesBefore = now;
    return same && list.scrollHeight - list.scrollTop - list.clientHeight < 2;
}}"""
"""At the end of the list, everything is sent, and nothing has moved since the last look."""


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
    mina.history.press("End")
    mina.page.mouse.move(1, 1)
    mina.page.wait_for_function(STILL)
    bar = mina.page.locator("[role=toolbar].bar")
    before = mina.page.evaluate(PLACES)
    in_sight = mina.page.evaluate(IN_SIGHT)
    assert len(in_sight) >= len((SHORT, LONG, SHORT)) * 2
    for x, y in in_sight:
        mina.page.mouse.move(x, y)  # hover() would scroll a message away from the edge first
        expect(bar).to_have_count(1)
        shown, covered = mina.page.evaluate(COVERED)
        assert shown >= 1
        assert [] == covered
        after = mina.page.evaluate(PLACES)
        assert before == {one: after[one] for one in before}


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


def one_line(buttons: Locator) -> None:
    """Several, side by side."""
    expect(buttons.first).to_be_attached()
    middles = buttons.evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect()).map((one) => Math.round(one.top + one.height / 2))"
    )
    assert len(middles) > 1
    assert max(middles) - min(middles) <= 1


def test_what_belongs_in_one_line_is_in_one_line_on_a_phone(meet: Meet) -> None:
    """In English, whose words are longer: what there is to choose from, and to do with a link or a message."""
    mina, _ = meet("mina", "jun", group="walks", said=("see you",), viewport=PHONE)
    dialog = mina.page.get_by_role("dialog")
    one_line(adding(mina).get_by_role("radio"))
    mina.page.keyboard.press("Escape")
    section(mina, "", "Chats")
    mina.enter("walks")
    mina.menu("see you", "Select")
    one_line(mina.page.get_by_role("toolbar", name="Select").get_by_role("button"))
    mina.button("Cancel selection").click()
    mina.button("Chat info").click()
    beside = mina.page.get_by_role("complementary")
    beside.get_by_role("button", name="Disappearing messages").click()
    one_line(dialog.get_by_role("radio"))
    mina.page.keyboard.press("Escape")
    beside.get_by_role("button", name="Invite links").click()
    beside.get_by_role("button", name="Make and copy a link").click()
    one_line(beside.get_by_role("button", name="Show QR").locator("xpath=..").get_by_role("button"))
