"""A version from which another process of this person runs stays on the disk until that process has ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from nullabona.updating.holding import is_held
from nullabona.updating.versions import VersionRuns, Versions
from tests.updating.places import QuickTools
from tests.updating.test_versions import files

RUNS: Final = """
import sys
sys.prefix = sys.argv[1]
from nullabona.cli.root import run
try:
    run(["update", "status"])
except SystemExit:
    print("runs", flush=True)
sys.stdin.read()
"""
"""A command of the version in this folder. It goes on until its input ends, as an app does until it is closed."""


@contextmanager
def running(version: Path, home: Path) -> Iterator[None]:
    """Another process that runs from ``version``."""
    command, environment = [sys.executable, "-c", RUNS, str(version)], os.environ | {"NULLA_UPDATES": str(home)}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        assert "runs\n" == process.stdout.readline()
        try:
            yield
        finally:
            process.kill()  # it has no moment to let go of anything


def kept(home: Path) -> set[str]:
    """The versions on the disk."""
    return {path.name for path in (home / "versions").iterdir()}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where 1.0 was installed."""
    Versions(tmp_path / "home", QuickTools()).install("1.0", files("1.0"))
    return tmp_path / "home"


def test_what_another_process_runs_is_not_removed(home: Path, tmp_path: Path) -> None:
    """However many versions come meanwhile; once it has ended, the next installation removes it."""
    with running(home / "current", tmp_path):
        for version in ("1.1", "1.2", "1.3"):
            Versions(home, QuickTools()).install(version, files(version))
        assert {"1.0", "1.2", "1.3"} == kept(home)
    Versions(home, QuickTools()).install("1.4", files("1.4"))
    assert {"1.3", "1.4"} == kept(home)


def test_what_a_process_runs_is_not_installed_over(home: Path, tmp_path: Path) -> None:
    """As after undo, while the app of the newer version still runs; nothing of that version is touched."""
    Versions(home, QuickTools()).install("1.1", files("1.1"))
    Versions(home, QuickTools()).undo()
    with running(home / "versions/1.1", tmp_path):
        with pytest.raises(VersionRuns):
            Versions(home, QuickTools()).install("1.1", files("1.1"))
        assert (home / "versions/1.1/complete").exists()
    Versions(home, QuickTools()).install("1.1", files("1.1"))
    assert "1.1" == Versions(home, QuickTools()).current


def test_what_came_in_another_way_is_not_held(home: Path, tmp_path: Path) -> None:
    """A package or a clone: no update removes it."""
    with running(tmp_path, home):
        assert not is_held(home / "versions/1.0")
    assert not is_held(home / "versions/9.9")
