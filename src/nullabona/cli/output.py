"""How values are written: JSON lines for programs, plain lines for people. No colour, no cursor movement.

Text that others wrote must not move the cursor, hide, or turn the direction of a line.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import unicodedata
from collections.abc import Iterable
from typing import Any, Final

from nullabona.cli.settings import Settings
from nullabona.words.catalogue import Words
from nullabona.words.columns import pad, width

SENTENCES: Final = Words("cli", "cli_events", "cli_log", "cli_docket", "cli_release", "cli_backup")
say: Final = SENTENCES.say
"""The sentence for a key."""
_OBEYED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Categories of characters that terminals obey instead of showing them, or that cannot be written at all."""
_JOINER: Final = "\u200d"
"""Between the parts of an emoji."""


def plain(value: Any) -> Any:  # noqa: ANN401 - any value of the API
    """``value`` as JSON knows it: ids in hex, dataclasses as objects; an event says its kind as ``event``."""
    if isinstance(value, bytes):
        return value.hex()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if hasattr(value, "__struct_fields__"):  # an event; most commands need no client, so its class is not imported
        return {"event": value.kind, **plain(value.fields())}
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
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = map(pad, row, widths)
        line("  ".join(cells).rstrip())


def is_obeyed(char: str) -> bool:
    """Whether a terminal may do something with a character other than show it."""
    return unicodedata.category(char) in _OBEYED


def harmless(text: str, indent: str = "  ") -> str:
    """``text`` without what terminals obey; line breaks stay, with ``indent`` behind them."""
    if text.isascii() and text.isprintable():
        return text
    kept = (f"\n{indent}" if c == "\n" else c if c == _JOINER or not is_obeyed(c) else "" for c in text)
    return "".join(kept)


def json_line(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """``value`` as one line of JSON: letters as they are; what terminals obey is escaped, which means the same."""
    text = json.dumps(value, ensure_ascii=False)
    if text.isascii() and text.isprintable():
        return text
    # Outside of its strings JSON has none of these, so the escape is right wherever one stands.
    return "".join(_escaped(c) if is_obeyed(c) else c for c in text)


def _escaped(char: str) -> str:
    # Python leaves DEL as it is.
    return "\\u007f" if char == "\x7f" else json.dumps(char)[1:-1]
