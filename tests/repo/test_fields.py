"""What the page's source must not have, because browsers would write down what is typed or shown (spec/app.md §7)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

UI = Path(__file__).parents[2] / "ui"
FIELD = re.compile(r"<(input|textarea|select)\b")
ELSEWHERE = re.compile(
    r"contenteditable|designMode|localStorage|indexedDB|caches\.open|document\.cookie|window\.name\b|serviceWorker"
    r"|createElement\(.(?:input|textarea|select).\);(?!\s+\w+\.autocomplete = \"off\")|enctype|method=.get",
    re.IGNORECASE,
)
"""Other ways to the disk, and other kinds of fields."""
TITLE = re.compile(r"document\.title = (.*);")
TITLES = {'`${unread ? `(${unread}) ` : ""}${common.app}`', "common.app"}
STATE = re.compile(r"history\.(?:push|replace)State\(([^,]*),")
STATES = {"{ at: this.#at }", "history.state"}


def sources() -> dict[str, str]:
    """The page's own files."""
    paths = [path for kind in ("*.svelte", "*.ts") for path in (UI / "src").rglob(kind)]
    return {str(path.relative_to(UI)): path.read_text("utf-8") for path in [*paths, UI / "index.html"]}


def fields(source: str) -> Iterator[str]:
    """The start tag of every field."""
    for begin in FIELD.finditer(source):
        depth, quoted = 0, False
        for at in range(begin.end(), len(source)):
            sign = source[at]
            if sign == '"' and not depth:
                quoted = not quoted
            elif not quoted:
                depth += {"{": 1, "}": -1}.get(sign, 0)
                if sign == ">" and not depth:
                    yield source[begin.start() : at + 1]
                    break


def is_kept_out(tag: str) -> bool:
    """Whether a browser keeps the field out of its session files, whatever its properties say."""
    at = tag.rfind('autocomplete="off"')
    return at >= 0 and tag.count("autocomplete=") == tag.count("aria-autocomplete=") + 1 and "{..." not in tag[at:]


@pytest.mark.parametrize(
    ("tag", "good"),
    [
        ('<input value={a} autocomplete="off" />', True),
        ('<textarea {...rest} aria-autocomplete="list" autocomplete="off">', True),
        ("<textarea value={a}>", False),
        ('<input autocomplete="off" {...rest} />', False),
        ('<input autocomplete="on" />', False),
        ('<input aria-autocomplete="off" />', False),
        ('<input onkeydown={(e) => e > 1 || f("x>")} autocomplete="off">', True),
    ],
)
def test_a_field_that_browsers_would_keep_is_told_apart(tag: str, good: bool) -> None:  # noqa: FBT001 - a table
    """Later properties would take it back."""
    assert [tag] == list(fields(f"<p>{tag}</p>"))
    assert good == is_kept_out(tag)


def test_every_field_is_kept_out_of_the_browsers_files() -> None:
    """Text, choices, dates and names of files alike."""
    found = {name: list(fields(source)) for name, source in sources().items()}
    assert sum(map(len, found.values())) >= 20
    assert [] == [f"{name}: {tag}" for name, tags in found.items() for tag in tags if not is_kept_out(tag)]


def test_nothing_else_of_the_page_gets_to_the_disk() -> None:
    """No other kind of field, no store of the browser but the tab's own, and no name in title or history."""
    found = sources()
    assert [] == [f"{name}: {hit[0]}" for name, text in found.items() for hit in ELSEWHERE.finditer(text)]
    assert TITLES == {hit[1] for text in found.values() for hit in TITLE.finditer(text)}
    assert STATES == {hit[1] for text in found.values() for hit in STATE.finditer(text)}
    assert {"src/lib/transport.ts"} == {name for name, text in found.items() if "sessionStorage" in text}
