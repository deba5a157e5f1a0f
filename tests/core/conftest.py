"""A conversation for each test of what people say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.core.home import Home
from tests.core.talk import Talk, TwoRooms


@pytest.fixture(scope="module")
def two_rooms() -> TwoRooms:
    """Two rooms of one device, made once for a file's tests."""
    return TwoRooms()


@pytest.fixture
def talk(two_rooms: TwoRooms) -> Iterator[Talk]:
    """One step in them, undone afterwards."""
    yield from two_rooms.talk()


@pytest.fixture(scope="module")
def home() -> Home:
    """Three rooms of one device of an account with three."""
    return Home()


@pytest.fixture
def at(home: Home) -> Iterator[Talk]:
    """One step in them, undone afterwards."""
    yield from home.talk()
