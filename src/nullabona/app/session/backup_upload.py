"""Backups that a page uploads in pieces while there is no profile. They stay encrypted on the disk.

The app's private folder keeps them until a profile is made from them or the app ends. A page names them by the ids it
got, never by a path (spec/app.md §3).
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Final

from nullabona.app.session.errors import BadCall, DiskFull, NothingUploaded

PIECE: Final = 8 * 1_048_576
"""Most bytes of one piece."""
MOST_FILES: Final = 2
"""A whole backup, and a later one."""
_NAME: Final = re.compile(r"[0-9a-f]{32}")
_SUFFIX: Final = ".given"


class BackupUploads:
    """The backups in one folder; files of an earlier process are deleted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.forget()

    def take(self, id: str, at: int, piece: bytes) -> tuple[str, int]:
        """Write a piece at offset ``at`` of a file, a new one without ``id``; return its id and new size.

        A repeated piece is not added twice. Raises `NothingUploaded`, `BadCall` or `DiskFull`.
        """
        try:
            path = self._path(id) if id else self._new()
            with path.open("r+b") as file:
                size = file.seek(0, os.SEEK_END)
                if at > size:
                    raise BadCall("a piece of this backup is missing")
                file.seek(at)
                file.write(piece)
                file.truncate()
        except OSError as error:
            raise DiskFull("the backup cannot be put down on this computer") from error
        return path.stem, at + len(piece)

    def paths(self, ids: list[str]) -> list[Path]:
        """The paths of the files. Raises `NothingUploaded` or `BadCall`."""
        if not 0 < len(ids) <= MOST_FILES:
            raise BadCall("a profile is made from one backup, and one that was made after it")
        return [self._path(id) for id in ids]

    def forget(self) -> None:
        """Delete them all."""
        for path in self._folder.glob(f"*{_SUFFIX}"):
            path.unlink(missing_ok=True)

    def _path(self, id: str) -> Path:
        path = self._folder / f"{id}{_SUFFIX}"
        if not _NAME.fullmatch(id) or not path.is_file():
            raise NothingUploaded("there is no such backup")
        return path

    def _new(self) -> Path:
        kept = sorted(self._folder.glob(f"*{_SUFFIX}"), key=lambda path: path.stat().st_mtime)
        for oldest in kept[: len(kept) + 1 - MOST_FILES]:
            oldest.unlink(missing_ok=True)
        path = self._folder / f"{secrets.token_hex(16)}{_SUFFIX}"
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        return path
