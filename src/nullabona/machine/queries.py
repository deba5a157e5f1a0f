"""Statements by name: a store keeps its SQL in ``queries.sql``, each statement under a line ``-- name: NAME``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def named_queries(package: str) -> dict[str, str]:
    """Name → statement, of the ``queries.sql`` that lies in ``package``."""
    parts = files(package).joinpath("queries.sql").read_text("utf-8").split("-- name: ")[1:]
    return {name.strip(): sql.strip() for name, _, sql in (part.partition("\n") for part in parts)}
