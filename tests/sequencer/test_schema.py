"""Every column and every file of a log is declared; nothing else exists."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from nullabona.sequencer.store.schema import COLUMNS, FILES
from tests.sequencer.logs import make_log, publish

PATTERNS = {"<number>": "[0-9]+", "<path>": r"(x[0-9]{3}/)*[0-9]{3}(\.p/[0-9]+)?", "<level>": "[0-9]+"}


def test_what_is_kept_is_what_is_declared(tmp_path: Path) -> None:
    """The database has the declared columns, and the folder the declared files, while it is open and afterwards."""
    log = make_log(tmp_path)
    for count in (1, 300):
        log.stage([b"entry"] * count, key=b"%d" % count)
        publish(log)
    log.stage([b"staged"])
    db = sqlite3.connect(tmp_path / "log.db")
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()]
    real = {(table, row[1]) for table in tables for row in db.execute(f"PRAGMA table_info({table})").fetchall()}
    db.close()
    assert {(column.table, column.name) for column in COLUMNS} == real
    assert all(column.purpose and column.retention and column.legal_class for column in (*COLUMNS,))
    patterns = [re.sub("<[a-z]+>", lambda found: PATTERNS[found[0]], file.pattern) for file in FILES]
    names = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()]
    assert [] == [name for name in names if not any(re.fullmatch(pattern, name) for pattern in patterns)]
    log.release()
