"""Chromium for the journeys, a relay for the run, and people made for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.api.service import Service
from tests.browser.person import FLAGS, PATIENCE_MS, Person, chromium_path
from tests.browser.setting import Made, make


class Meet(Protocol):
    """Makes friends and sits them down at their screens."""

    def __call__(self, *names: str, group: str = "", said: tuple[str, ...] = (), **screen: Any) -> list[Person]: ...  # noqa: ANN401


class Arrive(Protocol):
    """Sits somebody down who has no profile yet. A name in Hangul makes the app Korean."""

    def __call__(self, name: str, **screen: Any) -> Person: ...  # noqa: ANN401


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser of this machine. Ends with its module: Playwright's loop would be in the way of others' tests."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A relay that nobody kills."""
    with Service(tmp_path_factory.mktemp("relay") / "data") as running:
        yield running


@pytest.fixture
def doomed(tmp_path: Path) -> Iterator[Service]:
    """A relay of the test's own."""
    with Service(tmp_path / "relay") as running:
        yield running


@pytest.fixture
def seats() -> Iterator[ExitStack]:
    """Closes every screen in the end."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def meet(chromium: Browser, service: Service, tmp_path: Path, seats: ExitStack) -> Meet:
    """People who know one another, at their screens. Names in Hangul make the app Korean."""

    def met(*names: str, group: str = "", said: tuple[str, ...] = (), **screen: Any) -> list[Person]:  # noqa: ANN401
        made = make(service, tmp_path, *names, group=group, said=said)
        return [seat(chromium, service, seats, one, **screen) for one in made]

    return met


@pytest.fixture(scope="module")
def gather(chromium: Browser, service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meet]:
    """As `meet`, for people who stay at their screens through all journeys of a file, which must not disturb them."""
    with ExitStack() as stack:

        def met(*names: str, group: str = "", said: tuple[str, ...] = (), **screen: Any) -> list[Person]:  # noqa: ANN401
            made = make(service, tmp_path_factory.mktemp("gathered"), *names, group=group, said=said)
            return [seat(chromium, service, stack, one, **screen) for one in made]

        yield met


@pytest.fixture
def strangers(chromium: Browser, service: Service, tmp_path: Path, seats: ExitStack) -> Meet:
    """As `meet`, for people who do not know one another."""

    def met(*names: str, **screen: Any) -> list[Person]:  # noqa: ANN401
        made = make(service, tmp_path, *names, strangers=True)
        return [seat(chromium, service, seats, one, **screen) for one in made]

    return met


@pytest.fixture
def arrive(chromium: Browser, service: Service, tmp_path: Path, seats: ExitStack) -> Arrive:
    """Somebody who opens the app for the first time."""

    def arrived(name: str, **screen: Any) -> Person:  # noqa: ANN401
        return seat(chromium, service, seats, Made(tmp_path / name, ""), **screen)

    return arrived


def seat(browser: Browser, service: Service, stack: ExitStack, made: Made, **screen: Any) -> Person:  # noqa: ANN401
    """One person at a screen."""
    lang = "en" if made.profile.name.isascii() else "ko"
    return stack.enter_context(Person(browser, service, made.profile, lang=lang, **screen))
