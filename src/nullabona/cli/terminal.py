"""What may be written to a terminal: text of others must not move the cursor, hide, or turn the direction of a line."""

from __future__ import annotations

import json
import unicodedata
from typing import Any, Final

_OBEYED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Categories of characters that terminals obey instead of showing them, or that cannot be written at all."""
_JOINER: Final = "\u200d"
"""Between the parts of an emoji."""


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
