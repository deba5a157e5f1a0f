"""An operator for each test: relays are killed, inboxes filled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operator.office import LiveOffice, OperatorService


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[OperatorService]:
    """A relay whose directory names the docket."""
    with OperatorService(tmp_path / "operator") as service:
        yield service


@pytest.fixture
def live_office(tmp_path: Path, operator: OperatorService) -> Iterator[LiveOffice]:
    """Its legal desk."""
    office = LiveOffice.found(tmp_path / "office", operator)
    yield office
    office.stop()
