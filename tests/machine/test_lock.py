"""One process holds a folder; a look at who holds it keeps nobody from starting."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from nullabona.machine import lock
from nullabona.machine.lock import FolderInUse, FolderLock, holder_of


def test_a_look_at_the_holder_does_not_keep_a_server_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`holder_of` has the lock at this moment; once it lets go, the start goes on."""
    (tmp_path / "lock").touch()
    looking = os.open(tmp_path / "lock", os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(looking, fcntl.LOCK_SH)
    paused: list[float] = []

    def pause(seconds: float) -> None:
        paused.append(seconds)
        os.close(looking)

    monkeypatch.setattr(lock, "sleep", pause)
    held = FolderLock(tmp_path)
    assert (1, os.getpid()) == (len(paused), holder_of(tmp_path))
    held.close()


def test_a_second_process_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a few tries; the folder is free again once the first one ends."""
    monkeypatch.setattr(lock, "sleep", lambda _: None)
    held = FolderLock(tmp_path)
    with pytest.raises(FolderInUse):
        FolderLock(tmp_path)
    held.close()
    assert holder_of(tmp_path) is None
    FolderLock(tmp_path).close()
