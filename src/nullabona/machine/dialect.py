"""SQLite's SQL as PostgreSQL's: the few mechanical replacements by which one ``.sql`` file serves both.

Pure. What these replacements cannot do is written so that both understand it, or a second time beside the first:
``rules.postgresql.sql`` has the triggers of a package in PL/pgSQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from nullabona.machine.queries import statements_of

_TOKEN: Final = re.compile(r"'(?:[^']|'')*'|--[^\n]*|\?(\d*)|%")
_COMMENT: Final = re.compile(r"('(?:[^']|'')*')|--[^\n]*")
_TABLE_END: Final = re.compile(r"\)\s*STRICT(\s*,\s*WITHOUT\s+ROWID)?\s*;")
_TYPES: Final = {
    "BLOB": "bytea",
    "INTEGER": "bigint",
    # Byte order, as SQLite's BINARY: the order of another locale may change with the system's library.
    "TEXT": 'text COLLATE "C"',
}
_TYPE: Final = re.compile(r"'(?:[^']|'')*'|\b(BLOB|INTEGER|TEXT)\b")
_TRIGGER: Final = re.compile(r"\s*CREATE\s+TRIGGER\b", re.IGNORECASE)
_READS: Final = re.compile(r"\s*(SELECT|WITH)\b", re.IGNORECASE)
_FOUND_IN: Final = re.compile(r"\binstr\((\w+), CAST\(('[^']*') AS BLOB\)\)")
_NAME: Final = "n{}"


@dataclass(frozen=True, slots=True)
class Query:
    """A statement for psycopg. ``numbered``: its parameters have numbers, and may occur more than once."""

    text: str
    numbered: bool
    reads: bool

    def arguments(self, values: Sequence[object]) -> Sequence[object] | Mapping[str, object]:
        """The values as the statement's placeholders want them."""
        if not self.numbered:
            return tuple(values)
        return {_NAME.format(number): value for number, value in enumerate(values, 1)}


@cache
def query(sql: str) -> Query:
    """One statement of ``queries.sql``: ``?`` and ``?1`` become psycopg's placeholders, comments go."""
    numbered = False

    def replaced(found: re.Match[str]) -> str:
        nonlocal numbered
        token = found[0]
        if token.startswith("--"):
            return ""
        if token.startswith("?"):
            numbered |= bool(found[1])
            return f"%({_NAME.format(found[1])})s" if found[1] else "%s"
        return token.replace("%", "%%")

    sql = _FOUND_IN.sub(r"position(CAST(\2 AS bytea) IN \1)", sql)
    text = _TOKEN.sub(replaced, sql).strip().removesuffix(";")
    return Query(text, numbered, reads=bool(_READS.match(text)))


def tables(script: str) -> Iterator[str]:
    """The statements of ``schema.sql`` that make tables and indexes; triggers are left out."""
    for statement in statements_of(_COMMENT.sub(lambda found: found[1] or "", script)):
        if not _TRIGGER.match(statement):
            yield _TYPE.sub(lambda found: _TYPES[found[1]] if found[1] else found[0], _TABLE_END.sub(");", statement))


def triggers_of(script: str) -> Mapping[str, str]:
    """Name → statement, of the triggers in SQLite's SQL."""
    found = (statement for statement in statements_of(_COMMENT.sub(lambda one: one[1] or "", script)))
    made = (statement.strip() for statement in found if _TRIGGER.match(statement))
    return {statement.split()[2]: statement for statement in made}
