"""Every column and file a directory keeps, with purpose, retention and legal class; spec/data-held.md is made from it.

A test compares these declarations with the real database and the real files: what is not declared may not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Column:
    """One declared column."""

    table: str
    name: str
    purpose: str
    retention: str
    legal_class: str


@dataclass(frozen=True, slots=True)
class DataFile:
    """One declared file in the data directory."""

    pattern: str
    purpose: str
    retention: str
    legal_class: str


_CARD: Final = "until deleted by its owner"
_HELD: Final = "90 days after its owner deleted the card"

COLUMNS: Final = (
    Column("card", "name", "the handle's name, as its owner chose it", _CARD, "public record"),
    Column("card", "skeleton", "what the name looks like, computed from it; refuses look-alikes", _CARD,
           "public record"),
    Column("card", "encoded", "the card, as its owner published it", _CARD, "public record"),
    Column("card", "registered_day", "day of the handle's first card here", _CARD, "date"),
    Column("held", "mark", "SHA-256 of a deleted handle's skeleton and host; keeps others from taking the handle. "
           "Whoever guesses the handle can confirm that it was deleted", _HELD, "identifier, hashed"),
    Column("held", "until_day", "last day on which nobody may register it", _HELD, "date"),
)  # fmt: skip

FILES: Final = (
    DataFile("cards.db", "the database", "as its columns say", "as its columns"),
    DataFile("cards.db-wal", "SQLite's write-ahead log: what was written since the last scrub, in order of arrival",
             "a few seconds (scrub interval)", "as the columns"),
    DataFile("cards.db-shm", "SQLite's index of the log: page numbers", "as long as the log", "none"),
    DataFile("cards.lock", "empty; held by the one process that uses the database", "while the directory exists",
             "none"),
)  # fmt: skip
