"""Journeys: how the page comes up: what is seen first, what follows, and what happens in between."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, Route, WebSocket, expect

from nullabona.client.api import Client
from tests.api.pictures import photo
from tests.api.service import Service
from tests.browser.conftest import Meet, seat
from tests.browser.elsewhere import Elsewhere
from tests.browser.setting import make
from tests.browser.test_files import attach

ROOMS = 12
LOW = {"width": 1280, "height": 240}
"""A window that shows a few rows of the list only."""


def come_back(page: Page) -> WebSocket:
    """Load the page again; its connection, which has had its first answer."""
    with page.expect_websocket() as connecting:
        page.reload(wait_until="commit")
    connecting.value.wait_for_event("framereceived", lambda frame: '"answer"' in str(frame))
    return connecting.value


def test_what_comes_before_the_rest_of_the_page_is_not_lost(meet: Meet) -> None:
    """The state is asked for by a script of its own; a message that overtakes the page's own script is shown."""
    mina, jun = meet("mina", "jun")
    jun.enter("mina")
    late: list[Route] = []

    def hold(route: Route) -> None:
        late.append(route)

    mina.page.route("**/assets/index-*.js", hold)
    connection = come_back(mina.page)
    with connection.expect_event("framereceived", lambda frame: "too early for you" in str(frame)):
        jun.say("too early for you")
    for route in late:
        route.continue_()
    expect(mina.chat("jun")).to_contain_text("too early for you")


@pytest.mark.timeout(240)
def test_a_chat_opens_at_its_newest_message_while_photos_load_and_somebody_writes(meet: Meet) -> None:
    """What comes meanwhile is seen and read; photos that come late move it out of sight for nobody."""
    mina, jun = meet("mina", "준")
    jun.enter("mina")
    mina.enter("준")
    chosen = [
        FilePayload(name=f"{number}.jpg", mimeType="image/jpeg", buffer=photo(480, 640 + number)) for number in range(3)
    ]
    attach(jun, chosen, "look")
    mina.sees("look")
    late: list[Route] = []
    mina.page.route("**/media/**", lambda route: late.append(route))  # noqa: PLW0108 - no builtin is taken
    mina.page.reload(wait_until="commit")
    mina.chat("준").click()
    jun.say("while it opens")
    newest = mina.sees("while it opens")
    expect(newest).to_be_in_viewport()
    expect(jun.bubble("while it opens").locator(".unread")).to_have_count(0)
    for route in late:
        route.continue_()
    expect(mina.page.locator("article img").last).to_have_js_property("complete", True)  # noqa: FBT003 - the page's own
    expect(newest).to_be_in_viewport()


GLANCE = """async ([one, other, text]) => {
    const frame = () => new Promise(requestAnimationFrame);
    const row = (name) => [...document.querySelectorAll("button[data-room]")].find((each) =>
        each.querySelector(".title").textContent.includes(name));
    const seen = () => [...document.querySelectorAll("article[data-message]")].some((each) =>
        each.textContent.includes(text) && each.checkVisibility({ visibilityProperty: true }));
    row(one).click();
    while (!seen()) await frame();
    await frame();
    row(other).click();
}"""
"""Open a chat, and another one as soon as a message of the first is painted."""


def test_a_chat_that_is_left_at_once_was_read_all_the_same(meet: Meet) -> None:
    """People click through the chats that have news."""
    mina, jun = meet("mina", "jun", group="walk")
    mina.enter("walk")
    jun.enter("mina")
    jun.say("only a word")
    expect(mina.chat("jun").locator(".badge")).to_be_visible()
    mina.page.evaluate(GLANCE, ["jun", "walk", "only a word"])
    expect(mina.page.get_by_role("region", name="Conversation: walk")).to_be_visible()
    expect(mina.chat("jun").locator(".badge")).to_have_count(0)


async def plenty(client: Client) -> None:
    """More rooms than a low window shows."""
    for number in range(ROOMS):
        await client.rooms.create_group(f"room {number:02}")


def test_rows_that_did_not_fit_the_window_follow(
    chromium: Browser, service: Service, tmp_path: Path, seats: ExitStack
) -> None:
    """Only what fits is painted first; soon every room has its row, and the keyboard reaches the last."""
    (made,) = make(service, tmp_path, "mina")
    with Elsewhere(made.profile) as planting:
        planting.do(plenty)
    mina = seat(chromium, service, seats, made, viewport=LOW)
    rows = mina.page.locator("button[data-room]")
    expect(rows).to_have_count(ROOMS)
    rows.first.focus()
    mina.page.keyboard.press("End")
    expect(rows.last).to_be_focused()
