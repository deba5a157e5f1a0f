"""The page of everything an operator holds, from the declared schemas (spec/data-held.md)."""

from __future__ import annotations

from collections.abc import Iterable

from nullabona.client.held import DEVICE_FILES
from nullabona.directory.store import schema as directory
from nullabona.docket.console.store import schema as console
from nullabona.docket.store import schema as docket
from nullabona.machine.postgres import schema as postgres
from nullabona.relay.shelves.engine import schema as engine
from nullabona.relay.store import bucket_schema as bucket
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
from nullabona.witness.store.map import schema as mirrored_map

PATH = "spec/data-held.md"

_HEAD = """# Data held

Made by `make generate` from the declared schemas; do not edit it here. The page lists everything that a relay, its
directory, a log, a witness and a legal desk keep, count and write to their logs. Tests compare the declarations with
the real databases, directories, counters and lines: nothing undeclared may exist.

No network addresses, no user agents, no last-seen, no access log, no contact lists, no room lists, no push tokens.
"""

_BUCKET = "A relay with its blobs in a bucket"
_ENGINE = "A relay with its boxes on an engine"
_MAP = "A witness's mirror of a map"
_KEPT = (
    ("The relay", relay),
    (_BUCKET, bucket),
    (_ENGINE, engine),
    ("The directory", directory),
    ("A log", log),
    ("A witness", witness),
    (_MAP, mirrored_map),
    ("The legal desk", docket),
    ("The legal desk's console", console),
    ("In PostgreSQL, beside the rows", postgres),
)

_BEFORE = {
    _MAP: """
For a witness that mirrors a directory's map ([witness.md](witness.md) §2.8). Anybody may ask the directory for what is
in it. It names no handle: a label is the output of a function whose key the directory alone has.
""",
    _ENGINE: """
For an operator whose relays share an engine ([engine.md](engine.md)), which is experimental. A relay's own disk has no
boxes then; `boxes.db` and what belongs to it do not exist. On one machine, the default, none of this exists.
""",
    _BUCKET: """
For an operator who keeps blobs in a bucket of an S3 server (docs/how-to/blobs-in-s3.md). Boxes and the other files are
as above. On one machine, the default, none of this exists: a file of a blob has no modification time of its own. Blobs
that came since the last batch are in the memory of the relay's process only, or in its files if `wait_in` says so.
""",
    "In PostgreSQL, beside the rows": """
For an operator who keeps a witness, a log, cards or a legal desk there (docs/how-to/run-on-postgresql.md); with SQLite,
the default, none of this exists. The columns above are the same. Boxes are never there: PostgreSQL keeps the order of
arrival at rest, and of boxes that would say who wrote when. The entries of a log, the epochs of cards and what a
witness signed have a public order anyway. Of cards it adds who registered before whom within one epoch of ten minutes,
and a deleted card stays longer. So do the desk's erased cases, which are sealed to the officers, and its earlier
pointer keys, with which the slots since then that were in use can be told from the others.
""",
}


def page() -> str:
    """The whole text of spec/data-held.md."""
    parts = [_HEAD]
    for name, schema in _KEPT:
        parts.append(f"\n## {name}\n{_BEFORE.get(name, '')}")
        parts.append("\n| record | what it is | kept | legal class |\n| --- | --- | --- | --- |\n")
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
