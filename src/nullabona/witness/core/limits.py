"""Every limit of a witness: default, unit, meaning and bounds. Changing them can make it useless, not make it lie."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Final

from nullabona.log.witnessing import MAX_REQUEST

HOUR_S: Final = 3_600


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit, described."""

    name: str
    default: int
    unit: str
    meaning: str
    least: int
    most: int


def _limit(default: int, unit: str, meaning: str, least: int, most: int) -> Any:  # noqa: ANN401 - a field
    return field(default=default, metadata={"unit": unit, "meaning": meaning, "least": least, "most": most})


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one witness."""

    body_bytes: int = _limit(65_536, "bytes", "Longest body of a request.", 8_192, MAX_REQUEST)
    connections: int = _limit(256, "connections", "Open at once; one more is closed.", 1, 65_536)
    head_timeout_s: int = _limit(10, "seconds", "For the head of a request, and between two.", 1, HOUR_S)
    body_timeout_s: int = _limit(20, "seconds", "For the rest of a request.", 1, HOUR_S)
    requests_per_minute: int = _limit(600, "requests", "On one connection; one more is told to wait.", 1, 1_000_000)
    cosignatures_per_minute: int = _limit(240, "cosignatures", "For one log; one more is told to wait.", 1, 1_000_000)
    queue: int = _limit(64, "requests", "Waiting to be checked; one more is told to wait.", 1, 65_536)
    evidence_files: int = _limit(100, "files", "Of one log; those beyond are logged and not kept.", 1, 1_000_000)
    stop_s: int = _limit(10, "seconds", "For finishing what was begun, at the stop.", 1, HOUR_S)


def describe() -> tuple[Limit, ...]:
    """Every limit, in order."""
    return tuple(Limit(each.name, each.default, **each.metadata) for each in fields(Limits))  # type: ignore[arg-type]
