"""The program that was installed first becomes the version that an update switched to, but never for `nulla update`."""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path

import pytest

from nullabona.cli import handover
from nullabona.cli.root import run


class Become(Exception):
    """Another program runs now."""


@pytest.fixture
def current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A version that an update installed over this one, and a start of this one as a package has it."""
    version = tmp_path / "versions/9.9"
    version.mkdir(parents=True)
    (version / "complete").write_text(metadata.version("nullabona"))
    (tmp_path / "current").symlink_to(version)
    monkeypatch.setenv("NULLA_UPDATES", str(tmp_path))
    monkeypatch.setattr(handover, "_is_clone", lambda: False)

    def become(program: Path, words: list[str]) -> None:
        raise Become(program, words)

    monkeypatch.setattr(os, "execv", become)
    return tmp_path / "current/bin/nulla"


def test_a_command_goes_on_in_the_current_version(current: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every word that was typed."""
    monkeypatch.setattr("sys.argv", ["nulla", "--lang", "ko", "room", "list"])
    with pytest.raises(Become) as became:
        handover.hand_over()
    assert (current, [str(current), "--lang", "ko", "room", "list"]) == became.value.args


def test_an_update_is_undone_by_the_first_program(current: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """However broken the version is that starts, and if nothing is known of the log any more."""
    with pytest.raises(SystemExit) as ended:
        run(["--lang", "en", "update", "undo"])
    assert (0, True) == (ended.value.code, "Went back to" in capsys.readouterr().err)
    assert not current.parent.parent.is_symlink()


def test_a_version_that_does_not_start_is_said(
    current: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As after an upgrade of the system's Python. The older program does not silently run instead."""

    def gone(_program: Path, _words: list[str]) -> None:
        raise FileNotFoundError(2, "no interpreter")

    monkeypatch.setattr(os, "execv", gone)
    with pytest.raises(SystemExit) as ended:
        run(["--lang", "en", "room", "list"])
    said = capsys.readouterr().err
    assert (1, True, True) == (ended.value.code, "update-does-not-start" in said, "nulla update undo" in said)


def test_a_user_without_a_home_folder_runs_what_is_there(current: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a server's user in a container: no command may fail for want of a folder that nobody made."""

    def homeless() -> Path:
        raise RuntimeError("could not determine home directory")

    monkeypatch.delenv("NULLA_UPDATES")
    monkeypatch.setattr(Path, "home", homeless)
    handover.hand_over()
    assert current.parent.parent.is_symlink()


def test_a_clone_runs_itself(current: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its developer wants to see what they wrote."""
    monkeypatch.undo()
    monkeypatch.setenv("NULLA_UPDATES", str(current.parents[2]))
    handover.hand_over()
