"""What a device remembers of an import, as plain values."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

IMPORTED: Final = "imported"
"""The phase of a room that only imported history is in: it is in no MLS group and on no relay."""


class ImportState(enum.StrEnum):
    """How far an import has come."""

    RUNNING = "running"
    """Some of it is stored; it goes on when the same file is given again."""
    DONE = "done"
    UNDOING = "undoing"
    """Some of it is erased already; the rest will be."""


@dataclass(frozen=True, slots=True)
class Import:
    """One chat of one import. ``run`` is what the chats of one import share, and what undoes them.

    The rows of its messages are ``first`` … ``first + total - 1``, all below zero; row ``first + n`` is its n-th line.
    """

    id: bytes
    run: bytes
    service: str
    title: str
    key: str
    room: bytes
    digest: bytes
    """Of the file and of what was answered about it: the same import goes on, another one begins."""
    first: int
    total: int
    done: int
    """Lines that are stored, or were there already."""
    added: int
    files: int
    state: ImportState
    started_at: int
    made_room: bool
