"""A file that is written beside its place and put there when it is whole (spec/archive.md §5).

A process that is killed over it leaves the draft, never a part of a file in the place itself; the next run for the same
place sweeps that away. A draft that is still being written is locked, by the system, so that nobody else sweeps it.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from nullabona.client.archive.errors import BackupUnwritable
from nullabona.system.files import create_private, replace, sync_folder
from nullabona.system.locks import lock

_RANDOM: Final = 8


@contextmanager
def draft_of(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new private file beside ``path``, gone afterwards unless it was put in its place with `finish`.

    What earlier ones for the same place left is swept away first. Raises `BackupUnwritable` for any `OSError`.
    """
    _sweep(path)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(_RANDOM)}.new")
    try:
        fd = create_private(draft)
        try:
            with os.fdopen(fd, "wb") as out:
                with suppress(OSError):  # where there are no locks, nothing is swept either
                    _hold(fd)
                yield draft, out
        except BaseException:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise BackupUnwritable("the backup cannot be written there") from error


def finish(draft: Path, path: Path) -> None:
    """Put the draft, which is on the disk, in its place; on the disk as well when this returns. Raises `OSError`."""
    replace(draft, path)
    sync_folder(path.parent)


def _sweep(path: Path) -> None:
    """Remove drafts for this place that nobody writes any more. What cannot be removed stays."""
    name = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{{2 * _RANDOM}}}\.new")
    with suppress(OSError):
        for entry in list(os.scandir(path.parent)):
            if name.fullmatch(entry.name) and stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
                _remove_unlocked(path.with_name(entry.name))


if sys.platform == "win32":

    def _hold(fd: int) -> None:
        """Nothing to do: a file that is open cannot be removed there, and a lock would cover its first byte."""

    def _remove_unlocked(draft: Path) -> None:
        with suppress(OSError):
            draft.unlink()

else:
    _hold = lock

    def _remove_unlocked(draft: Path) -> None:
        with suppress(OSError):
            fd = os.open(draft, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                lock(fd)
                draft.unlink()
            finally:
                os.close(fd)
