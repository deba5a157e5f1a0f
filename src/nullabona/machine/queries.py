"""Statements by name: a store keeps its SQL in ``queries.sql``, each statement under a line ``-- name: NAME``."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import cache
from importlib.resources import files


@cache
def named_queries(package: str, name: str = "queries.sql") -> dict[str, str]:
    """Name → statement, from the file ``name`` in ``package``."""
    parts = files(package).joinpath(name).read_text("utf-8").split("-- name: ")[1:]
    return {name.strip(): sql.strip() for name, _, sql in (part.partition("\n") for part in parts)}


def statements_of(script: str) -> Iterator[str]:
    """The statements of a script, to be run one by one inside the caller's transaction.

    A trigger contains semicolons, so its end is found by its last line.
    """
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
