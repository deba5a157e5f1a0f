"""What an expert finds in a relay's data directory with SQL and a directory listing: everything but a meaning."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from nullabona.directory.store import schema as directory_schema
from nullabona.errors import UserError
from nullabona.relay.core.boxes import LAST_SEQ, SEQ_BITS
from nullabona.relay.store import schema as relay_schema
from nullabona.wire.card import UnverifiedCard, decode_card

_BOXES: Final = "boxes.db"
_CARDS: Final = "cards.db"
_LOG: Final = "record/log.db"


class DataUnreadable(UserError):
    """The data directory is not one of a relay, or may not be read."""

    code = "data-unreadable"
    default_hint = "give the relay's --data directory, as a user who may read it"


@dataclass(frozen=True, slots=True)
class Box:
    """A box as the relay has it."""

    address: bytes
    number: int
    """The last number that was given out in it."""
    expiry_day: int
    sizes: tuple[int, ...]
    """Of the frames that are there, in bytes, oldest first."""
    days: tuple[int, ...]
    """On which each of them expires."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A card as the directory has it."""

    name: str
    card: UnverifiedCard
    registered_day: int
    label: bytes
    epoch: int


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything in a data directory that has a shape."""

    boxes: tuple[Box, ...]
    cards: tuple[Registered, ...]
    blobs: tuple[int, ...]
    """Sizes of the blobs."""
    blob_days: tuple[int, ...]
    log_bytes: int
    """What the write-ahead logs hold, which is the order of the last writes; blank ends of them left out."""
    undeclared: tuple[str, ...]
    """Files, tables and columns that no declaration explains."""


def take_inventory(data: Path) -> Inventory:
    """Read a relay's data directory, running or not. Raises `DataUnreadable`."""
    if not data.is_dir():
        raise DataUnreadable("there is no such data directory")
    try:
        blobs = [path for path in (data / "blobs").rglob("*") if path.is_file()]
        return Inventory(
            _read_boxes(data / _BOXES),
            _read_cards(data / _CARDS),
            tuple(path.stat().st_size for path in blobs),
            tuple(int(part) for path in blobs if (part := path.relative_to(data).parts[1]).isdecimal()),
            sum(len(path.read_bytes().rstrip(b"\0")) for path in data.glob("*-wal")),
            tuple(sorted(_undeclared(data))),
        )
    except (sqlite3.Error, OSError) as error:
        raise DataUnreadable("the data directory cannot be read") from error


def day_text(day: int) -> str:
    """A day number as a date."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).strftime("%Y-%m-%d")


def size_counts(sizes: Iterable[int]) -> str:
    """How many of which size: ``12 of 1024 bytes, 3 of 4096``."""
    return ", ".join(f"{count} × {size:,} B" for size, count in sorted(Counter(sizes).items())) or "0"


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)


def _read_boxes(path: Path) -> tuple[Box, ...]:
    if not path.exists():
        return ()
    with closing(_open(path)) as db:
        rows = db.execute("SELECT num, address, floor, expiry_day FROM box ORDER BY address").fetchall()
        return tuple(_box(db, *row) for row in rows)


def _box(db: sqlite3.Connection, num: int, address: bytes, floor: int, expiry_day: int) -> Box:
    frames = db.execute(
        "SELECT id, length(body), expiry_day FROM frame WHERE id BETWEEN ? AND ? ORDER BY id",
        (num << SEQ_BITS, num << SEQ_BITS | LAST_SEQ),
    ).fetchall()
    last = frames[-1][0] & LAST_SEQ if frames else 0
    return Box(
        address, max(floor - 1, last), expiry_day, tuple(row[1] for row in frames), tuple(row[2] for row in frames)
    )


def _read_cards(path: Path) -> tuple[Registered, ...]:
    if not path.exists():
        return ()
    with closing(_open(path)) as db:
        rows = db.execute("SELECT name, encoded, registered_day, label, epoch FROM card ORDER BY name").fetchall()
    return tuple(Registered(name, decode_card(encoded), *rest) for name, encoded, *rest in rows)


def _undeclared(data: Path) -> set[str]:
    files = relay_schema.FILES + directory_schema.FILES
    patterns = [re.compile(_pattern(declared.pattern)) for declared in files]
    names = [str(path.relative_to(data)) for path in data.rglob("*") if not path.is_dir()]
    found = {name for name in names if not any(pattern.fullmatch(name) for pattern in patterns)}
    databases = (
        (_BOXES, relay_schema.COLUMNS),
        (_CARDS, directory_schema.COLUMNS),
        (_LOG, directory_schema.LOG_COLUMNS),
    )
    for name, columns in databases:
        if (data / name).exists():
            real = {f"{name}: {column}" for column in _columns(data / name)}
            found |= real - {f"{name}: {column.table}.{column.name}" for column in columns}
    return found


def _pattern(declared: str) -> str:
    """The regular expression for a declared file name such as ``blobs/<expiry day>/<2 hex>/<62 hex>``."""
    pattern = re.escape(declared).replace(re.escape("<expiry day>"), r"\d+").replace("<hex>", "[0-9a-f]+")
    for digits in ("<level>", "<number>"):
        pattern = pattern.replace(digits, r"\d+")
    pattern = pattern.replace("<path>", r"(?:x\d{3}/)*\d{3}(?:\.p/\d{1,3})?")
    return re.sub(r"<(\d+)\\ hex>", r"[0-9a-f]{\1}", pattern)


def _columns(path: Path) -> set[str]:
    with closing(_open(path)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")]
        return {
            f"{table}.{column}"
            for table in tables
            for (column,) in db.execute("SELECT name FROM pragma_table_info(?)", (table,))
        }
