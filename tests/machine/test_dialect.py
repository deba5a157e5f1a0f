"""SQLite's SQL becomes PostgreSQL's by few replacements, and each trigger of one has its counterpart in the other."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from nullabona.machine.dialect import Query, query, tables, triggers_of
from nullabona.machine.postgres.tables import MORE, RULES, read_script
from nullabona.machine.queries import named_queries
from nullabona.machine.tables import schema
from tests.postgres.server import PostgresServer

PACKAGES = (
    "nullabona.sequencer.store",
    "nullabona.directory.store",
    "nullabona.witness.store",
    "nullabona.docket.store",
    "nullabona.docket.console.store",
)
"""Those whose tables can be in PostgreSQL."""
_RAISED = re.compile(r"RAISE(?:\(ABORT,| EXCEPTION) '([^']+)'")
_WHEN = re.compile(r"CREATE TRIGGER (?:r\d{3}_)?(\w+) (BEFORE|AFTER) (INSERT|UPDATE|DELETE)(?: OF [\w, ]+?)? ON (\w+)")


def test_parameters_are_counted_or_numbered() -> None:
    """A number that occurs twice is one value; a question mark or percent sign in a text is none."""
    assert Query("SELECT a FROM b WHERE c = %s AND d = %s", numbered=False, reads=True) == query(
        "-- why?\nSELECT a FROM b WHERE c = ? AND d = ?;"
    )
    twice = query("INSERT INTO a VALUES (?1, ?2, ?1)")
    assert Query("INSERT INTO a VALUES (%(n1)s, %(n2)s, %(n1)s)", numbered=True, reads=False) == twice
    assert {"n1": b"x", "n2": 7} == twice.arguments((b"x", 7))
    assert "SELECT position(CAST('a?' AS bytea) IN b) > 0" == query("SELECT instr(b, CAST('a?' AS BLOB)) > 0").text
    assert "SELECT '?' LIKE 'a%%' || %s" == query("SELECT '?' LIKE 'a%' || ?").text


def test_tables_keep_their_constraints() -> None:
    """Types and what only SQLite has are replaced; texts are ordered by their bytes; triggers are left out."""
    made = list(tables("CREATE TABLE a (b TEXT CHECK (b <> 'TEXT'), -- TEXT\n"
                       " c BLOB, d INTEGER) STRICT, WITHOUT ROWID;\n"
                       "CREATE TRIGGER e BEFORE DELETE ON a\nBEGIN\n  SELECT RAISE(ABORT, 'no');\nEND;\n"
                       "CREATE INDEX f ON a (d);\n"))  # fmt: skip
    assert [
        """CREATE TABLE a (b text COLLATE "C" CHECK (b <> 'TEXT'), \n c bytea, d bigint);""",
        "CREATE INDEX f ON a (d);",
    ] == [each.strip() for each in made]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_trigger_has_its_counterpart(package: str) -> None:
    """The same names at the same moments of the same tables, and the same refusals in them."""
    scripts = [
        schema(package),
        *(each.read_text("utf-8") for each in files(package).iterdir() if each.name == "rules.sql"),
    ]
    ours = {name: _said(text) for script in scripts for name, text in triggers_of(script).items()}
    theirs = read_script(package, RULES)
    functions = {part.split("(")[0].strip(): part for part in theirs.split("CREATE FUNCTION ")[1:]}
    assert {name: _said(functions[name]) for name in functions} == ours
    moments = [sorted(_WHEN.findall(text)) for text in ("\n".join(scripts), theirs)]
    assert moments[0] == moments[1]
    assert len(ours) == len(moments[0])


@pytest.mark.parametrize("package", PACKAGES)
def test_every_statement_is_understood(package: str, postgres: PostgresServer) -> None:
    """PostgreSQL prepares every statement of ``queries.sql``, on its own tables."""
    name = postgres.new_database()
    for statement in (*tables(schema(package)), read_script(package, MORE)):
        postgres.sql(statement, name)
    for statement in named_queries(package).values():
        postgres.sql(f"PREPARE one AS {_native(query(statement).text)}", name)


def _said(trigger: str) -> list[str]:
    return sorted(_RAISED.findall(trigger))


def _native(text: str) -> str:
    """As PostgreSQL itself writes placeholders."""
    numbers = iter(range(1, 99))
    return re.sub(r"%\(n(\d+)\)s|%s", lambda found: f"${found[1] or next(numbers)}", text).replace("%%", "%")
