"""Evidence files: one for each pair of checkpoints, complete, readable by the owner only, never overwritten."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from nullabona.machine.erasing import sync_folder


class EvidenceFolder:
    """A folder for each log, named by its id. At most ``most`` files in each, so that flooding fills nothing else."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most

    def keep(self, log_id: str, name: str, data: bytes) -> Path | None:
        """Store ``data`` durably and return its file; None if the folder is full.

        Raises `OSError` if the disk fails.
        """
        folder = self._folder / log_id
        path = folder / name
        if path.exists():
            return path
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if sum(1 for _ in folder.iterdir()) >= self._most:
            return None
        temporary = folder / f".{name}"
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        for changed in (folder, self._folder, self._folder.parent):
            sync_folder(changed)
        return path
