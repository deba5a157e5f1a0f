"""Fixtures of the sequencer's tests."""

from __future__ import annotations

import pytest

from nullabona.machine import disk
from nullabona.sequencer import log as log_module
from nullabona.sequencer.store.sqlite import LogStore
from tests.sequencer.faulty import Faults, FaultyConnection


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    """Puts the failing disk and database under every log of the test."""
    made = Faults()
    monkeypatch.setattr(disk, "os", made)
    monkeypatch.setattr(log_module, "LogStore", lambda folder, origin: LogStore(folder, origin, FaultyConnection))
    monkeypatch.setattr(FaultyConnection, "hooks", [])
    return made
