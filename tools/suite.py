"""Runs pytest as `make test` does: with a seed that is told, and a second look at few failures.

Several thousand tests here start processes and wait for them, more at once than there are cores. One that fails only
because others take its time says nothing about a change. So tests that failed in up to `FEW` files run once more, one
after another, with nothing beside them and with the same seed: files and not tests, since a drill that is too slow
fails all tests that look at it. The run passes if each of them passes now, and is none that is skipped; each is named
at the end, since it is a fault of the test, to be mended.

Failures in more files fail the run at once, and so does a process that ended: what it was to run may not have run.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

FEW: Final = 3
"""Failures in so many files get a second look."""
FAILED: Final = 1
"""What pytest answers if it ran all tests and some failed."""
CACHE: Final = Path(".cache/pytest")
_CRASHED: Final = "crashed while running"
"""What xdist says of the test that a worker ended with."""


@dataclass(frozen=True, slots=True)
class Report:
    """What pytest wrote of a run. ``failed``: tests that failed, or whose fixtures did."""

    tests: int
    failed: int
    passed: int
    crashed: bool


def main(arguments: Sequence[str]) -> int:
    """Run pytest with ``arguments``; the exit code is pytest's."""
    seed = f"--randomly-seed={random.SystemRandom().getrandbits(32)}"
    remembered = CACHE / "v/cache/lastfailed"
    remembered.unlink(missing_ok=True)
    code, first = _pytest(*arguments, seed)
    if not code:
        return 0 if first is not None else FAILED
    print(f"To repeat this run's order, and what is drawn from `random`: pytest {seed}", flush=True)
    failed = _failed(remembered)
    if code != FAILED or first is None or not _is_few(failed, first):
        return code
    print(f"{_tests(failed)} failed beside others. Once more, one after another:", flush=True)
    again, second = _pytest("-q", "-n", "0", seed, *failed)
    if again or second != Report(len(failed), failed=0, passed=len(failed), crashed=False):
        return again or FAILED
    print("FAILED BESIDE OTHERS, and passed alone. Each of these tests needs mending:")
    print(*(f"  {name}" for name in failed), sep="\n", flush=True)
    return 0


def _is_few(failed: Sequence[str], first: Report) -> bool:
    """Whether these get a second look: few, and all that failed."""
    files = {name.partition("::")[0] for name in failed}
    return 0 < len(files) <= FEW and len(failed) == first.failed and not first.crashed


def _pytest(*arguments: str) -> tuple[int, Report | None]:
    """The exit code, and the report if pytest came to its end."""
    path = CACHE / "report.xml"
    path.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", f"--junitxml={path}", *arguments]
    code = subprocess.run(command, check=False).returncode
    return code, _report(path) if path.exists() else None


def _report(path: Path) -> Report:
    cases = list(ET.parse(path).iter("testcase"))  # noqa: S314 - pytest wrote it just now
    bad = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    skipped = [case for case in cases if case.find("skipped") is not None]
    told = (text for case in bad for part in case for text in (part.get("message", ""), part.text or ""))
    return Report(len(cases), len(bad), len(cases) - len(bad) - len(skipped), any(_CRASHED in text for text in told))


def _failed(remembered: Path) -> list[str]:
    """The tests that failed, by what pytest notes of them."""
    try:
        return sorted(json.loads(remembered.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return []


def _tests(failed: Sequence[str]) -> str:
    return "1 test" if len(failed) == 1 else f"{len(failed)} tests"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
