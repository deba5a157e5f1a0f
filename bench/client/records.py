"""What is kept of a run: every report of every bench, on which machine it came about, and what did not come about."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeVar

import msgspec

from bench.client.reports import AnyReport, Report

DOCS: Final = Path(__file__).parents[2] / "docs"
RESULTS: Final = DOCS / "client" / "results.json"
"""Of the run that docs/client.md tells of."""

R = TypeVar("R", bound=Report)


class Run(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One bench, once, in a process of its own."""

    bench: str
    turn: int
    arguments: list[str]
    date: str
    machine: str
    load: float
    """The machine's load average over a minute, before."""
    others_cores: float
    """What everything else on the machine used meanwhile."""
    took_s: float
    report: AnyReport


class Missing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A run that gave no figures, or gave them and failed; ``why`` in words."""

    bench: str
    turn: int
    arguments: list[str]
    why: str


class Results(msgspec.Struct, forbid_unknown_fields=True):
    """All there is."""

    runs: list[Run] = []
    missing: list[Missing] = []

    def reports(self, kind: type[R]) -> list[R]:
        """Those of one bench, turn by turn."""
        return [run.report for run in self.runs if isinstance(run.report, kind)]

    def without(self, benches: list[str]) -> Results:
        """What is left when these are measured again."""
        return Results(
            [run for run in self.runs if run.bench not in benches],
            [missing for missing in self.missing if missing.bench not in benches],
        )


def write(results: Results, path: Path) -> None:
    """Keep them as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")


def read(path: Path) -> Results:
    """What was kept; nothing if nothing was."""
    return msgspec.json.decode(path.read_bytes(), type=Results) if path.exists() else Results()
