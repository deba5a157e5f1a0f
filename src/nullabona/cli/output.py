"""How values are written: JSON lines for programs, plain lines for people. No colour, no cursor movement."""

from __future__ import annotations

import dataclasses
import sys
import unicodedata
from collections.abc import Iterable
from typing import Any

from nullabona.cli.catalogue import say
from nullabona.cli.settings import Settings
from nullabona.cli.terminal import harmless, json_line


def plain(value: Any) -> Any:  # noqa: ANN401 - any value of the API
    """``value`` as JSON knows it: ids in hex, dataclasses as objects; an event says its kind as ``event``."""
    if isinstance(value, bytes):
        return value.hex()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        kind = getattr(type(value), "kind", None)  # of events; a message has a field of that name
        return {"event": kind, **fields} if isinstance(kind, str) else fields
    if isinstance(value, dict):
        return {key.hex() if isinstance(key, bytes) else str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def emit(value: Any) -> None:  # noqa: ANN401 - any value of the API
    """One JSON line on stdout, at once."""
    sys.stdout.write(json_line(plain(value)) + "\n")
    sys.stdout.flush()


def line(text: str) -> None:
    """One line for people on stdout; what others wrote cannot move the cursor or hide."""
    sys.stdout.write(harmless(text) + "\n")
    sys.stdout.flush()


def note(settings: Settings, key: str, **values: object) -> None:
    """A sentence beside the data, on stderr; nothing with ``--json``."""
    if not settings.as_json:
        remark(say(key, settings.language, **values))


def remark(text: str) -> None:
    """One line beside the data, on stderr."""
    sys.stderr.write(harmless(text) + "\n")


def table(rows: Iterable[tuple[str, ...]]) -> None:
    """Columns that line up, wide characters counted as two."""
    rows = list(rows)
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        line("  ".join(cells).rstrip())


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
