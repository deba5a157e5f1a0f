"""The store's SQL, kept in ``.sql`` files and found by name. Decides nothing; knows the two file formats."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_SQL = files(__package__) / "sql"


def parse_statements(text: str) -> dict[str, str]:
    """The statements of a file in which each follows a ``-- name: …`` line. Raises ValueError if a name repeats."""
    _, *parts = _NAME.split(text)
    names, bodies = parts[0::2], parts[1::2]
    if len(set(names)) != len(names):
        raise ValueError("a statement name is used twice")
    return {name: body.strip() for name, body in zip(names, bodies, strict=True)}


def repeated(statement: str, times: int) -> str:
    """An ``INSERT … VALUES (…)`` that takes the values of so many rows at once."""
    begun, values, row = statement.rpartition("VALUES ")
    return f"{begun}{values}{', '.join([row] * times)}"


def schema() -> str:
    """The SQL that makes an empty file a store of `SCHEMA_VERSION`."""
    return (_SQL / "schema.sql").read_text(encoding="utf-8")


def migrations() -> dict[int, str]:
    """For each version, in order, the SQL that leads to it from the version before."""
    found = [entry for entry in (_SQL / "migrations").iterdir() if entry.name.endswith(".sql")]
    steps = {int(entry.name.removesuffix(".sql")): entry.read_text(encoding="utf-8") for entry in found}
    return {1: schema()} | dict(sorted(steps.items()))


STATEMENTS: Final[Mapping[str, str]] = MappingProxyType(
    parse_statements((_SQL / "queries.sql").read_text(encoding="utf-8"))
)
SCHEMA_VERSION: Final = max(migrations())
