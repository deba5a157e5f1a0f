"""A relay for the whole run, and people with apps; the browser's tests use the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.api.people import new_name
from tests.api.service import Service
from tests.app.person import App, Person
from tests.app.wire import Loop


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A relay that nobody kills."""
    with Service(tmp_path_factory.mktemp("relay") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    """The loop of all pages."""
    running = Loop()
    yield running
    running.close()


@pytest.fixture
def newcomer(loop: Loop, tmp_path: Path) -> Iterator[Callable[..., Person]]:
    """Makes people whose app is open and who have no profile yet: ``newcomer("mina", lang="ko")``."""
    made: list[Person] = []

    def make(name: str = "someone", *options: str, lang: str = "en") -> Person:
        made.append(Person(loop, tmp_path / name, *options, lang=lang))
        return made[-1]

    yield make
    for person in made:
        person.end()


@pytest.fixture
def person(service: Service, newcomer: Callable[..., Person]) -> Callable[..., Person]:
    """Makes people with a published account at the relay: ``person("준호", lang="ko")``."""

    def make(name: str, *options: str, lang: str = "en") -> Person:
        made = newcomer(name, *options, lang=lang)
        made.sign_up(service.handle(new_name(name)))
        return made

    return make


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """A running app without a profile, whose launch was not used."""
    running = App(tmp_path / "profile")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A running app that many tests knock at; its launch is never traded."""
    running = App(tmp_path_factory.mktemp("door") / "profile")
    yield running
    running.stop()
