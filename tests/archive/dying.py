"""Processes that make a backup and are killed over it, each at a later place than the one before; run as a module.

``python -m tests.archive.dying FOLDER`` makes a backup ``FOLDER/earlier`` and copies it to ``FOLDER/0/backup``,
``FOLDER/1/backup``, … Each of those is then replaced by a process that SIGKILL ends at its first step towards the disk,
in the middle of it, at its second, and so on, until one comes to its end. Prints how many were killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Final, Self, cast

import pytest

from nullabona.client.archive import backup as backups
from nullabona.client.archive import words_key
from nullabona.client.archive.stream import encode_stream
from nullabona.client.keys import AccountRoot
from nullabona.client.store import SqliteStore
from tests.archive.filled import NOW, Life, fill

WORDS: Final = words_key(AccountRoot(bytes(range(32))))


class Fuse:
    """Ends this process when it has burnt down."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def burn(self) -> None:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1

    def around(self, step: Callable[..., Any]) -> Callable[..., Any]:
        """The same step, which the process may not live to begin, or to come back from."""

        def stepped(*args: object, **named: object) -> object:
            self.burn()
            done = step(*args, **named)
            self.burn()
            return done

        return stepped


class WrittenFile:
    """A file of which every write may be the last, or remain half done."""

    def __init__(self, file: BinaryIO, fuse: Fuse) -> None:
        self._file = file
        self._fuse = fuse

    def write(self, data: bytes, /) -> int:
        half = len(data) // 2
        for part in (data[:half], data[half:]):
            self._fuse.burn()
            self._file.write(part)
            self._file.flush()
        return len(data)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - stands for any method of the file
        return getattr(self._file, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def back_up(life: Life, path: Path) -> None:
    """Make a whole backup of a profile."""
    records = backups.backup_records(life.store, life.account, NOW, None)
    backups.write_backup(path, encode_stream(records), WORDS)


def _burning(life: Life, path: Path, fuse: Fuse) -> None:
    """Make the backup, if the fuse lasts."""
    fdopen = os.fdopen

    def opened(fd: int, mode: str) -> BinaryIO:
        return cast("BinaryIO", WrittenFile(cast("BinaryIO", fdopen(fd, mode)), fuse))

    with pytest.MonkeyPatch.context() as patch:
        for place, name in ((os, "open"), (os, "fsync"), (backups, "check_backup"), (Path, "replace")):
            patch.setattr(place, name, fuse.around(getattr(place, name)))
        patch.setattr(os, "fdopen", opened)
        back_up(life, path)


def ended(work: Callable[[], None]) -> bool:
    """Whether a process that does ``work`` was killed over it."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert signal.SIGKILL == os.WTERMSIG(status)
        return True
    assert 0 == os.WEXITSTATUS(status)
    return False


def main(folder: Path) -> None:
    """As the module says."""
    life = fill(SqliteStore.testing_in_memory(), 3, messages=400)
    back_up(life, folder / "earlier")
    for steps in count():
        path = folder / str(steps) / "backup"
        path.parent.mkdir()
        shutil.copy(folder / "earlier", path)
        if not ended(lambda path=path, steps=steps: _burning(life, path, Fuse(steps))):  # type: ignore[misc]
            sys.stdout.write(f"{steps}\n")
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
