"""Journeys: an invite link that was opened in a browser, at the page of a real relay."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from nullabona.client.core.model.invite_link import web_link
from tests.api.service import Service
from tests.browser.test_accessible import AXE, FINDINGS

CHECK, TOKEN, ROOM = "a" * 16, "b" * 26, "c" * 52
NAME = "%EB%AF%B8%EB%82%98"


def visit(chromium: Browser, url: str, language: str) -> tuple[Page, list[str]]:
    """The page, and every request that was made for it: its line and body."""
    page = chromium.new_context(locale=language, permissions=["clipboard-read", "clipboard-write"]).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url} {request.post_data or ''}"))
    page.goto(url)
    return page, asked


@pytest.mark.parametrize(("kind", "rest"), [("contact", f"{CHECK}.{TOKEN}"), ("room", f"{CHECK}.{TOKEN}.{ROOM}")])
def test_a_link_opened_in_a_browser_tells_the_relay_nothing_of_it(
    chromium: Browser, service: Service, kind: str, rest: str
) -> None:
    """It is asked for the page, without the fragment, and for nothing else; the link is offered to the app, and copied.

    Nor does the browser keep it in the address bar.
    """
    link = f"nullabona:{kind}/{NAME}@{service.host}#{rest}"
    page, asked = visit(chromium, web_link(link), "ko-KR")
    expect(page.get_by_role("heading")).to_contain_text("미나 님")
    assert link == page.get_by_role("link", name="앱에서 열기").get_attribute("href")
    page.get_by_role("button", name="링크 복사").click()
    expect(page.get_by_role("status")).to_contain_text("복사했어요")
    assert link == page.evaluate("navigator.clipboard.readText()")
    assert page.url == f"http://{service.host}/i"
    assert {f"GET http://{service.host}/i "} == {one.partition("#")[0].strip() + " " for one in asked}
    assert [] == [one for one in asked if "favicon" not in one and not one.startswith(f"GET http://{service.host}/i")]
    page.context.close()


@pytest.mark.parametrize("fragment", ["", "#contact/", "#<img src=x onerror=alert(1)>", f"#other/mina@x/{CHECK}"])
def test_what_is_no_invitation_is_said_to_be_none(chromium: Browser, service: Service, fragment: str) -> None:
    """And nothing of it is shown or offered."""
    page, _ = visit(chromium, f"http://{service.host}/i{fragment}", "en-GB")
    expect(page.get_by_role("heading")).to_have_text("This is not a whole invitation")
    expect(page.get_by_role("link")).to_have_count(0)
    page.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_has_no_findings(chromium: Browser, service: Service, theme: str) -> None:
    """Of axe, on a phone, in both themes."""
    page, _ = visit(chromium, web_link(f"nullabona:contact/{NAME}@{service.host}#{CHECK}"), "en-GB")
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 360, "height": 700})
    expect(page.get_by_role("link")).to_be_visible()
    page.evaluate(AXE)
    assert [] == page.evaluate(FINDINGS)
    page.context.close()
