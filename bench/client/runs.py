"""Runs benches one after another, each in a process of its own, and says who else used the machine meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from bench.client.plan import Step
from bench.client.records import Missing, Results, Run
from bench.client.reports import AnyReport
from bench.speed.machine import busy_s, describe

ROOT: Final = Path(__file__).parents[2]


def measure(
    steps: Iterable[Step], results: Results, tell: Callable[[str], None], keep: Callable[[Results], None]
) -> None:
    """Run every step and put what came of it into ``results``, which are kept after each. One that fails is noted.

    So is one that was not run, if this ends before: what is kept never looks whole when it is not.
    """
    chosen = list(steps)
    results.missing += map(_not_run, chosen)
    for step in chosen:
        words = " ".join((step.bench, *step.arguments))
        tell(f"{words}: turn {step.turn + 1}")
        run, missing = _run(step)
        results.missing.remove(_not_run(step))
        if run is not None:
            results.runs.append(run)
            tell(f"{words}: took {run.took_s:.0f} s, others used {run.others_cores:.2f} cores")
        if missing is not None:
            results.missing.append(missing)
            tell(f"{words}: {missing.why}")
        keep(results)


def _not_run(step: Step) -> Missing:
    return Missing(step.bench, step.turn, list(step.arguments), "it was not run")


def _run(step: Step) -> tuple[Run | None, Missing | None]:
    """What a bench printed, and that it failed; it may do both, as where a limit was exceeded."""
    date = datetime.now(UTC).strftime("%Y-%m-%d")
    load, busy, own, begun = os.getloadavg()[0], busy_s(), _children_s(), time.perf_counter()
    command = [sys.executable, "-m", f"bench.{step.bench}", *step.arguments, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    took = time.perf_counter() - begun
    others = max(0.0, (busy_s() - busy) - (_children_s() - own)) / took
    report, arguments, missing = read_report(done.stdout), list(step.arguments), None
    if report is None or done.returncode:
        why = last_line(done.stderr) or f"it ended with {done.returncode} and said nothing"
        missing = Missing(step.bench, step.turn, arguments, f"failed: {why}")
    if report is None:
        return None, missing
    return Run(step.bench, step.turn, arguments, date, describe(), load, others, took, report), missing


def read_report(printed: str) -> AnyReport | None:
    """What a bench printed; None if that is no report."""
    try:
        report: AnyReport = msgspec.json.decode(printed, type=AnyReport)
    except msgspec.DecodeError:
        return None
    return report


def last_line(text: str) -> str:
    """The last that was said, as of an exception its name and sentence; empty if nothing was."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _children_s() -> float:
    """CPU seconds of every process that was started from here and has ended, and of those that they started."""
    times = os.times()
    return times.children_user + times.children_system
