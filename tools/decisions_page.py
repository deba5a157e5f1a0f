"""docs/decisions/README.md from the records in the same folder: number and title of each."""

from __future__ import annotations

from pathlib import Path

PATH = "docs/decisions/README.md"

_FOLDER = Path(__file__).resolve().parent.parent / "docs/decisions"
_HEAD = """\
# Decision records

The list is made by `make generate`; do not edit it here but in `tools/decisions_page.py`.

Write a record when somebody might later ask "why on earth": for a dependency, a format, a rule, a promise. It is one
page, says what was decided and what was rejected, and is not rewritten afterwards. A later record that overrules it
says so, and the older one gets a line that points there.

A record's file is `NNNN-few-words.md`. Its first line is `# NNNN: What was decided`. The date follows. If there is an
earlier or later record on the same matter, the next line begins with *Changes* or *Changed by* and points there.
The headings are *Situation*, *Decision*, *Rejected*, *What it costs*, in this order; further headings come below
these. Numbers have no gaps and are not reused. `tests/repo/test_decisions.py` checks this form.

| number | decision |
|---|---|
"""


def page() -> str:
    """The whole text of the list."""
    return _HEAD + "".join(_row(path) for path in sorted(_FOLDER.glob("[0-9]*.md")))


def _row(path: Path) -> str:
    title = path.read_text(encoding="utf-8").partition("\n")[0].partition(": ")[2]
    return f"| [{path.name[:4]}]({path.name}) | {title} |\n"
