"""``nulla`` as a person or a script meets it: a process, its output, its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, "-c", "from nullabona.cli import main; main()")
PATIENCE_S = 40


@dataclass(frozen=True, slots=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Its JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def row(self) -> dict[str, Any]:
        """Its only JSON line."""
        (row,) = self.rows
        return row


def environment(**more: str) -> dict[str, str]:
    """No person's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NULLA_")}
    return kept | {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"} | more


def nulla(*arguments: str, profile: Path | None = None, stdin: str = "", **more: str) -> Result:
    """Run one command to its end."""
    where = [] if profile is None else ["--profile", str(profile)]
    done = subprocess.run(
        [*COMMAND, *where, *arguments],
        check=False,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env=environment(**more),
    )
    return Result(done.returncode, done.stdout, done.stderr)


def started(*arguments: str, profile: Path) -> subprocess.Popen[str]:
    """A command that goes on by itself."""
    return subprocess.Popen(
        [*COMMAND, "--profile", str(profile), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
