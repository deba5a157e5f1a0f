"""Backups by themselves, with commands: planned, made, asked after, checked and restored."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Pair
from tests.cli.shell import nulla

pytestmark = [pytest.mark.timeout(240), pytest.mark.slow]  # a process for every command


def test_a_planned_backup_is_made_and_restored(pair: Pair, tmp_path: Path) -> None:
    """Nagged about before, good afterwards; from the folder and from the server with the words alone."""
    drive, words = tmp_path / "drive", nulla("account", "phrase", profile=pair.mina).out
    drive.mkdir()
    before = nulla("backup", "status", "--lang", "ko", profile=pair.mina)
    assert (0, True) == (before.code, "자동으로 백업하지 않아요" in before.err)
    for place in (str(drive), "server"):
        assert 0 == nulla("backup", "schedule", place, "--every", "weekly", profile=pair.mina).code
    made = nulla("backup", "now", "--json", profile=pair.mina)
    assert (0, [str(drive), "server"]) == (made.code, [row["place"] for row in made.rows])
    status = nulla("backup", "status", "--json", profile=pair.mina).row
    assert ("good", [7, 7], ["", ""]) == (
        status["standing"],
        [place["every_days"] for place in status["places"]],
        [place["error"] for place in status["places"]],
    )
    checked = nulla("backup", "check", str(drive), "--words", "--json", stdin=words)
    assert (0, pair.mina_handle) == (checked.code, checked.row["handle"])
    assert 0 == nulla("backup", "check", "server", profile=pair.mina).code
    shutil.rmtree(pair.mina)
    for source in ([str(drive)], ["--server", pair.mina_handle]):
        restored = nulla("restore", *source, "--unprotected", "--json", profile=pair.mina, stdin=words)
        assert (0, pair.mina_handle, 1) == (restored.code, restored.row["handle"], restored.row["counts"]["rooms"])
        shutil.rmtree(pair.mina)


@pytest.mark.parametrize("damaged", [False, True])
def test_the_backup_before_the_newest_is_restored(pair: Pair, tmp_path: Path, *, damaged: bool) -> None:
    """From a folder and from the server, by `--earlier`; also where a failing disk ruined the newest backup."""
    drive, words = tmp_path / "drive", nulla("account", "phrase", profile=pair.mina).out
    drive.mkdir()
    said = ["before both", "between them", "after both"]
    for place in (str(drive), "server"):
        assert 0 == nulla("backup", "schedule", place, profile=pair.mina).code
    files: list[set[Path]] = []
    for text in said:
        assert 0 == nulla("send", pair.room, text, profile=pair.mina).code
        if text != said[-1]:
            made = nulla("backup", "now", "--json", profile=pair.mina)
            assert (0, 2) == (made.code, len(made.rows)), made.err
            files.append(set(drive.rglob("chunks/*/*")))
    shutil.rmtree(pair.mina)
    for path in files[1] - files[0] if damaged else ():
        path.write_bytes(bytes(path.stat().st_size))
    for source in ([str(drive)], ["--server", pair.mina_handle]):
        for more, there in (((), said[:2]), (("--earlier",), said[:1])):
            restored = nulla("restore", *source, *more, "--unprotected", "--json", profile=pair.mina, stdin=words)
            if damaged and not more and source == [str(drive)]:
                assert (1, False) == (restored.code, pair.mina.exists()), restored.err
                continue
            assert (0, pair.mina_handle) == (restored.code, restored.row["handle"]), restored.err
            read = nulla("read", pair.room, "--json", profile=pair.mina)
            assert there == [row["text"] for row in read.rows if row.get("text") in said]
            shutil.rmtree(pair.mina)


def test_a_missing_drive_is_said_with_its_reason(pair: Pair, tmp_path: Path) -> None:
    """By `now` as an error, by `status` as what happened last; other words open nothing, and a stopped plan is gone."""
    drive = tmp_path / "drive"
    drive.mkdir()
    nulla("backup", "schedule", str(drive), profile=pair.mina)
    assert 0 == nulla("backup", "now", str(drive), profile=pair.mina).code
    other = nulla("backup", "check", str(drive), "--json", profile=pair.junho)
    assert (1, "backup-missing") == (other.code, json.loads(other.err)["error"])
    drive.rename(tmp_path / "away")
    drive.mkdir()
    failed = nulla("backup", "now", "--json", profile=pair.mina)
    assert (1, "backup-place-gone", []) == (failed.code, json.loads(failed.err)["error"], list(drive.iterdir()))
    status = nulla("backup", "status", profile=pair.mina)
    assert "The backup folder is not there" in status.out
    assert 0 == nulla("backup", "stop", str(drive), profile=pair.mina).code
    assert "none" == nulla("backup", "status", "--json", profile=pair.mina).row["standing"]
