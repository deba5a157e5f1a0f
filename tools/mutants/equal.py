"""Mutants that change nothing that anybody could notice, as argued in ``equivalent/`` (its README says how)."""

from __future__ import annotations

import tomllib
from functools import cache, cached_property
from pathlib import Path
from typing import Final, NotRequired, Self, TypedDict

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
    read = cache(_Read.of)  # a file that many rows name is parsed once
    return [
        row for row in argued if len(row["why"]) < 20 or not any(read(path).has(row) for path in _files(row, source))
    ]


def _files(row: Row, source: Path) -> list[Path]:
    place = source / row["file"]
    return sorted(place.rglob("*.py")) if place.is_dir() else [place]


class _Read:
    """A file, and what changes of it replace by what, in which line; found when a row asks for it."""

    def __init__(self, text: bytes) -> None:
        self._text = text

    @classmethod
    def of(cls, path: Path) -> Self:
        return cls(path.read_bytes())

    def has(self, row: Row) -> bool:
        """Whether a change of the file is one that the row argues."""
        if row["old"].encode() not in self._text or row.get("around", "").encode() not in self._text:
            return False
        return any(
            (row["old"], row["new"]) == (old, new) and row.get("around", "") in line for old, new, line in self._changes
        )

    @cached_property
    def _changes(self) -> set[tuple[str, str, str]]:
        lines = self._text.splitlines()
        return {
            (self._text[change.start : change.end].decode(), change.new, lines[change.line - 1].decode())
            for change in changes(self._text)
        }
