"""Calls about what is wrong with public records: what still stands, the evidence, and a record that began again."""

from __future__ import annotations

from msgspec import Struct

from nullabona.app.protocol.call import Call


class RecordWarning(Struct, frozen=True):
    """One thing that is still wrong, in words, and what to do."""

    message: str
    hint: str
    forget: str = ""
    """The directory whose record the person may have forgotten, if its operator began a new one; else empty."""


class RecordWarnings(Struct, frozen=True):
    """Everything that is still wrong, and how many pieces of evidence are kept, also of what is over."""

    warnings: list[RecordWarning]
    evidence: int


class GetRecordWarnings(Call[RecordWarnings], frozen=True):
    """What is still wrong with public records, dockets and handles. Nobody is asked."""


class ForgetRecord(Call[RecordWarnings], frozen=True):
    """Know nothing of a directory's record any more: its operator began a new one and said so in another way."""

    host: str


class Saved(Struct, frozen=True):
    """Where it lies, and how many files there are."""

    path: str
    files: int


class SaveEvidence(Call[Saved], frozen=True):
    """Write all evidence into a folder of today's."""
