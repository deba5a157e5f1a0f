"""The page of everything an operator holds, from the declared schemas (spec/data-held.md)."""

from __future__ import annotations

from collections.abc import Iterable

from nullabona.directory.store import schema as directory
from nullabona.docket.store import schema as docket
from nullabona.relay.store import schema as relay
from nullabona.sequencer.store import schema as log
from nullabona.witness.store import schema as witness

PATH = "spec/data-held.md"

_HEAD = """# Data held

Made by `make generate` from the declared schemas; do not edit it here. It is the whole of what a relay, its
directory, a log, a witness and a legal desk keep. Tests compare the declarations with the real databases and
directories: what is not declared may not exist.

No network addresses, no user agents, no last-seen, no access log, no contact lists, no room lists, no push tokens.
"""

_KEPT = (
    ("The relay", relay),
    ("The directory", directory),
    ("A log", log),
    ("A witness", witness),
    ("The legal desk", docket),
)


def page() -> str:
    """The whole text of spec/data-held.md."""
    parts = [_HEAD]
    for name, schema in _KEPT:
        parts.append(f"\n## {name}\n\n| record | what it is | kept | legal class |\n| --- | --- | --- | --- |\n")
        parts += [_row(f"{c.table}.{c.name}", c.purpose, c.retention, c.legal_class) for c in schema.COLUMNS]
        parts.append("\n| file | what it is | kept | legal class |\n| --- | --- | --- | --- |\n")
        parts += [_row(f.pattern, f.purpose, f.retention, f.legal_class) for f in schema.FILES]
    return "".join(parts)


def _row(name: str, *cells: str) -> str:
    return f"| `{name}` | {_joined(cells)} |\n"


def _joined(cells: Iterable[str]) -> str:
    return " | ".join(cells)
