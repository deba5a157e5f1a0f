"""``nulla`` as a person or a script meets it: a process, its output, its exit code."""

from __future__ import annotations

import os
from pathlib import Path

from nullabona.processes.program import Ended, Program, run
from nullabona.processes.program import nulla as command

COMMAND = command()
PATIENCE_S = 40


def environment(**more: str) -> dict[str, str]:
    """No person's settings, and no person's desktop."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NULLA_", "DBUS_"))}
    return kept | {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"} | more


def nulla(*arguments: str, profile: Path | None = None, stdin: str = "", **more: str) -> Ended:
    """Run one command to its end."""
    where = [] if profile is None else ["--profile", str(profile)]
    return run((*COMMAND, *where, *arguments), stdin=stdin, env=environment(**more), patience_s=PATIENCE_S)


def started(*arguments: str, profile: Path) -> Program:
    """A command that goes on by itself."""
    return Program((*COMMAND, "--profile", str(profile), *arguments), env=environment())
