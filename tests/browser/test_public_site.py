"""The public pages in a real browser: nothing serious for axe, nothing against their policy, nothing sideways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from nullabona.docket.site import build, write_site
from nullabona.docket.site.pages import LANGUAGES, PAGES
from nullabona.docket.taxonomy import load
from tests.browser.test_accessible import AXE, CLIPPED, FINDINGS
from tests.docket.example_site import example
from tests.docket.webserver import carried

pytestmark = [pytest.mark.timeout(240), pytest.mark.slow]
"""Each test goes through all pages."""
NARROW: ViewportSize = {"width": 320, "height": 640}
WIDE: ViewportSize = {"width": 1280, "height": 900}
SIDEWAYS = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
TRANSFER = """() => performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource"))
    .map((one) => [new URL(one.name).pathname.split("/").at(-1), one.renderBlockingStatus, one.decodedBodySize])"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The example, carried by a plain web server."""
    folder = tmp_path_factory.mktemp("site")
    write_site(build(example(), load()), folder)
    with carried(folder) as where:
        yield where


PATHS = ["index.html", *(f"{language}/{page}.html" for language in LANGUAGES for page in PAGES)]


def visit(page: Page, address: str, path: str) -> None:
    """Open a page with everything on it unfolded."""
    page.goto(f"{address}/{path}")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")


@pytest.mark.parametrize("viewport", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_serious_finding(
    chromium: Browser, address: str, theme: Literal["light", "dark"], viewport: ViewportSize
) -> None:
    """Both languages; and nothing that is said is cut off."""
    page = chromium.new_page(viewport=viewport, color_scheme=theme, bypass_csp=True)
    found = {}
    for path in PATHS:
        visit(page, address, path)
        page.evaluate(AXE)
        found[path] = [*page.evaluate(FINDINGS), *page.evaluate(CLIPPED)]
    page.close()
    assert {} == {path: what for path, what in found.items() if what}


def test_axe_is_looking(chromium: Browser, address: str) -> None:
    """A planted fault is found, so that finding none means something."""
    page = chromium.new_page(bypass_csp=True)
    visit(page, address, "ko/index.html")
    page.evaluate(AXE)
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<button></button>')")
    found = page.evaluate(FINDINGS)
    page.close()
    assert ["button-name"] == [one.split(" | ")[0] for one in found]


def test_no_page_scrolls_sideways_at_320_pixels(chromium: Browser, address: str) -> None:
    """Tables scroll inside themselves."""
    page = chromium.new_page(viewport=NARROW)
    found = {}
    for path in PATHS:
        visit(page, address, path)
        found[path] = page.evaluate(SIDEWAYS)
    page.close()
    assert dict.fromkeys(PATHS, 0) == found


def test_pages_keep_their_own_policy_and_need_no_script(chromium: Browser, address: str) -> None:
    """Without JavaScript, with the policy in force: no complaint, and everything is there."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("requestfailed", lambda request: said.append(request.url))
    for path in PATHS:
        page.goto(f"{address}/{path}", wait_until="networkidle")
        assert page.locator("h1").inner_text()
    context.close()
    assert [] == said


def test_pages_are_light(chromium: Browser, address: str) -> None:
    """One stylesheet is all that the first paint waits for; page, stylesheet and icon stay under 200 KiB together."""
    page = chromium.new_page()
    for path in PATHS:
        page.goto(f"{address}/{path}")
        fetched = page.evaluate(TRANSFER)
        assert {"site.css"} == {name for name, blocking, _ in fetched if blocking == "blocking"}, path
        assert sum(size for _, _, size in fetched) < 200 * 1024, path
        assert {name for name, _, _ in fetched} <= {Path(path).name, "site.css", "icon.svg"}, path
    page.close()


def test_dark_and_light_differ(chromium: Browser, address: str) -> None:
    """As the reader's machine prefers."""
    colours = []
    for theme in ("light", "dark"):
        page = chromium.new_page(color_scheme=theme)
        page.goto(f"{address}/ko/index.html")
        colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.close()
    assert ["rgb(251, 252, 251)", "rgb(16, 22, 20)"] == colours


def test_a_reader_without_a_mouse_gets_everywhere(chromium: Browser, address: str) -> None:
    """Tab: first past the menu, then the brand, the language, the pages; Enter follows."""
    page = chromium.new_page()
    page.goto(f"{address}/en/index.html")
    seen = []
    for _ in range(5):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.getAttribute('href')"))
    assert ["#content", "../en/index.html", "../ko/index.html", "index.html", "held.html"] == seen
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/held.html")
    page.close()
