"""Runs pytest as `make test` does: with a seed that is told, and a second look at few failures.

Several thousand tests here start processes and wait for them, more at once than there are cores. One that fails only
because others take its time says nothing about a change. So tests that failed in up to `FEW` files run once more, one
after another, with nothing beside them and with the same seed: files and not tests, since a drill that is too slow
fails all tests that look at it. The run fails if one of them fails again. If all pass, each is named at the end: it is
a fault of the test, to be mended.

Failures in more files, or anything else that pytest answers than that tests failed, fail the run at once.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

FEW: Final = 3
"""Failures in so many files get a second look."""
FAILED: Final = 1
"""What pytest answers if it ran all tests and some failed."""
REMEMBERED: Final = Path(".cache/pytest/v/cache/lastfailed")


def main(arguments: Sequence[str], remembered: Path = REMEMBERED) -> int:
    """Run pytest with ``arguments``; the exit code is pytest's."""
    seed = f"--randomly-seed={random.SystemRandom().getrandbits(32)}"
    remembered.unlink(missing_ok=True)
    code = _pytest(*arguments, seed)
    if not code:
        return 0
    print(f"To play this run's examples again: pytest {seed}", flush=True)
    failed = _failed(remembered)
    if code != FAILED or not 0 < len({name.partition("::")[0] for name in failed}) <= FEW:
        return code
    print(f"{_tests(failed)} failed beside others. Once more, one after another:", flush=True)
    if again := _pytest("-q", "-n", "0", seed, *failed):
        return again
    print("FAILED BESIDE OTHERS, and passed alone. Each of these tests needs mending:")
    print(*(f"  {name}" for name in failed), sep="\n", flush=True)
    return 0


def _pytest(*arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


def _failed(remembered: Path) -> list[str]:
    """The tests that failed, by what pytest notes of them. A file that could not be read counts as a test."""
    try:
        return sorted(json.loads(remembered.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return []


def _tests(failed: Sequence[str]) -> str:
    return "1 test" if len(failed) == 1 else f"{len(failed)} tests"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
