"""Starts a drill as a person does, and looks for what it leaves behind."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from nullabona.processes.program import nulla

ROOT = Path(__file__).parents[2]


def started(folder: Path, *words: str) -> subprocess.Popen[str]:
    """The command, in a session of its own, whose files are below ``folder``."""
    return subprocess.Popen(
        nulla("drill", *words, "--json", "--lang", "en"), cwd=ROOT, env=os.environ | {"TMPDIR": str(folder)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def processes_of(session: int, folder: Path) -> list[str]:
    """What still runs of a session, and what it started in others: that names the folder on its command line."""
    listed = subprocess.run(["ps", "-eo", "sid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [row for row in listed.splitlines() if "<defunct>" not in row]  # those have ended, and nobody asked how
    return [row for row in rows if row.split()[0] == str(session) or str(folder) in row]


def wait_until_said(process: subprocess.Popen[str], words: str) -> None:
    """Returns once it has said this on stderr."""
    assert process.stderr is not None
    said: list[str] = []
    while words not in "".join(said):
        said.append(process.stderr.readline())
        assert said[-1], said
