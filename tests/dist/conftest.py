"""The release that `make test-dist` built before these tests."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tools.dist import sums

RELEASE: Final = Path(__file__).parents[2] / "dist"


@pytest.fixture(scope="session")
def release() -> Path:
    """The folder `dist`, complete."""
    if not (RELEASE / sums.NAME).exists():
        pytest.skip("there is no release in this clone: make test-dist")
    return RELEASE
