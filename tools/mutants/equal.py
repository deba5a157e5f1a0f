"""Mutants that change nothing that anybody could notice, as argued in ``equivalent/`` (its README says how)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final, NotRequired, TypedDict

from tools.mutants.sites import Change, changes

FOLDER: Final = Path(__file__).with_name("equivalent")


class Row(TypedDict):
    """One argument. ``around``: it is of those places alone whose line has these words."""

    file: str
    old: str
    new: str
    why: str
    around: NotRequired[str]


def rows() -> list[Row]:
    """All that are argued."""
    return [
        row for path in sorted(FOLDER.glob("*.toml")) for row in tomllib.loads(path.read_text("utf-8"))["equivalent"]
    ]


def is_argued(argued: list[Row], file: str, source: bytes, change: Change) -> bool:
    """Whether a change of ``file`` (relative to src) is one that nobody could notice."""
    old = source[change.start : change.end].decode()
    line = source.splitlines()[change.line - 1].decode()
    return any(
        (row["old"], row["new"]) == (old, change.new) and file.startswith(row["file"]) and row.get("around", "") in line
        for row in argued
    )


def stale(argued: list[Row], source: Path) -> list[Row]:
    """Those that are of no change in the files below ``source``, or give no reason."""
    return [
        row
        for row in argued
        if len(row["why"]) < 20 or not any(_is_in(row, path, source) for path in _files(row, source))
    ]


def _files(row: Row, source: Path) -> list[Path]:
    place = source / row["file"]
    return sorted(place.rglob("*.py")) if place.is_dir() else [place]


def _is_in(row: Row, path: Path, source: Path) -> bool:
    text = path.read_bytes()
    if row["old"].encode() not in text or row.get("around", "").encode() not in text:
        return False
    file = str(path.relative_to(source))
    return any(is_argued([row], file, text, change) for change in changes(text))
