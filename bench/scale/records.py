"""What was measured and simulated, as it is kept in docs/scale."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeVar

import msgspec

from bench.scale.ledger import Ledger

FOLDER: Final = Path(__file__).parents[2] / "docs" / "scale"
WEEK_HOURS: Final = 7 * 24
T = TypeVar("T")


class Held(msgspec.Struct, frozen=True):
    """What the relay took and held of one population that it keeps frames of for so long. Of each account."""

    away: str
    """The population (`bench.scale.people`)."""
    kept_days: int
    trims: bool
    said: float
    """Messages that people wrote, a day."""
    appended: float
    """Frames a day."""
    hours: list[float]
    """Frames that were held at the end of each hour of the last week, which begins on a Monday at midnight in Seoul."""
    came: list[float]
    """Frames that came in each of these hours."""
    boxes: float
    """At the end."""
    missed: float
    """Frames a day that were gone before a device read them, each counted for each device."""
    back: float
    """Frames a day that were sent or put back once more."""
    rejoined: float
    """Times a day that a device came back by a commit of its own."""
    lost: float
    """Times a day that a box began again, because nobody had used it for longer than frames are kept."""

    @property
    def average(self) -> float:
        """Frames held."""
        return sum(self.hours) / len(self.hours)


class Simulated(msgspec.Struct, frozen=True):
    """A whole run."""

    seed: int
    accounts: int
    days: int
    rooms: int
    devices: int
    talked: list[Held]
    """Of rooms in which people talk."""
    own: list[Held]
    """Of the rooms in which an account's devices tell one another."""


def held_of(ledger: Ledger, away: str, kept_days: int, accounts: int, *, trims: bool) -> Held:
    """Of each account, from the books of all."""
    days = len(ledger.appended) / 24
    a_day = accounts * days
    return Held(
        away,
        kept_days,
        trims,
        ledger.said / a_day,
        sum(ledger.appended) / a_day,
        [round(count / accounts, 3) for count in ledger.held()[-WEEK_HOURS:]],
        [round(count / accounts, 4) for count in ledger.appended[-WEEK_HOURS:]],
        ledger.boxes()[-1] / accounts,
        ledger.missed / a_day,
        ledger.back / a_day,
        ledger.rejoined / a_day,
        ledger.lost / a_day,
    )


def write(of: msgspec.Struct, path: Path) -> None:
    """Keep a record as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(of), indent=1) + b"\n")


def read(path: Path, kind: type[T]) -> T:
    """A record that was kept."""
    return msgspec.json.decode(path.read_bytes(), type=kind)
