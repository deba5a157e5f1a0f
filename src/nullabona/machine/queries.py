"""Statements by name: a store keeps its SQL in ``queries.sql``, each statement under a line ``-- name: NAME``."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import cache
from importlib.resources import files


@cache
def named_queries(package: str) -> dict[str, str]:
    """Name → statement, of the ``queries.sql`` that lies in ``package``."""
    parts = files(package).joinpath("queries.sql").read_text("utf-8").split("-- name: ")[1:]
    return {name.strip(): sql.strip() for name, _, sql in (part.partition("\n") for part in parts)}


def statements_of(script: str) -> Iterator[str]:
    """The statements of a script, to be run one by one inside a transaction of the caller's.

    A trigger has semicolons inside, so the last line of each is looked for.
    """
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
