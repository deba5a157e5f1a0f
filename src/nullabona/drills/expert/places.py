"""Where something can be in a relay's data directory, and where which line of the threat model lets it stand.

The lists are fixed here. They are not the product's own declaration: a column that somebody adds and declares fails the
lines that it could break until somebody has judged it here. A number can be a time, or stand for an account or a box;
it can be no message. Text, bytes and files can be anything.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BOXES: Final = "boxes.db"
CARDS: Final = "cards.db"
LOG: Final = "record/log.db"
_NUMBERS: Final = frozenset({"INTEGER", "INT", "REAL"})
_NUM_SIZE: Final = 5
"""Bytes of the number by which a box is kept (40 bits)."""
_FEW: Final = 8
"""Boxes of which fewer say nothing of how their numbers were drawn."""


@dataclass(frozen=True, slots=True)
class Place:
    """A file, or a column as ``file: table.column``."""

    name: str
    words: bool
    """Whether it can hold text or bytes; a table that is not strict holds no column to its type."""
    file: bool = False


def find_places(data: Path) -> list[Place]:
    """Every file in a data directory, and every column of its databases. Raises `sqlite3.Error` or `OSError`."""
    files = [Place(str(path.relative_to(data)), words=True, file=True) for path in data.rglob("*") if not path.is_dir()]
    databases = [name for name in (BOXES, CARDS, LOG) if (data / name).exists()]
    return [*files, *(place for name in databases for place in _columns(data / name, name))]


def open_database(path: Path) -> sqlite3.Connection:
    """To read it; a relay may be writing."""
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)


def _columns(path: Path, name: str) -> list[Place]:
    with closing(open_database(path)) as db:
        tables = db.execute(
            "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND name <> 'sqlite_schema'"
        ).fetchall()
        return [
            Place(f"{name}: {table}.{column}", words=not strict or kind not in _NUMBERS)
            for table, strict in tables
            for column, kind in db.execute("SELECT name, type FROM pragma_table_xinfo(?)", (table,))
        ]


def stray(id: str, places: Iterable[Place]) -> list[str]:
    """The places in which could stand what a line says that there is no place for."""
    could = [place for place in places if place.words or id != "W-10"]
    return sorted(place.name for place in could if not _is_known(place, _MAY[id]))


def told_apart(data: Path) -> list[str]:
    """Columns of random numbers in which there is something else: when a box was made, or which came after which.

    Such a number has bytes that most of them share, first or last. So few boxes that chance does it say nothing.
    """
    if not (data / BOXES).exists():
        return []
    with closing(open_database(data / BOXES)) as db:
        rows = db.execute("SELECT num, incarnation FROM box").fetchall()
    columns = {
        "box.num": [num.to_bytes(_NUM_SIZE, "big") for num, _ in rows],
        "box.incarnation": [row[1] for row in rows],
    }
    return [f"{BOXES}: {name}" for name, values in columns.items() if len(values) >= _FEW and not _is_drawn(values)]


def _is_drawn(values: Sequence[bytes]) -> bool:
    """Whether no byte of them is the same in more than half: of eight, chance has that once in millions."""
    return all(2 * max(Counter(at).values()) <= len(values) for at in zip(*values, strict=True))


def _is_known(place: Place, may: frozenset[str]) -> bool:
    return _FILES.fullmatch(place.name) is not None if place.file else place.name in may


def _of(file: str, columns: str) -> frozenset[str]:
    return frozenset(f"{file}: {column}" for column in columns.split())


_SEALED: Final = _of(BOXES, "frame.body")
"""In the clear to nobody here, and joined to a box, not to an account. Whether it is sealed, drill ``seizure`` sees."""
_DRAWN: Final = _of(BOXES, "box.address box.incarnation")
"""That the latter is, and so is ``box.num``, is looked at (`told_apart`)."""
_CARD: Final = _of(CARDS, "card.name card.skeleton card.encoded replaced.name replaced.encoded")
"""The public card (W-01)."""
_HASHES: Final = _of(CARDS, "card.label held.mark held.label entry.label entry.nonce entry.digest page.root epoch.root")
_TOKENS: Final = _of(CARDS, "spent.mark")
"""Of a registration token that was used: 32 bytes beside no handle. Only who made the token knows whose it was, and
learns by whom it is used only by watching (T-23).
"""
_PUBLIC: Final = _of(LOG, "staged.entry batch.key batch.digest tree.origin tree.root")
"""The log, which everybody may read: commitments and its own name."""
_WORDS: Final = _SEALED | _DRAWN | _CARD | _HASHES | _TOKENS | _PUBLIC

# Counts and numbers at random; states of the service and of the public record's tree.
_COUNTS: Final = (
    _of(BOXES, "box.num box.floor frame.id")
    | _of(CARDS, "entry.version page.place page.labels epoch.number epoch.served")
    | _of(LOG, "staged.number batch.first batch.count tree.one tree.size tree.pruned")
)
_DAYS: Final = _of(BOXES, "box.expiry_day frame.expiry_day") | _of(
    CARDS, "card.registered_day held.until_day spent.until_day"
)
_RENEWALS: Final = _of(CARDS, "card.epoch replaced.epoch replaced.until_epoch entry.epoch page.epoch")
"""Periods of ten minutes, of cards alone (W-06)."""
_SERVICE: Final = _of(CARDS, "epoch.closed_s")
"""When the record closed an epoch: every ten minutes, regardless of what people do."""

_JUDGED: Final = _WORDS | _COUNTS | _DAYS | _RENEWALS | _SERVICE
"""Of each it is said above why it is no contact, no room and no time of use but a renewal."""
_MAY: Final[Mapping[str, frozenset[str]]] = {"W-10": _WORDS, "W-11": _JUDGED, "W-12": _JUDGED, "W-13": _JUDGED}
_FILES: Final = re.compile(
    r"(boxes|cards|record/log)\.db(-wal|-shm)?|boxes\.db(\.new|\.old|-journal)|ballast|(cards\.|record/)?lock|record/record\.key"
    r"|blobs/(\d+/[0-9a-f]{2}/[0-9a-f]{62}|incoming/[0-9a-f]+)"
    r"|record/(incoming/\d+|public/(checkpoint|tile/(entries|\d+)/(x\d{3}/)*\d{3}(\.p/\d{1,3})?))"
)
"""Databases and their logs, which are judged by their columns; sealed chunks; the public record."""
