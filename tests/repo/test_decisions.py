"""Decision records: numbered without gaps, in one form, listed, and there when something points to them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from tests.repo.test_text import texts

ROOT: Final = Path(__file__).parents[2]
RECORDS: Final = ROOT / "docs/decisions"
HEAD: Final = re.compile(
    r"# (?P<number>\d{4}): (?P<title>\S.*)\n"
    r"\n20\d\d-\d\d-\d\d\n"
    r"(\nChanges \[\d{4}\]\(\d{4}-[a-z0-9-]+\.md\)[^\n]*\n)?"
    r"(\nChanged by \[\d{4}\]\(\d{4}-[a-z0-9-]+\.md\)[^\n]*\n)?"
    r"\n## Situation\n"
)
HEADINGS: Final = ["Situation", "Decision", "Rejected", "What it costs"]


def records() -> dict[str, str]:
    """File name and text of every record, in order."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(RECORDS.glob("[0-9]*.md"))}


def test_numbers_have_no_gaps() -> None:
    """From 0001 on, one record each."""
    assert [name[:4] for name in records()] == [f"{number:04}" for number in range(1, len(records()) + 1)]


def test_records_have_one_form() -> None:
    """Number and title, date, what it changes, and the four headings in their order, none of them empty."""
    for name, text in records().items():
        head = HEAD.match(text)
        assert head is not None, name
        assert head["number"] == name[:4]
        assert head["title"][0] == head["title"][0].upper(), name
        assert re.findall(r"(?m)^## (.+)$", text) == HEADINGS, name
        assert re.findall(r"(?m)^## .+\n\n(?:#{1,2} |\Z)", text) == [], name


def test_a_change_is_said_on_both_sides() -> None:
    """A record that changes an earlier one is named there."""
    changes = {
        (name, other)
        for name, text in records().items()
        for line in re.findall(r"(?m)^Changes .*$", text)
        for other in re.findall(r"\((\d{4}-[a-z0-9-]+\.md)\)", line)
    }
    back = {
        (other, name)
        for name, text in records().items()
        for line in re.findall(r"(?m)^Changed by .*$", text)
        for other in re.findall(r"\((\d{4}-[a-z0-9-]+\.md)\)", line)
    }
    assert changes == back


def test_records_are_listed() -> None:
    """Each is linked in the README beside it."""
    listing = (RECORDS / "README.md").read_text(encoding="utf-8")
    assert [name for name in records() if f"[{name[:4]}]({name})" not in listing] == []


def test_records_that_code_names_exist() -> None:
    """What points to a decision points to one that is there, by its whole name if it gives more than the number."""
    named = {
        (number, rest.removesuffix(".md"), str(path))
        for path, text in texts().items()
        for number, rest in re.findall(r"decisions/(\d{4})((?:-[a-z0-9-]+)?)", text)
    }
    names = {name[:4]: name[4:].removesuffix(".md") for name in records()}
    assert {point for point in named if names.get(point[0]) is None or point[1] not in {"", names[point[0]]}} == set()
