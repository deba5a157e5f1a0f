"""The page of everything an operator holds, from the declared schemas (spec/data-held.md)."""

from __future__ import annotations

from collections.abc import Iterable

from nullabona.client.held import DEVICE_FILES
from nullabona.directory.store import schema as directory
from nullabona.docket.console.store import schema as console
from nullabona.docket.store import schema as docket
from nullabona.relay.store import schema as relay
from nullabona.sequencer.store import schema as log
from nullabona.wire.data_held import DataFile
from nullabona.wire.telemetry import (
    DESK_METRICS,
    LAST_LINES,
    LOG_LINES,
    RELAY_METRICS,
    WITNESS_METRICS,
    LogLine,
    Metric,
)
from nullabona.witness.store import schema as witness

PATH = "spec/data-held.md"

_HEAD = """# Data held

Made by `make generate` from the declared schemas; do not edit it here. The page lists everything that a relay, its
directory, a log, a witness and a legal desk keep, count and write to their logs. Tests compare the declarations with
the real databases, directories, counters and lines: nothing undeclared may exist.

No network addresses, no user agents, no last-seen, no access log, no contact lists, no room lists, no push tokens.
"""

_KEPT = (
    ("The relay", relay),
    ("The directory", directory),
    ("A log", log),
    ("A witness", witness),
    ("The legal desk", docket),
    ("The legal desk's console", console),
)


def page() -> str:
    """The whole text of spec/data-held.md."""
    parts = [_HEAD]
    for name, schema in _KEPT:
        parts.append(f"\n## {name}\n\n| record | what it is | kept | legal class |\n| --- | --- | --- | --- |\n")
        parts += [_row(f"{c.table}.{c.name}", c.purpose, c.retention, c.legal_class) for c in schema.COLUMNS]
        parts += _files(schema.FILES)
    parts.append("\n## What is counted\n\n| count | what it is | kept | legal class |\n| --- | --- | --- | --- |\n")
    every = dict.fromkeys((*RELAY_METRICS, *WITNESS_METRICS, *DESK_METRICS))  # some are all's
    parts += [_row(_shown(m), m.purpose, m.retention, m.legal_class) for m in every]
    parts.append(
        "\n## What is written to the log\n\n| line | what it is | kept | legal class |\n| --- | --- | --- | --- |\n"
    )
    parts += [_row(_line(each), each.purpose, each.retention, each.legal_class) for each in (*LOG_LINES, *LAST_LINES)]
    parts.append("\n## A person's own device\n\nNobody else has these.\n")
    parts += _files(DEVICE_FILES)
    return "".join(parts)


def _files(files: Iterable[DataFile]) -> list[str]:
    head = "\n| file | what it is | kept | legal class |\n| --- | --- | --- | --- |\n"
    return [head, *(_row(f.pattern, f.purpose, f.retention, f.legal_class) for f in files)]


def _shown(metric: Metric) -> str:
    return metric.shown_as + (f"{{{metric.label}={', '.join(metric.values)}}}" if metric.label else "")


def _line(line: LogLine) -> str:
    """The line with its fields' names in their places."""
    text = line.text
    for field in line.fields:
        at = min(place for place in (text.find("%s"), text.find("%d")) if place >= 0)
        text = f"{text[:at]}<{field}>{text[at + 2 :]}"
    return f"{line.logger}: {text}"


def _row(name: str, *cells: str) -> str:
    return f"| `{name}` | {_joined(cells)} |\n"


def _joined(cells: Iterable[str]) -> str:
    return " | ".join(cells)
