"""A conversation for each test of what people say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.core.home import Home
from tests.core.talk import House, Talk


@pytest.fixture(scope="module")
def house() -> House:
    """Two rooms of one device, made once for a file's tests."""
    return House()


@pytest.fixture
def talk(house: House) -> Iterator[Talk]:
    """One step in them, undone afterwards."""
    yield from house.talk()


@pytest.fixture(scope="module")
def home() -> Home:
    """Three rooms of one device of an account with three."""
    return Home()


@pytest.fixture
def at(home: Home) -> Iterator[Talk]:
    """One step in them, undone afterwards."""
    yield from home.talk()
