"""What the relay is held to, each bar as a ratio of figures that were measured side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench.peers.registry import CEILING, OURS, VOLATILE
from bench.speed.arithmetic import Spread, ratios, spread
from bench.speed.records import Results
from nullabona.directory.core.limits import Limits

SLACK_MS: Final = 0.3
PEOPLE: Final = 400_000
MINUTES: Final = 5


@dataclass(frozen=True, slots=True)
class Bar:
    """Ours under a workload by another's: at least ``bound``, or at most where less is better."""

    workload: str
    other: str
    bound: float
    at_least: bool = True
    ours: str = OURS


BARS: Final = (
    Bar("pairs-32", CEILING, 0.5),
    Bar("pairs-32", "streams-always", 0.5),
    Bar("pairs-32", "nats-always", 10),
    Bar("pairs-32", "ejabberd", 2),
    Bar("pairs-32", "ejabberd-mam", 100),
    Bar("pairs-32", "prosody-mam", 100),
    Bar("pairs-32", "synapse", 300),
    Bar("room-32", "ejabberd", 8),
    Bar("room-32", "nats-default", 1),
    Bar("pair", "ejabberd", 2, at_least=False, ours=VOLATILE),
    Bar("stored", "ejabberd", 10),
    Bar("idle", "ejabberd", 1, at_least=False),
    Bar("register", "ejabberd", 1),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A bar and what was measured; ``measured`` is None where one side was not."""

    said: str
    bound: str
    measured: Spread | None
    met: bool | None


def verdicts(results: Results) -> list[Verdict]:
    """Every bar, in order."""
    return [*(_verdict(bar, results) for bar in BARS), _durable(results), _people(results)]


def _verdict(bar: Bar, results: Results) -> Verdict:
    found = ratios(results.values(bar.ours, bar.workload), results.values(bar.other, bar.workload))
    said = f"{bar.workload}: {bar.ours} ÷ {bar.other}"
    return _judged(said, found, bar.bound, at_least=bar.at_least)


def _judged(said: str, found: Sequence[float], bound: float, *, at_least: bool, unit: str = "") -> Verdict:
    written = f"{'≥' if at_least else '≤'} {bound:,g}{unit}"
    if not found:
        return Verdict(said, written, None, None)
    measured = spread(found)
    return Verdict(said, written, measured, measured.median >= bound if at_least else measured.median <= bound)


def _durable(results: Results) -> Verdict:
    """Beyond one sync, measured on the same disk just before the same turn."""
    mine = results.values(OURS, "pair")
    beyond = [value - results.sync_ms[turn] for turn, value in mine.items()]
    return _judged(f"pair: {OURS} - one sync of this disk", beyond, SLACK_MS, at_least=False, unit=" ms")


def _people(results: Results) -> Verdict:
    minutes = [PEOPLE / value / 60 for value in results.values(OURS, "register").values()]
    limit = Limits().registrations.per_s
    said = (
        f"register: minutes for {PEOPLE:,} people, its limit raised (at {limit:g} a second: {PEOPLE / limit / 60:.0f})"
    )
    return _judged(said, minutes, MINUTES, at_least=False)
