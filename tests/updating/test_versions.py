"""Versions beside each other: whatever is interrupted, the one that ran before still starts (spec/release.md §6)."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from nullabona.machine.disk import DiskFailed
from nullabona.releases.statement import ReleaseFile
from nullabona.updating.handover import successor
from nullabona.updating.versions import InstallStopped, NothingToUndo, TrialFailed, Versions
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


def test_undo_goes_back_to_the_last_and_then_to_what_was_there_before_any(home: Path) -> None:
    """Then there is nothing more to undo, and the newer one can be installed again."""
    versions = Versions(home, QuickTools())
    assert ("1.0", "1.0", None) == (versions.undo(), says(home), versions.last)
    assert (None, None) == (versions.undo(), versions.current)
    with pytest.raises(NothingToUndo):
        versions.undo()
    versions.install("1.1", files("1.1"))
    assert "1.1" == says(home)


def test_where_no_update_was_installed_there_is_nothing_to_undo(tmp_path: Path) -> None:
    """What runs came in another way."""
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
    assert {"1.0", "1.1"} == {path.name for path in (home / "versions").iterdir()}
    assert not (home / "files").exists()


@pytest.mark.parametrize("step", STEPS[:8])
def test_what_is_stopped_before_it_switches_leaves_nothing(home: Path, step: str) -> None:
    """As when the app ends meanwhile: it says so, the version that ran before runs, and it can be installed again."""
    versions = Versions(home, QuickTools(), lambda name: versions.stop() if name == step else None)
    with pytest.raises(InstallStopped):
        versions.install("1.2", files("1.2"))
    assert ("1.1", "1.1") == (says(home), versions.current)
    assert not (home / "versions/1.2").exists()
    assert not (home / "files").exists()
    Versions(home, QuickTools()).install("1.2", files("1.2"))
    assert "1.2" == says(home)


@pytest.mark.parametrize("step", STEPS[8:])
def test_what_has_switched_is_stopped_no_more(home: Path, step: str) -> None:
    """It ends as an installation does."""
    versions = Versions(home, QuickTools(), lambda name: versions.stop() if name == step else None)
    versions.install("1.2", files("1.2"))
    assert ("1.2", "1.1") == (says(home), versions.last)


def test_a_disk_that_is_full_midway_does_not_stay_full(home: Path) -> None:
    """Nothing of the half version is left, and what ran before runs."""

    class Full(QuickTools):
        def install(self, folder: Path, files: Path, wanted: Path) -> None:
            super().install(folder, files, wanted)
            raise OSError(errno.ENOSPC, "no space")

    with pytest.raises(DiskFailed, match="the disk is full"):
        Versions(home, Full()).install("1.2", files("1.2"))
    assert {"1.0", "1.1"} == {path.name for path in (home / "versions").iterdir()}
    assert ("1.1", False) == (says(home), (home / "files").exists())


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
    """Its folder may be half of one: the program that was there before any update runs instead."""
    (home / "versions/1.0/complete").unlink()
    versions = Versions(home, QuickTools())
    assert (None, None) == (versions.undo(), versions.current)


def test_a_program_knows_the_version_that_it_is(home: Path, tmp_path: Path) -> None:
    """By its folder among the complete ones; a folder of this name elsewhere is none."""
    versions = Versions(home, QuickTools())
    assert "1.1" == versions.running_in(home / "current")
    assert "1.0" == versions.running_in(home / "versions/1.0")
    (home / "versions/1.0/complete").unlink()
    (tmp_path / "versions/1.1").mkdir(parents=True)
    (tmp_path / "versions/1.1/complete").touch()
    assert [None, None] == [versions.running_in(home / "versions/1.0"), versions.running_in(tmp_path / "versions/1.1")]


def test_the_first_program_hands_over_to_the_current_version_only(home: Path, tmp_path: Path) -> None:
    """Not one that an update installed, and not to a version that is not complete."""
    first = tmp_path / "usr/lib/nullabona"
    Versions(home, QuickTools(), first="0.9").install("1.2", files("1.2"))
    assert home / "current/bin/nulla" == successor(home, first, "0.9")
    assert [None, None] == [successor(home, home / name, "1.2") for name in ("versions/1.0", "current")]
    (home / "versions/1.2/complete").unlink()
    assert [None, None] == [successor(home, first, "0.9"), successor(tmp_path / "nowhere", first, "0.9")]


def test_nobody_hands_over_to_a_program_in_the_folder_of_another(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`sudo -E nulla` has the HOME of a person, who could have root run anything; for root the way there counts."""
    Versions(home, QuickTools(), first="0.9").install("1.2", files("1.2"))
    owner, look = home.stat().st_uid, Path.stat
    owners: dict[Path, int] = {}

    def owned(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        found = list(look(path, follow_symlinks=follow_symlinks))
        found[stat.ST_UID] = owners.get(path, 0)
        return os.stat_result(found)

    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert successor(home, tmp_path, "0.9") is None
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(Path, "stat", owned)
    for theirs, hands_over in ((Path("/none"), True), (home, False), (tmp_path, False)):
        owners.clear()
        owners[theirs] = 1_000
        assert hands_over == (successor(home, Path("/usr"), "0.9") is not None)


def test_a_first_program_that_was_changed_since_runs_itself(home: Path, tmp_path: Path) -> None:
    """A package that was updated later may be newer than what an update had installed before."""
    Versions(home, QuickTools(), first="0.9").install("1.2", files("1.2"))
    assert [None, None] == [successor(home, tmp_path, version) for version in ("1.3", "0.8")]
