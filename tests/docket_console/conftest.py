"""A running console for a module, and one of a test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.docket_console.place import Place


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A console that the tests of a module share: they leave its clock and its officers as they are."""
    with Place(tmp_path_factory.mktemp("console")) as running:
        running.tell("register")
        yield running


@pytest.fixture
def own_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A console of the test's own."""
    with Place(tmp_path_factory.mktemp("console")) as running:
        running.tell("register")
        yield running
