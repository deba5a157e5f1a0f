"""Every column and file a relay keeps, with its purpose, retention and legal class; spec/data-held.md is made from it.

A test compares these declarations with the real database and the real directory: what is not declared may not exist.
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
    """One declared file, or family of files, in the data directory."""

    pattern: str
    purpose: str
    retention: str
    legal_class: str


_BOX: Final = "until the box is empty and its day has passed"
_FRAME: Final = "until trimmed by a holder of the read secret, or the day after its expiry day"

COLUMNS: Final = (
    Column("box", "num", "random number; joins a box to its frames", _BOX, "none: random"),
    Column("box", "address", "SHA-256 over the hashes of the box's secrets; where the box is found", _BOX,
           "identifier without a person"),
    Column("box", "incarnation", "random per creation; tells clients that a box was lost", _BOX, "none: random"),
    Column("box", "floor", "lowest number the box may still give out", _BOX, "count of ciphertexts"),
    Column("box", "expiry_day", "day after which the empty box is erased: the last day of use plus retention", _BOX,
           "date"),
    Column("frame", "id", "the box's num and the frame's place in the box", _FRAME, "count of ciphertexts"),
    Column("frame", "expiry_day", "day after which the frame is erased: the day of arrival plus retention", _FRAME,
           "date"),
    Column("frame", "body", "padded ciphertext; the relay has no key", _FRAME, "content, encrypted end to end"),
)  # fmt: skip

FILES: Final = (
    DataFile("boxes.db", "the database", "as its columns say", "as its columns"),
    DataFile("boxes.db-wal", "SQLite's write-ahead log: what was written since the last scrub, in order of arrival",
             "a few seconds (scrub interval)", "as the columns"),
    DataFile("boxes.db-shm", "SQLite's index of the log: page numbers", "as long as the log", "none"),
    DataFile("lock", "empty; held by the one process that uses the directory", "while the directory exists", "none"),
    DataFile("blobs/<expiry day>/<2 hex>/<62 hex>", "one ciphertext chunk, named by its SHA-256",
             "the day after the day in its path", "content, encrypted end to end"),
    DataFile("blobs/incoming/<hex>", "a chunk while it is being written", "until written, or the next start",
             "content, encrypted end to end"),
)  # fmt: skip
