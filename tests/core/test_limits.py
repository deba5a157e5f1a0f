"""Every number with a name has the value that docs/limits.md says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import limits_page

PAGE = Path(__file__).resolve().parents[2] / limits_page.PATH


@pytest.mark.reads(*(f"nullabona.{package}" for package in limits_page.PACKAGES))
def test_limits_are_those_of_the_page() -> None:
    """Nobody moves a limit without the page that says it; after a change `make generate` writes it anew."""
    assert PAGE.read_text("utf-8") == limits_page.page()
