"""A how-to in Korean has the commands of the English one: whatever plays one page has played the other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

HOW_TO: Final = Path(__file__).parents[2] / "docs/how-to"
OF_THEIR_OWN: Final = {"answer-a-warrant.ko.md", "publish-the-record.ko.md"}
"""The desk's pages have a cast of their own, which tests/docket and tests/docket_console play."""
PAGES: Final = [
    "../tutorial.ko.md",
    *sorted(path.name for path in HOW_TO.glob("*.ko.md") if path.name not in OF_THEIR_OWN),
]
_FENCED: Final = re.compile(r"(?ms)^ *```.*?^ *```$")
_INDENTED: Final = re.compile(r"(?m)^ {4,}\S.*$")
_COMMENT: Final = re.compile(r"(?m)(?:^|  )# .*$")
_NAME: Final = re.compile(r'--name "[^"]*"')
"""People's names are of their language."""
_SPAN: Final = re.compile(r"`([^`]+)`")
_COMMAND: Final = re.compile(r"(?:nulla|systemctl|journalctl|make|chmod|du|curl) |--?\w")


def blocks(text: str) -> list[str]:
    """What is to be typed or put into files, in order, without comments; a text is in its own language."""
    found = _FENCED.findall(text) + _INDENTED.findall(_FENCED.sub("", text))
    return [_NAME.sub("--name NAME", _COMMENT.sub("", block)) for block in found if not block.startswith("```text")]


def commands(text: str) -> set[str]:
    """Commands and options within sentences."""
    sentences = " ".join(_INDENTED.sub("", _FENCED.sub("", text)).split())
    return {span for span in _SPAN.findall(sentences) if _COMMAND.match(span)}


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_have_the_same_commands(name: str) -> None:
    """Every block, in the same order, and every command and option of the sentences."""
    korean, english = ((HOW_TO / each).read_text("utf-8") for each in (name, name.replace(".ko.md", ".md")))
    assert blocks(english) == blocks(korean)
    assert commands(english) == commands(korean)


def test_the_pages_of_servers_are_compared() -> None:
    """A page that is renamed or translated no longer does not escape."""
    servers = ("run-a-relay", "watch-a-relay", "upgrade", "keep-the-record", "run-a-witness", "change-keys", "runbook")
    assert {f"{name}.ko.md" for name in servers} <= set(PAGES)
    assert len(blocks((HOW_TO / "run-a-relay.md").read_text("utf-8"))) > 30
