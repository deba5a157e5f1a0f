"""Versions beside each other: whatever is interrupted, the one that ran before still starts (spec/release.md §6)."""

from __future__ import annotations

import os
import stat
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from nullabona.releases.statement import ReleaseFile
from nullabona.updating.versions import NothingToUndo, TrialFailed, Versions
from tests.updating.places import QuickTools, script

STEPS = ("clear", "files", "make", "install", "try", "complete", "keep-last", "switch", "prune", "end")


def files(version: str, code: int = 0) -> dict[ReleaseFile, bytes]:
    """The one wheel of a version."""
    data = script(version, code)
    name = f"nullabona-{version}-py3-none-any.whl"
    return {ReleaseFile(name, sha256(data).hexdigest(), len(data)): data}


def says(home: Path) -> str:
    """What the program that starts now says of itself."""
    return subprocess.run(
        [home / "current/bin/nulla", "--version"], capture_output=True, text=True, check=True
    ).stdout.split()[-1]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where 1.0 and then 1.1 were installed."""
    versions = Versions(tmp_path / "home", QuickTools())
    versions.install("1.0", files("1.0"))
    versions.install("1.1", files("1.1"))
    return tmp_path / "home"


def test_a_new_version_runs_and_the_last_one_is_kept(home: Path) -> None:
    """And nothing else: not the one before that, no files."""
    versions = Versions(home, QuickTools())
    versions.install("1.2", files("1.2"), [["room", "list"]])
    assert ("1.2", "1.2", "1.1") == (says(home), versions.current, versions.last)
    assert {"1.1", "1.2"} == {path.name for path in (home / "versions").iterdir()}
    assert {"versions", "current", "last"} == {path.name for path in home.iterdir()}
    assert {0o700} == {stat.S_IMODE(path.stat().st_mode) for path in (home, home / "versions")}


def test_undo_goes_back_once(home: Path) -> None:
    """Then there is nothing more to undo, and the newer one can be installed again."""
    versions = Versions(home, QuickTools())
    assert ("1.0", "1.0", None) == (versions.undo(), says(home), versions.last)
    with pytest.raises(NothingToUndo):
        versions.undo()
    versions.install("1.1", files("1.1"))
    assert ("1.1", "1.0") == (says(home), versions.last)


def test_the_first_version_has_none_before_it(tmp_path: Path) -> None:
    """Nothing runs yet, and nothing can be undone."""
    versions = Versions(tmp_path / "home", QuickTools())
    assert (None, None) == (versions.current, versions.last)
    with pytest.raises(NothingToUndo):
        versions.undo()


@pytest.mark.parametrize(("version", "code"), [("6.6", 0), ("1.2", 3)])
def test_what_fails_its_trial_never_runs(home: Path, version: str, code: int) -> None:
    """A program that says another version of itself, or cannot open a profile."""
    versions = Versions(home, QuickTools())
    with pytest.raises(TrialFailed):
        versions.install("1.2", files(version, code), [["room", "list"]])
    assert ("1.1", "1.0") == (says(home), versions.last)


@pytest.mark.parametrize("step", STEPS)
def test_killed_between_any_two_steps_a_version_starts(home: Path, step: str) -> None:
    """The old one until the switch, the new one after it; and the next installation works."""

    def kill(name: str) -> None:
        if name == step:
            os._exit(9)

    child = os.fork()
    if child == 0:
        Versions(home, QuickTools(), kill).install("1.2", files("1.2"))
        os._exit(0)
    assert 9 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    switched = step in STEPS[STEPS.index("switch") + 1 :]
    versions = Versions(home, QuickTools())
    assert ("1.2" if switched else "1.1") == says(home)
    if not switched and step != "switch":
        assert "1.0" == versions.last
    versions.install("1.3", files("1.3"))
    assert ("1.3", "1.2" if switched else "1.1") == (says(home), versions.last)


def test_a_version_that_was_not_finished_is_not_gone_back_to(home: Path) -> None:
    """Its folder may be half of one."""
    (home / "versions/1.0/complete").unlink()
    with pytest.raises(NothingToUndo):
        Versions(home, QuickTools()).undo()
    assert "1.1" == says(home)
