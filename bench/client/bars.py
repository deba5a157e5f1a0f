"""What a client is held to, and from which size on a figure is held to it. Benches print these; `verdicts` judges."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bench.client.records import Results
from bench.client.reports import Catchup, Latency, Opening, Rooms, RoomSize
from bench.speed.arithmetic import Spread, spread
from nullabona.wire.messages import MAX_FRAME

OPENING_MS: Final = 1_000
OPENING_MESSAGES: Final = 1_000_000
OPENING_WAYS: Final = ("list of chats", "nulla room list", "nulla app")
CATCHUP_PER_CORE: Final = 2_000
CATCHUP_MESSAGES: Final = 10_000
CATCHUP_ROOMS: Final = 100
TOGETHER_MS: Final = 15
APART_MS: Final = 500
"""Half a second is the price of 0026. The activity digest and the drawn moment alone are 0.41 s at the median."""
CALM_S: Final = 5.0
"""From one message to the next, so slow that a box, receipts included, is not active so often that it is read later and
later.
"""
LEAST_TALK: Final = 50
"""A median of fewer messages is not held to a bar."""
RELAY_LIMIT: Final = 2 * 1_024**3
LARGE_ROOM: Final = 1_000
_KIB: Final = 1_024
_MIB: Final = 1_024**2


Value = tuple[float, bool]
"""What was measured, and whether at a size (or so often) that the bar is for."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One bar and what was measured of it."""

    said: str
    whose: str
    bound: str
    measured: Spread | None
    """None: not measured at a size at which the bar holds; ``smaller`` says whether at another."""
    met: bool | None
    smaller: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """The median of ``values`` is at most, at least or less than ``limit``."""

    said: str
    whose: str
    sign: str
    limit: float
    unit: str
    values: Callable[[Results], list[Value]]

    def judge(self, results: Results) -> Verdict:
        """By the median of what was measured at the bar's size."""
        bound = f"{self.sign} {self.limit:,} {self.unit}"
        found = self.values(results)
        large = [value for value, at_size in found if at_size]
        if not large:
            return Verdict(self.said, self.whose, bound, None, None, smaller=bool(found))
        measured = spread(large)
        return Verdict(self.said, self.whose, bound, measured, self._holds(measured.median))

    def _holds(self, value: float) -> bool:
        if self.sign == "≥":
            return value >= self.limit
        return value < self.limit if self.sign == "<" else value <= self.limit


def _cold(way: str) -> Bar:
    def values(results: Results) -> list[Value]:
        return [
            (ms, each.messages >= OPENING_MESSAGES)
            for each in results.reports(Opening)
            for ms in each.cold_ms.get(way, ())
        ]

    return Bar(f"cold start, {OPENING_MESSAGES:,} messages: {way}", "the target", "<", OPENING_MS, "ms", values)


def _catchup(how: str, *, together: bool) -> Bar:
    def values(results: Results) -> list[Value]:
        return [
            (each.per_core, each.messages >= CATCHUP_MESSAGES and each.rooms >= CATCHUP_ROOMS)
            for each in results.reports(Catchup)
            if each.together is together
        ]

    said = f"{CATCHUP_MESSAGES:,} messages waiting in {CATCHUP_ROOMS} rooms, {how}"
    return Bar(said, "the target", "≥", CATCHUP_PER_CORE, "/s and core", values)


def _latency(how: str, whose: str, limit: float, *, together: bool) -> Bar:
    def values(results: Results) -> list[Value]:
        found = [each for each in results.reports(Latency) if each.together is together and each.rows_ms]
        judged = [each for each in found if together or each.pause_s >= CALM_S]
        enough = sum(len(each.rows_ms) for each in judged) >= LEAST_TALK
        return [(statistics.median(each.column(0)), enough and each in judged) for each in found]

    return Bar(f"send to shown, {how}", whose, "≤", limit, "ms, median", values)


def _room(said: str, sign: str, limit: int, unit: int, size: Callable[[RoomSize], float]) -> Bar:
    def values(results: Results) -> list[Value]:
        rows = (row for each in results.reports(Rooms) for row in each.rows)
        return [(size(row) / unit, row.devices >= LARGE_ROOM) for row in rows]

    said = f"{said}, room of {LARGE_ROOM:,} devices"
    return Bar(said, "a limit", sign, limit // unit, {_KIB: "KiB", _MIB: "MiB"}[unit], values)


BARS: Final[Sequence[Bar]] = (
    *(_cold(way) for way in OPENING_WAYS),
    _catchup("by default", together=False),
    _catchup("with `--fast`", together=True),
    _latency(f"by default, {CALM_S:g} s between messages", "0026", APART_MS, together=False),
    _latency("with `--fast`", "ours", TOGETHER_MS, together=True),
    _room("largest frame", "≤", MAX_FRAME, _KIB, lambda row: row.largest_frame),
    _room("held by the relay at the end", "<", RELAY_LIMIT, _MIB, lambda row: row.relay_bytes),
)


def verdicts(results: Results) -> list[Verdict]:
    """Every bar, judged."""
    return [bar.judge(results) for bar in BARS]
