"""The news: fragments have one of four types, and the changelog has a section for the version of the package."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+){1,3}\.(feature|fix|security|removed)\.md")
MOST_CHARACTERS = 600


def fragments() -> list[Path]:
    """Every file of changelog.d but its README."""
    return sorted(path for path in (ROOT / "changelog.d").iterdir() if path.name != "README.md")


def test_fragments_have_a_topic_and_a_type() -> None:
    """``<topic>.<type>.md``: whoever makes a release sorts them by it."""
    assert [path.name for path in fragments() if not NAME.fullmatch(path.name)] == []


def test_fragments_are_short() -> None:
    """Up to three sentences, without headings: each becomes one line of the changelog."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in fragments()}
    assert [name for name, text in texts.items() if not 0 < len(text.strip()) <= MOST_CHARACTERS or "\n#" in text] == []


def test_the_types_are_explained() -> None:
    """The README of changelog.d has a row for each type that a name may have, and no other."""
    rows = re.findall(r"(?m)^\| `(\w+)` \|", (ROOT / "changelog.d/README.md").read_text(encoding="utf-8"))
    assert rows == ["feature", "fix", "security", "removed"]


def test_the_changelog_has_the_packages_version() -> None:
    """The newest section is that of the version in pyproject.toml."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    newest = re.findall(r"(?m)^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))[0]
    assert newest == version
