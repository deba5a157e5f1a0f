"""One thing that was looked at: how it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from nullabona.errors import NullabonaError


class Level(StrEnum):
    """How bad it is. Only what is wrong makes a command fail."""

    GOOD = "good"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """``key``: its sentence in words/checks.toml, or the code of ``error``, whose own sentence is said."""

    key: str
    level: Level = Level.GOOD
    values: dict[str, object] = field(default_factory=dict)
    error: NullabonaError | None = None


def good(key: str, **values: object) -> Finding:
    """It is as it should be."""
    return Finding(key, Level.GOOD, values)


def warning(key: str, **values: object) -> Finding:
    """It works, and somebody should look at it."""
    return Finding(key, Level.WARNING, values)


def wrong(key: str, **values: object) -> Finding:
    """It does not work, or people cannot use it."""
    return Finding(key, Level.WRONG, values)


def refused(error: NullabonaError) -> Finding:
    """The program itself would refuse with this error."""
    return Finding(error.code, Level.WRONG, error=error)
