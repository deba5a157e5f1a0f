"""A relay for the whole run, and one for each test that kills it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.service import Service


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


@pytest.fixture(scope="session")
def swift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A relay that nobody kills and whose directory closes an epoch every second."""
    with Service(tmp_path_factory.mktemp("swift") / "data", period_s=1) as running:
        yield running
