"""Machines elsewhere: exports say what a clock showed, and not where."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

SEOUL, BERLIN, NEW_YORK = "KST-9", "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT,M3.2.0,M11.1.0"


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Moves this machine."""

    def move(zone: str) -> None:
        patched.setenv("TZ", zone)
        time.tzset()

    with monkeypatch.context() as patched:
        yield move
    time.tzset()


@pytest.fixture
def in_seoul(in_zone: Callable[[str], None]) -> None:
    """This machine is in Seoul."""
    in_zone(SEOUL)
