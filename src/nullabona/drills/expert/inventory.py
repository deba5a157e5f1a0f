"""What an expert finds in a relay's data directory with SQL and a directory listing: everything but a meaning."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Final

from nullabona.directory.store import schema as directory_schema
from nullabona.drills.expert.places import BOXES, CARDS, LOG, Place, find_places, open_database, told_apart
from nullabona.errors import UserError
from nullabona.relay.core.boxes import LAST_SEQ, SEQ_BITS
from nullabona.relay.store import schema as relay_schema
from nullabona.wire.card import UnverifiedCard, decode_card

_WAL_HEAD: Final = 32
_WAL_FRAME: Final = 24


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
    numbers: tuple[int, ...] = ()
    """That each of them has in the box."""


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
    log_bytes: int
    """What the write-ahead logs hold, which is the order of the last writes; blank ends of them left out."""
    log_writes: int
    """Pages in those logs, in the order in which they were written."""
    closed_s: Mapping[int, int]
    """When each epoch of the public record closed, in seconds since 1970: a clock for what names an epoch."""
    places: tuple[Place, ...]
    """Every file, and every column of every table."""
    undeclared: tuple[str, ...]
    """Files, tables and columns that no declaration of the product's explains."""
    told_apart: tuple[str, ...]
    """Columns of random numbers that are none."""


def take_inventory(data: Path) -> Inventory:
    """Read a relay's data directory, running or not. Raises `DataUnreadable`."""
    if not data.is_dir():
        raise DataUnreadable("there is no such data directory")
    try:
        blobs = [path for path in (data / "blobs").rglob("*") if path.is_file()]
        logs = [path.read_bytes() for path in data.glob("*-wal")]
        places = find_places(data)
        return Inventory(
            _read_boxes(data / BOXES),
            _read_cards(data / CARDS),
            tuple(path.stat().st_size for path in blobs),
            sum(len(log.rstrip(b"\0")) for log in logs),
            sum(map(_count_writes, logs)),
            _read_epochs(data / CARDS),
            tuple(places),
            tuple(sorted(_undeclared(places))),
            tuple(told_apart(data)),
        )
    except (sqlite3.Error, OSError) as error:
        raise DataUnreadable("the data directory cannot be read") from error


def day_text(day: int) -> str:
    """A day number as a date; unchanged if it is no date: an altered relay may write down anything."""
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).strftime("%Y-%m-%d")
    except OverflowError:
        return str(day)


def size_counts(sizes: Iterable[int]) -> str:
    """How many of which size: ``12 of 1024 bytes, 3 of 4096``."""
    return ", ".join(f"{count} × {size:,} B" for size, count in sorted(Counter(sizes).items())) or "0"


def _read_boxes(path: Path) -> tuple[Box, ...]:
    if not path.exists():
        return ()
    with closing(open_database(path)) as db:
        rows = db.execute("SELECT num, address, floor, expiry_day FROM box ORDER BY address").fetchall()
        return tuple(_box(db, *row) for row in rows)


def _box(db: sqlite3.Connection, num: int, address: bytes, floor: int, expiry_day: int) -> Box:
    frames = db.execute(
        "SELECT id, length(body), expiry_day FROM frame WHERE id BETWEEN ? AND ? ORDER BY id",
        (num << SEQ_BITS, num << SEQ_BITS | LAST_SEQ),
    ).fetchall()
    last = frames[-1][0] & LAST_SEQ if frames else 0
    _, sizes, days = zip(*frames, strict=True) if frames else ((), (), ())
    numbers = tuple(row[0] & LAST_SEQ for row in frames)
    return Box(address, max(floor - 1, last), expiry_day, tuple(sizes), tuple(days), numbers)


def _read_cards(path: Path) -> tuple[Registered, ...]:
    if not path.exists():
        return ()
    with closing(open_database(path)) as db:
        rows = db.execute("SELECT name, encoded, registered_day, label, epoch FROM card ORDER BY name").fetchall()
    return tuple(Registered(name, decode_card(encoded), *rest) for name, encoded, *rest in rows)


def _read_epochs(path: Path) -> dict[int, int]:
    if not path.exists():
        return {}
    with closing(open_database(path)) as db:
        return dict(db.execute("SELECT number, closed_s FROM epoch").fetchall())


def _count_writes(log: bytes) -> int:
    """How many pages a write-ahead log tells of in order: frames with salts (SQLite's format), as far as they go.

    Behind those of the newest round stand those that an older one left.
    """
    page = int.from_bytes(log[8:12], "big")
    if not page:
        return 0
    starts = range(_WAL_HEAD, len(log) - _WAL_FRAME, _WAL_FRAME + page)
    return len(list(takewhile(lambda at: any(log[at + 8 : at + 16]), starts)))


def _undeclared(places: Iterable[Place]) -> set[str]:
    patterns = [re.compile(_pattern(file.pattern)) for file in relay_schema.FILES + directory_schema.FILES]
    databases = (
        (BOXES, relay_schema.COLUMNS),
        (CARDS, directory_schema.COLUMNS),
        (LOG, directory_schema.LOG_COLUMNS),
    )
    declared = {f"{name}: {column.table}.{column.name}" for name, columns in databases for column in columns}
    files = {place.name for place in places if place.file}
    stray = {name for name in files if not any(pattern.fullmatch(name) for pattern in patterns)}
    return stray | {place.name for place in places if not place.file} - declared


def _pattern(declared: str) -> str:
    """The regular expression for a declared file name such as ``blobs/<expiry day>/<2 hex>/<62 hex>``."""
    pattern = re.escape(declared).replace(re.escape("<expiry day>"), r"\d+").replace("<hex>", "[0-9a-f]+")
    for digits in ("<level>", "<number>"):
        pattern = pattern.replace(digits, r"\d+")
    pattern = pattern.replace("<path>", r"(?:x\d{3}/)*\d{3}(?:\.p/\d{1,3})?")
    return re.sub(r"<(\d+)\\ hex>", r"[0-9a-f]{\1}", pattern)
