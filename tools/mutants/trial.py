"""One mutant, tried: the tests that run its line, against a private copy of the source, until one of them fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tools.mutants.reach import Reach
from tools.mutants.sites import Change

ROOT: Final = Path(__file__).resolve().parents[2]
SOURCE: Final = ROOT / "src"

Verdict = Literal["caught", "survived", "unreached"]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change of one file (relative to src)."""

    file: str
    change: Change

    def describe(self) -> str:
        """One line: where, what stood there, what stands there now."""
        source = (SOURCE / self.file).read_bytes()
        old = " ".join(source[self.change.start : self.change.end].decode().split())
        return f"{self.file}:{self.change.line}: {self.change.kind}: {old[:70]!r} -> {self.change.new[:70]!r}"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it."""

    mutant: Mutant
    verdict: Verdict
    by: str
    tests: int
    seconds: float


class Bench:
    """A private copy of the source in which one mutant after another is tried. Close it by removing ``folder``."""

    def __init__(self, folder: Path, reach: Reach, most_s: float) -> None:
        self._copy = folder / "src"
        self._temporary = folder / "tmp"
        self._temporary.mkdir(parents=True)
        shutil.copytree(SOURCE, self._copy, ignore=shutil.ignore_patterns("__pycache__"))
        self._reach = reach
        self._most_s = most_s

    def tried(self, mutant: Mutant) -> Tried:
        """Put the mutant in, ask the tests, and take it out again."""
        began = time.monotonic()
        tests = self._chosen(mutant)
        if not tests:
            return Tried(mutant, "unreached", "", 0, 0.0)
        path = self._copy / mutant.file
        before = path.read_bytes()
        path.write_bytes(mutant.change.apply(before))
        try:
            by = self._ask(tests)
        finally:
            path.write_bytes(before)
        return Tried(mutant, "caught" if by else "survived", by, len(tests), time.monotonic() - began)

    def _chosen(self, mutant: Mutant) -> list[str]:
        """The quickest tests first, as many as fit the time that a mutant is given; one at least."""
        chosen: list[str] = []
        spent = 0.0
        for test in self._reach.tests(mutant.file, mutant.change.line):
            spent += self._reach.seconds.get(test, 0.0) + 0.02
            if chosen and spent > self._most_s:
                break
            chosen.append(test)
        return chosen

    def _ask(self, tests: list[str]) -> str:
        """Which test failed; empty if none did. A run that does not end counts as failed: a loop is noticed."""
        paths = os.pathsep.join([str(self._copy), str(ROOT)])
        arguments = self._temporary / "tests"
        arguments.write_text("\n".join(tests))
        command = [
            *(sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--tb=no", "-m", "slow or not slow"),
            *("-p", "no:cacheprovider", "-p", "no:randomly", "--rootdir", str(ROOT), f"@{arguments}"),
        ]
        environment = os.environ | {"PYTHONPATH": paths, "TMPDIR": str(self._temporary), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            ran = subprocess.run(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=60 + 4 * self._most_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return "did not end"
        if ran.returncode == 0:
            return ""
        failed = [line for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
        return failed[0].split(" - ")[0] if failed else f"pytest ended with {ran.returncode}"
