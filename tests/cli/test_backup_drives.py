"""Backups to real file systems that are mounted, taken away and filled up, in a mount namespace of the test's own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.cli.shell import COMMAND, environment, nulla

UNSHARE: Final = ("unshare", "--map-root-user", "--mount")
STORY: Final = """
set -u
drive=$1 real=$2 small=$3; shift 3
nulla() { "$@" >out 2>err; echo "$? $(sed -n 's/.*\\[\\(backup[a-z-]*\\)\\].*/\\1/p' err)"; }
mount --bind "$real" "$drive"
nulla "$@" backup schedule "$drive"
nulla "$@" backup now "$drive"
umount "$drive"
nulla "$@" backup now "$drive"
ls -A "$drive"
mount --bind "$real" "$drive"
nulla "$@" backup now "$drive"
mount -t tmpfs -o size=600k tmpfs "$small"
nulla "$@" backup schedule "$small"
nulla "$@" backup now "$small"
head -c 1m /dev/zero >"$small/other" 2>/dev/null
nulla "$@" backup now "$small"
nulla "$@" backup check "$small"
rm "$small/other"
nulla "$@" backup now "$small"
mount -o remount,ro "$small"
nulla "$@" backup now "$small"
nulla "$@" backup check "$small"
"""


def may_mount() -> bool:
    """Whether this machine lets a test mount something for itself."""
    if shutil.which("unshare") is None:
        return False
    return (
        subprocess.run([*UNSHARE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], check=False, capture_output=True).returncode
        == 0
    )


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.skipif(not may_mount(), reason="this machine lets nobody mount file systems in a namespace of their own")
def test_a_drive_comes_and_goes_and_fills_up(tmp_path: Path) -> None:
    """Its mount point stays empty while it is away; when it is full or read-only, the earlier backup is whole."""
    profile = tmp_path / "mina"
    made = nulla("account", "create", "mina@127.0.0.1:9", "--unprotected", "--no-wait", profile=profile)
    assert 0 == made.code, made.err
    folders = [tmp_path / name for name in ("drive", "real", "small")]
    for folder in folders:
        folder.mkdir()
    command = (*UNSHARE, "sh", "-c", STORY, "sh", *map(str, folders), *COMMAND, "--profile", str(profile))
    told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path, env=environment()).stdout
    away, full, unwritable = "1 backup-place-gone", "1 backup-place-full", "1 backup-unwritable"
    assert ["0", "0", away, "0", "0", "0", full, "0", "0", unwritable, "0"] == [
        each.strip() for each in told.splitlines()
    ]
