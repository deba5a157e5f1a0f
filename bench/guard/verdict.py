"""What paths cost now beside what is on record, and which of it is too much; pure but for the record's file."""

from __future__ import annotations

import json
import sqlite3
import sys
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from bench.guard.counting import Cost

RECORD: Final = Path(__file__).with_name("record.json")
SAME: Final = 1.1
"""Counts may be so many times those on record, on the Python and SQLite that they were recorded with."""
OTHER: Final = 1.50
"""On another Python or SQLite, whose bytecodes and plans differ."""
RATIO: Final = 4.0
"""CPU times of native code in units of `reference`: processors differ, and so does what else runs on them."""
SLACK: Final = 20
"""So much more is never too much: paths of a few hundred steps differ by a branch."""


@dataclass(frozen=True, slots=True)
class Excess:
    """A cost that is too high."""

    path: str
    what: str
    recorded: float
    now: float
    most: float

    def __str__(self) -> str:
        return (f"{self.path}: {self.now:,g} {self.what}, {self.now / max(self.recorded, 1e-9):.2f} times the "
                f"{self.recorded:,g} on record (at most {self.most:,g})")  # fmt: skip


def versions() -> dict[str, str]:
    """What counts depend on."""
    return {"python": f"{sys.version_info.major}.{sys.version_info.minor}", "sqlite": sqlite3.sqlite_version}


def excesses(costs: dict[str, Cost], recorded: dict[str, Cost], *, same: bool) -> list[Excess]:
    """What costs too much now. ``same``: measured with the versions of the record. Raises `KeyError` for a new path."""
    found = []
    for path, cost in costs.items():
        before = recorded[path]
        for field in fields(Cost):
            was, now = getattr(before, field.name), getattr(cost, field.name)
            most = was * RATIO if field.name == "ratio" else was * (SAME if same else OTHER) + SLACK
            if now > most:
                found.append(Excess(path, field.name, was, now, most))
    return found


def write_record(costs: dict[str, Cost], path: Path = RECORD) -> None:
    """Put these costs on record."""
    told = {**versions(), "paths": {name: asdict(cost) for name, cost in costs.items()}}
    path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", "utf-8")


def read_record(path: Path = RECORD) -> tuple[dict[str, str], dict[str, Cost]]:
    """The versions and the costs on record."""
    told = json.loads(path.read_text("utf-8"))
    costs = {name: Cost(**cost) for name, cost in told.pop("paths").items()}
    return told, costs
