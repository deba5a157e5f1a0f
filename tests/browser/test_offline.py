"""Journeys: without the relay, without the app, with more than one window. Nothing is lost and nothing comes twice."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.api.service import Service
from tests.browser.conftest import Arrive, Meet, seat
from tests.browser.entering import heading
from tests.browser.person import Person
from tests.browser.setting import make
from tests.browser.wire import Line

RELOADS: Final = """
if (location.protocol === "http:" && Number(window.name) < 9) {
    window.name = Number(window.name) + 1;
    console.log(`loaded ${window.name}`);
    setTimeout(() => location.reload(), 8 * window.name);
}"""
"""A page that is loaded anew nine times, each time a little later."""


def couple(chromium: Browser, doomed: Service, folder: Path, seats: ExitStack) -> tuple[Person, Person]:
    """Two friends at a relay that will die, in their room."""
    mina, jun = (seat(chromium, doomed, seats, one) for one in make(doomed, folder, "미나", "jun"))
    mina.enter("jun")
    jun.enter("미나")
    return mina, jun


def test_while_the_relay_is_away_messages_wait_and_then_go(
    chromium: Browser, doomed: Service, tmp_path: Path, seats: ExitStack
) -> None:
    mina, jun = couple(chromium, doomed, tmp_path, seats)
    mina.say("지금 출발해")
    jun.sees("지금 출발해")
    doomed.kill()
    banner = mina.page.get_by_text("연결되지 않았어요")
    expect(banner).to_be_visible(timeout=1_000)
    mina.say("조금 늦을 것 같아")
    expect(mina.sees("조금 늦을 것 같아").get_by_title("보내는 중")).to_be_visible()
    expect(mina.page.get_by_text("보내지 못한 항목이 1개 있어요. 연결되면 보내요.")).to_be_visible()
    expect(jun.bubble("조금 늦을 것 같아")).to_have_count(0)
    doomed.start()
    jun.sees("조금 늦을 것 같아")
    mina.sent("조금 늦을 것 같아")
    expect(banner).to_have_count(0)


def test_the_relay_is_carried_away_while_somebody_types(
    chromium: Browser, doomed: Service, tmp_path: Path, seats: ExitStack
) -> None:
    mina, jun = couple(chromium, doomed, tmp_path, seats)
    mina.say("그 서류는 잘 뒀어")
    jun.sees("그 서류는 잘 뒀어")
    mina.composer.press_sequentially("그리고 ")
    doomed.seize()
    mina.composer.press_sequentially("열쇠는 화분 밑에")
    expect(mina.composer).to_have_value("그리고 열쇠는 화분 밑에")
    mina.composer.press("Enter")
    jun.sees("그리고 열쇠는 화분 밑에")
    jun.say("Got it")
    mina.sees("Got it")
    for person in (mina, jun):
        for text in ("그 서류는 잘 뒀어", "그리고 열쇠는 화분 밑에", "Got it"):
            expect(person.bubble(text)).to_have_count(1)


def test_after_a_power_cut_the_open_page_comes_back_with_what_was_typed(meet: Meet) -> None:
    """Nobody touches it. What was written meanwhile goes out, what was said meanwhile is shown, and nothing twice."""
    mina, jun = meet("미나", "jun")
    mina.enter("jun")
    jun.enter("미나")
    mina.say("before the cut")
    jun.sees("before the cut")
    mina.kill()
    ended = mina.page.get_by_text("앱을 다시 켜면 이 창도 저절로 이어져요. 쓰던 글은 그대로 있어요.")
    expect(ended).to_be_visible()
    mina.say("written while it was off")
    mina.composer.fill("still being written")
    jun.say("said while it was dark")
    mina.start()
    mina.launch()
    mina.sees("said while it was dark")
    expect(ended).to_have_count(0)
    expect(mina.composer).to_have_value("still being written")
    jun.sees("written while it was off")
    for text in ("before the cut", "said while it was dark", "written while it was off"):
        expect(mina.bubble(text)).to_have_count(1)
    mina.page.reload()
    mina.enter("jun")
    expect(mina.composer).to_have_value("still being written")


def test_a_page_whose_app_was_ended_says_so_at_once(arrive: Arrive) -> None:
    """On every screen; here before there is an account."""
    jun = arrive("jun")
    heading(jun, "", "Your chats stay between you")
    jun.stop()
    expect(jun.page.get_by_text("The app is not running")).to_be_visible(timeout=2_000)


@pytest.mark.parametrize("moment", ["before the trade", "before its answer", "at once, again and again"])
def test_a_reload_works_at_any_moment(arrive: Arrive, moment: str) -> None:
    """Also when the page was loaded anew before it knew that its launch was traded."""
    jun = arrive("jun")
    page = jun.context.new_page()
    held: list[Route] = []

    def hold(route: Route) -> None:
        if moment == "before its answer":
            assert 200 == route.fetch().status
        held.append(route)

    if moment == "at once, again and again":
        page.add_init_script(RELOADS)
        with page.expect_console_message(lambda said: said.text == "loaded 9"):
            page.goto(jun.another(), wait_until="commit")
    else:
        page.route("**/trade", hold)
        with page.expect_request("**/trade"):
            page.goto(jun.another())
        while not held:
            page.wait_for_timeout(10)
        page.unroute("**/trade")
        page.reload()
    expect(page.get_by_role("heading", name="Your chats stay between you")).to_be_visible()
    assert "launch" not in page.url
    page.reload()
    expect(page.get_by_role("heading", name="Your chats stay between you")).to_be_visible()
    assert ["nulla-token"] == page.evaluate("Object.keys(sessionStorage)")


def test_two_windows_of_one_person_agree(meet: Meet) -> None:
    mina, jun = meet("미나", "jun")
    mina.enter("jun")
    jun.enter("미나")
    other = mina.open_new_tab()
    other.locator("button[data-room]").first.click()
    mina.say("written in the first window")
    jun.say("written by jun")
    for text in ("written in the first window", "written by jun"):
        expect(other.locator("article[data-message]").filter(has_text=text)).to_have_count(1)
    other.locator(".composer textarea").fill("written in the second window")
    other.locator(".composer textarea").press("Enter")
    mina.sees("written in the second window")
    mina.menu("written in the second window", "모두에게서 삭제")
    mina.page.get_by_role("dialog").get_by_role("button", name="삭제", exact=True).click()
    for page in (mina.page, other):
        expect(page.locator("article[data-message]").filter(has_text="second window")).to_have_count(0)
    jun.sees("This message was deleted")


def test_a_page_that_lost_its_app_for_a_while_catches_up(meet: Meet) -> None:
    mina, jun = meet("미나", "jun")
    line = Line(mina.page)
    mina.at_end_of("jun")
    jun.enter("미나")
    jun.say("before")
    mina.sees("before")
    line.cut()
    note = mina.page.get_by_text("앱에 다시 연결하는 중이에요")
    expect(note).to_be_visible()
    for text in ("meanwhile one", "meanwhile two"):
        jun.say(text)
    mina.say("written without the app")
    expect(jun.bubble("written without the app")).to_have_count(0)
    line.mend()
    jun.sees("written without the app")
    mina.sees("meanwhile two")
    expect(note).to_have_count(0)
    said = mina.page.locator("article .text")
    expect(said.filter(has_text="meanwhile")).to_have_text(["meanwhile one", "meanwhile two"])
    for text in ("before", "written without the app"):
        expect(mina.bubble(text)).to_have_count(1)


@pytest.mark.parametrize("lost", ["the words", "the answer"])
def test_what_was_under_way_when_the_line_broke_is_said_once(meet: Meet, lost: str) -> None:
    mina, jun = meet("미나", "jun")
    line = Line(mina.page)
    mina.at_end_of("jun")
    jun.enter("미나")
    call, answer = '"call":"SendText"', '"kind":"answer"'
    line.lose = lambda said: call in said if lost == "the words" else answer in said and "only once" in said
    mina.say("only once")
    own = mina.sees("only once")
    expect(mina.page.get_by_text("앱에 다시 연결하는 중이에요")).to_be_visible()
    if lost == "the words":
        expect(own.get_by_text("보내지 못했어요")).to_be_visible()
        line.mend()
        own.get_by_role("button", name="다시 보내기").click()
    else:
        line.mend()
    jun.sees("only once")
    mina.sent("only once")
    jun.say("I heard you")
    mina.sees("I heard you")
    for person in (mina, jun):
        expect(person.bubble("only once")).to_have_count(1)
