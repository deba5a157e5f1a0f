"""What the directory shows to the operator's monitoring: the record's times, its witnesses, its number of handles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nullabona.directory.record import PublicRecord

STANDS_PERIODS: Final = 3
STANDS_LEEWAY_S: Final = 120
"""A record stands still if no epoch was cosigned in so many periods and seconds: one may fail, and all may be slow."""


def figures_of(record: PublicRecord, accounts: int) -> dict[str, int | Mapping[str, int]]:
    """By the names of their metrics (`nullabona.wire.telemetry`). A time that there is none of is 0, as gauges need."""
    served = record.served
    return {
        "record_closed_seconds": record.closed_s or 0,
        "record_cosigned_seconds": served.closed_s if served else 0,
        "record_period_seconds": record.genesis.period_s,
        "witness_failures": record.witness_failures(),
        "accounts": accounts,
    }


def standstill_of(record: PublicRecord, now_s: int) -> str:
    """Why the record does not advance, at ``now_s`` of POSIX time; empty if it does."""
    served, period_s = record.served, record.genesis.period_s
    if served is None:
        return "the public record has no epoch that enough witnesses have signed"
    late_s = now_s - served.closed_s
    stands = late_s > STANDS_PERIODS * period_s + STANDS_LEEWAY_S
    return f"the public record has stood still for {late_s} s; its period is {period_s} s" if stands else ""
