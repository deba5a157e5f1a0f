"""Every screen, both themes and languages: no serious finding of axe, no clipped word, no sideways scroll at 320 px."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from tests.api.people import new_name
from tests.api.service import Service
from tests.browser.conftest import seat
from tests.browser.entering import PASSPHRASE, unlock
from tests.browser.lively import Lively, lively
from tests.browser.person import ROOT, Person, Theme
from tests.browser.setting import Made
from tests.browser.tour import Visit, entering, inside

pytestmark = [pytest.mark.timeout(240), pytest.mark.slow]
"""Each test goes through dozens of screens."""
AXE: Final = (ROOT / "ui/node_modules/axe-core/axe.min.js").read_text("utf-8")
FINDINGS: Final = """async () => {
    const top = [...document.querySelectorAll("dialog[open]")].at(-1)
        ?? document.querySelector("aside .panel") ?? document.querySelector("main .panel") ?? document;
    const { violations } = await axe.run(top, { resultTypes: ["violations"] });
    return violations
        .filter((one) => one.impact === "serious" || one.impact === "critical")
        .flatMap((one) => one.nodes.map((node) => [one.id, node.html.slice(0, 160), node.any[0]?.message].join(" | ")));
}"""
CLIPPED: Final = """() => {
    const seen = (node) => node.checkVisibility({ visibilityProperty: true }) && !node.closest(".sr-only, [inert]");
    const ellipsis = (node) => getComputedStyle(node).textOverflow === "ellipsis";
    return [...document.querySelectorAll("button, label, legend, h1, h2, h3, h4, dt, summary, [role=menuitem], .label")]
        .filter((node) => seen(node) && node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 0)
        .filter((node) => getComputedStyle(node).display !== "inline" && getComputedStyle(node).overflowX !== "visible")
        .filter((node) => !ellipsis(node) && ![...node.querySelectorAll("*")].some(ellipsis))
        .map((node) => `${node.outerHTML.slice(0, 160)} ${node.scrollWidth} > ${node.clientWidth}`);
}"""
"""Text that is cut off without saying so."""
SIDEWAYS: Final = """() => [document.scrollingElement, ...document.querySelectorAll("dialog, .panel, .body, main")]
    .filter((node) => node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 0)
    .filter((node) => getComputedStyle(node).overflowX !== "visible" || node === document.scrollingElement)
    .map((node) => `${node.outerHTML.slice(0, 120)} ${node.scrollWidth} > ${node.clientWidth}`)"""
NARROW: Final = {"width": 320, "height": 640}
LOOK: Final[dict[str, Any]] = {"bypass_csp": True, "reduced_motion": "reduce", "permissions": ["camera"]}
"""axe is not of the page, so its policy has to be put aside."""


@pytest.fixture(scope="module", params=["ko", "en"])
def there(request: pytest.FixtureRequest, service: Service, tmp_path_factory: pytest.TempPathFactory) -> Lively:
    """A lively profile in one of the languages."""
    return lively(service, tmp_path_factory.mktemp("lively"), request.param, passphrase=PASSPHRASE)


def sit(browser: Browser, service: Service, seats: ExitStack, there: Lively, **screen: Any) -> Person:  # noqa: ANN401
    """Open that profile."""
    person = seats.enter_context(Person(browser, service, there.made.profile, lang=there.lang, **LOOK, **screen))
    unlock(person)
    return person


def equip(page: Page) -> None:
    """Put axe into the page, if it is not there yet; it finds what it is shown."""
    if page.evaluate("'axe' in globalThis"):
        return
    page.evaluate(AXE)
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<button id=planted></button>')")
    planted = page.evaluate(FINDINGS.replace("const top =", "const top = document.querySelector('#planted') ??"))
    assert [one for one in planted if one.startswith("button-name")]
    page.evaluate("document.querySelector('#planted').remove()")


def problems(page: Page, *questions: str) -> list[str]:
    """What the questions find."""
    return [str(found) for question in questions for found in page.evaluate(question)]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_screen_has_a_serious_finding(
    chromium: Browser, service: Service, seats: ExitStack, there: Lively, theme: Theme
) -> None:
    """All panels and dialogs of a lively profile; nothing that is said is cut off."""
    person = sit(chromium, service, seats, there, theme=theme)
    found = {}
    for name in inside(Visit(person, there)):
        equip(person.page)
        found[name] = problems(person.page, FINDINGS, CLIPPED)
    assert {} == {name: what for name, what in found.items() if what}


def test_no_screen_scrolls_sideways_at_320_pixels(
    chromium: Browser, service: Service, seats: ExitStack, there: Lively
) -> None:
    """As narrow as the smallest phones, or a desktop at 400 % zoom."""
    person = sit(chromium, service, seats, there, viewport=NARROW)
    found = {name: problems(person.page, SIDEWAYS, CLIPPED) for name in inside(Visit(person, there))}
    assert {} == {name: what for name, what in found.items() if what}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["나리", "theo"])
def test_the_way_in_has_no_serious_finding(
    chromium: Browser, service: Service, seats: ExitStack, tmp_path: Path, name: str, theme: Theme
) -> None:
    """From the first screen to the lock, wide and narrow."""
    person = seat(chromium, service, seats, Made(tmp_path / name, ""), theme=theme, host="", **LOOK)
    wide = person.page.viewport_size
    found = {}
    for stop in entering(person, new_name(name), name):
        equip(person.page)
        found[stop] = problems(person.page, FINDINGS, CLIPPED)
        person.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        person.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        found[stop] += problems(person.page, SIDEWAYS, CLIPPED)
        person.page.set_viewport_size(wide)  # type: ignore[arg-type]
    assert {} == {stop: what for stop, what in found.items() if what}
