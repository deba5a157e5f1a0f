"""The triggers of SQLite's schemas in PL/pgSQL, for a package whose tables can be in PostgreSQL.

Rules are written once, in SQLite's SQL, and few forms occur: a condition, ``SELECT RAISE(ABORT, …)`` with or without
``WHERE``, an ``INSERT``. Anything else is an error here, so that nothing is translated by guessing. A test compares
both, and tests of the stores have both refuse the same writes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files

from nullabona.machine.dialect import triggers_of
from nullabona.machine.postgres.tables import RULES
from nullabona.machine.tables import schema

PACKAGES = (
    "nullabona.docket.console.store",
    "nullabona.docket.store",
    "nullabona.sequencer.store",
    "nullabona.witness.store",
)
_HEAD = """\
-- Made by `make generate` from SQLite's triggers; do not edit it here. The same names, the same refusals in the same
-- words. Of several triggers of one moment SQLite runs the newest first, and PostgreSQL that with the first name: hence
-- the numbers.
"""
_TRIGGER = re.compile(
    r"CREATE TRIGGER (?P<name>\w+) (?P<moment>BEFORE|AFTER) (?P<event>(?:INSERT|UPDATE|DELETE)(?: OF [\w, ]+?)?)"
    r" ON (?P<table>\w+)\s*(?:WHEN (?P<when>.+?))?\s*\bBEGIN\b(?P<body>.+)\bEND;",
    re.DOTALL,
)
_RAISE = re.compile(r"SELECT RAISE\(ABORT, (?P<said>'[^']+')\)(?:\s+WHERE (?P<cond>.+))?", re.DOTALL)
_OTHER = re.compile(r"INSERT INTO ")


@dataclass(frozen=True, slots=True)
class Rules:
    """A generator (tools/check_generated.py) of one package's triggers."""

    package: str
    PATH: str

    def page(self) -> str:
        """The whole text of the file."""
        return text(self.package)


GENERATORS = tuple(Rules(package, f"src/{package.replace('.', '/')}/{RULES}") for package in PACKAGES)


def text(package: str) -> str:
    """The triggers of a package for PostgreSQL."""
    more = files(package).joinpath("rules.sql")
    scripts = [schema(package), *([more.read_text("utf-8")] if more.is_file() else [])]
    found = [sql for script in scripts for sql in triggers_of(script).values()]
    return _HEAD + "".join(_translated(sql, len(found) - at) for at, sql in enumerate(found))


def _translated(trigger: str, number: int) -> str:
    found = _TRIGGER.fullmatch(trigger)
    if found is None:
        raise ValueError(trigger)
    name, gives = found["name"], "OLD" if found["event"] == "DELETE" else "NEW"
    lines = [f"\nCREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$", "BEGIN"]
    if found["when"]:
        lines.append(
            f"    IF NOT coalesce({_condition(found['when'])}, false) THEN\n        RETURN {gives};\n    END IF;"
        )
    statements = filter(None, map(str.strip, found["body"].split(";")))
    lines += [f"    {_statement(statement)}" for statement in statements]
    lines += [f"    RETURN {gives};", "END $$;", ""]
    lines.append(f"CREATE TRIGGER r{number:03}_{name} {found['moment']} {found['event']} ON {found['table']}")
    lines.append(f"FOR EACH ROW EXECUTE FUNCTION {name}();")
    return "\n".join(lines) + "\n"


def _statement(sql: str) -> str:
    raised = _RAISE.fullmatch(sql)
    if raised is None:
        if not _OTHER.match(sql):
            raise ValueError(sql)
        return f"{sql};"
    refuse = f"RAISE EXCEPTION {raised['said']};"
    return f"IF {_condition(raised['cond'])} THEN\n        {refuse}\n    END IF;" if raised["cond"] else refuse


def _condition(sql: str) -> str:
    """SQLite compares with NULL by ``IS NOT``; a blob of zeros has another name."""
    sql = re.sub(r"\bIS NOT\b(?!\s+NULL\b)", "IS DISTINCT FROM", sql)
    return re.sub(r"\bzeroblob\((\d+)\)", r"decode(repeat('00', \1), 'hex')", sql)
