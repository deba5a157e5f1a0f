"""Mutants, tried: the tests that run their lines are asked until one fails, quickest first.

Most are tried in forks of one process (`forked`); what changes the import of a module, in a process of its own that
reads a private copy of the source.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tools.mutants.forked import JOBS, Answer, Job
from tools.mutants.reach import Reach
from tools.mutants.sites import Change

ROOT: Final = Path(__file__).resolve().parents[2]
SOURCE: Final = ROOT / "src"
_PYTEST: Final = (sys.executable, "-m", "pytest", "-q", "--no-header", "--tb=no", "-p", "no:randomly", "-m", "")

Verdict = Literal["caught", "survived", "unreached", "passed over"]


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
    """What came of one."""

    mutant: Mutant
    verdict: Verdict
    by: str
    tests: int


class Bench:
    """Tries mutants, one after the other. What it needs lies in ``folder``, which the caller removes.

    ``inside``: those that change the import of a module are passed over.
    """

    def __init__(self, folder: Path, reach: Reach, most_s: float, *, inside: bool = False) -> None:
        self._folder = folder
        self._reach = reach
        self._most_s = most_s
        self._inside = inside
        self._copy = folder / "src"
        (folder / "tmp").mkdir(parents=True)
        shutil.copytree(SOURCE, self._copy, ignore=shutil.ignore_patterns("__pycache__"))

    def tried(self, mutants: list[Mutant]) -> Iterator[Tried]:
        """What came of each, as it comes."""
        chosen = [(mutant, self._chosen(mutant)) for mutant in mutants]
        asked = [(mutant, tests) for mutant, tests in chosen if tests]
        yield from (Tried(mutant, "unreached", "", 0) for mutant, tests in chosen if not tests)
        answered = 0
        for answer in self._forked(asked):
            mutant, tests = asked[answer["job"]]
            answered += 1
            if answer["verdict"] == "elsewhere":
                yield Tried(mutant, "passed over", "", 0) if self._inside else self._alone(mutant, tests)
            else:
                verdict: Verdict = "caught" if answer["verdict"] == "caught" else "survived"
                yield Tried(mutant, verdict, answer["by"], len(tests))
        if answered < len(asked):
            raise SystemExit("the process that tries mutants ended early\nhint: run its tests once as they are")

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

    def _forked(self, asked: list[tuple[Mutant, list[str]]]) -> Iterator[Answer]:
        if not asked:
            return
        jobs: list[Job] = [
            {
                "file": mutant.file,
                "change": [mutant.change.line, mutant.change.start, mutant.change.end, mutant.change.new, "change"],
                "tests": tests,
                "most_s": 30 + 4 * self._most_s,
            }
            for mutant, tests in asked
        ]
        path = self._folder / "jobs.json"
        path.write_text(json.dumps(jobs))
        arguments = self._folder / "collected"
        arguments.write_text("\n".join(sorted({test for _, tests in asked for test in tests})))
        environment = self._environment(SOURCE) | {JOBS: str(path), "NULLABONA_SOURCE": str(SOURCE)}
        reading, writing = os.pipe()
        command = ["sh", "-c", f'exec "$@" 3>&{writing}', "sh", *_PYTEST, "-p", "tools.mutants.forked", f"@{arguments}"]
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[writing],
        ):
            os.close(writing)
            with os.fdopen(reading) as answers:
                yield from (json.loads(line) for line in answers)

    def _alone(self, mutant: Mutant, tests: list[str]) -> Tried:
        """In a process of its own, with the private copy changed and put right again."""
        path = self._copy / mutant.file
        before = path.read_bytes()
        path.write_bytes(mutant.change.apply(before))
        arguments = self._folder / "tests"
        arguments.write_text("\n".join(tests))
        try:
            ran = subprocess.run(
                [*_PYTEST, "-x", f"@{arguments}"],
                cwd=ROOT,
                env=self._environment(self._copy),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=60 + 4 * self._most_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Tried(mutant, "caught", "did not end", len(tests))
        finally:
            path.write_bytes(before)
        failed = [line for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
        return Tried(mutant, "caught" if ran.returncode else "survived", "".join(failed[:1]), len(tests))

    def _environment(self, source: Path) -> dict[str, str]:
        return os.environ | {
            "PYTHONPATH": os.pathsep.join([str(source), str(ROOT)]),
            "TMPDIR": str(self._folder / "tmp"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
