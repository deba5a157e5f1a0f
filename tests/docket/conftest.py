"""A founded desk in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docket.desks import Clock, Office
from tests.docket.publishing import PublicOffice


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(tmp_path: Path, clock: Clock) -> Iterator[Office]:
    made = Office(tmp_path / "desk", clock)
    yield made
    made.desk.close()


@pytest.fixture
def public_office(tmp_path: Path, clock: Clock) -> Iterator[PublicOffice]:
    made = PublicOffice(tmp_path, clock)
    yield made
    made.stop()
