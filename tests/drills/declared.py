"""Compares what is really there with what is declared: files, tables, columns, counters and their labels."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from nullabona.wire.data_held import Column, DataFile
from nullabona.wire.telemetry import DESK_METRICS, RELAY_METRICS, WITNESS_METRICS, Metric

_MEANINGS: Final = {
    "<expiry day>": r"\d+", "<level>": r"\d+", "<number>": r"\d+", "<kind>": "[a-z-]+", "<profile>": "[^/]+",
    "<path>": r"(?:x\d{3}/)*\d{3}(?:\.p/\d{1,3})?", "<hex SHA-256 of a log's name>": "[0-9a-f]{64}",
    "<hex>": "[0-9a-f]+", "<2 hex>": "[0-9a-f]{2}", "<62 hex>": "[0-9a-f]{62}",
}  # fmt: skip
_HOLE: Final = re.compile(r"<[^<>]+>")
_SAMPLE: Final = re.compile(r'([a-z_]+)(?:\{([a-z]+)="([^"]*)"\})? \d+')


def undeclared_files(folder: Path, files: Iterable[DataFile]) -> set[str]:
    """Files below ``folder`` that no declaration explains, sockets included."""
    patterns = [re.compile(pattern_of(file.pattern)) for file in files]
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}
    return {name for name in names if not any(pattern.fullmatch(name) for pattern in patterns)}


def pattern_of(declared: str) -> str:
    """The regular expression for a declared name. A hole that nobody has explained here is an error."""
    parts = _HOLE.split(declared)
    holes = [_MEANINGS[hole] for hole in _HOLE.findall(declared)]
    return "".join(re.escape(part) + hole for part, hole in zip(parts, [*holes, ""], strict=True))


def undeclared_columns(database: Path, columns: Iterable[Column]) -> set[str]:
    """Columns of every table and view that no declaration explains, and tables without columns."""
    return set(_columns(database)) - {f"{column.table}.{column.name}" for column in columns}


def _columns(database: Path) -> Iterator[str]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")]
        for table in tables:
            yield from (f"{table}.{name}" for (name,) in db.execute("SELECT name FROM pragma_table_info(?)", (table,)))


def undeclared_counts(text: str) -> set[str]:
    """Lines of a server's ``/metrics`` whose name, label or label's value is not declared."""
    known = {metric.shown_as: metric for metric in (*RELAY_METRICS, *WITNESS_METRICS, *DESK_METRICS)}
    strange = set()
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        match = _SAMPLE.fullmatch(line)
        metric = known.get(match[1]) if match else None
        if match is None or metric is None or not _is_of(metric, match[2] or "", match[3]):
            strange.add(line)
    return strange


def _is_of(metric: Metric, label: str, value: str) -> bool:
    return label == metric.label and (not label or (value in metric.values or not metric.values))
