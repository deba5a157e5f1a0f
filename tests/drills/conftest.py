"""What the drills' tests share."""

from __future__ import annotations

import pytest

from nullabona.drills.seizure import report
from nullabona.drills.seizure.erased import Erased, look_below


@pytest.fixture(scope="session")
def below() -> Erased:
    """What a seizure finds below the files of a relay: on an image that it makes and mounts, whatever it is given."""
    return look_below()


@pytest.fixture
def looked_below(monkeypatch: pytest.MonkeyPatch, below: Erased) -> None:
    """Seizures of a test do not make an image each: nothing that a test gives them changes what is on it."""
    monkeypatch.setattr(report, "look_below", lambda: below)
