"""The page about people and abuse promises nothing of its own: its ids are lines of the threat model."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / "how-to" / f"people-and-abuse{language}.md" for language in ("", ".ko")]
ID = re.compile(r"\b[A-Z]-\d\d\b")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_line_is_in_the_threat_model(page: Path) -> None:
    """And none of them is unproven."""
    model = (ROOT / "spec" / "threat-model.md").read_text("utf-8")
    named = set(ID.findall(page.read_text("utf-8")))
    lines = {found: re.search(rf"^\| {found} \| (.*) \|$", model, re.MULTILINE) for found in named}
    assert len(named) > 10
    assert not [found for found, line in lines.items() if line is None or "unproven" in line[1]]


def test_both_languages_name_the_same_lines() -> None:
    """As often, because one page is the other in another language."""
    english, korean = (sorted(ID.findall(page.read_text("utf-8"))) for page in PAGES)
    assert english == korean
