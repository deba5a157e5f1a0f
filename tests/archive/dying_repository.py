"""Processes that add a backup to a repository and are killed over it, each at a later step; run as a module.

``python -m tests.archive.dying_repository FOLDER`` makes a repository with two backups in ``FOLDER/whole`` and copies
it to ``FOLDER/0``, ``FOLDER/1``, … To each a process adds a third backup. SIGKILL ends it before its first step on
the disk, after it, in the middle of its first write, and so on, until one comes to its end. Prints how many were
killed.
"""

from __future__ import annotations

import os
import shutil
import sys
from itertools import count
from pathlib import Path
from typing import BinaryIO, Final, cast

import pytest

from nullabona.client.archive.repository import folder as folders
from nullabona.client.archive.repository.folder import FolderPlace, create_folder, folders_in
from nullabona.client.archive.repository.writing import Left
from tests.archive.dying import Fuse, WrittenFile, ended
from tests.archive.repositories import lines, write

FIRST, SECOND, THIRD = lines(300), lines(300, 100), lines(300, 200)
STEPS: Final = ("create_private", "sync", "replace", "sync_folder", "lock")


def begun(folder: Path) -> Left:
    """A repository with two backups; what the profile remembers of it."""
    folder.mkdir()
    place = create_folder(folder)
    left = write(place, FIRST, at=1).left
    return write(place, SECOND, left, at=2).left


def place_in(folder: Path) -> FolderPlace:
    """The one repository there."""
    (found,) = folders_in(folder)
    return found


def _burning(place: FolderPlace, left: Left, fuse: Fuse) -> None:
    """Add the third backup, if the fuse lasts."""
    fdopen = os.fdopen

    def opened(fd: int, mode: str) -> BinaryIO:
        file = cast("BinaryIO", fdopen(fd, mode))
        return cast("BinaryIO", WrittenFile(file, fuse)) if "w" in mode else file

    with pytest.MonkeyPatch.context() as patch:
        for name in STEPS:
            patch.setattr(folders, name, fuse.around(getattr(folders, name)))
        for name in ("unlink", "mkdir"):
            patch.setattr(Path, name, fuse.around(getattr(Path, name)))
        patch.setattr(os, "fdopen", opened)
        with place.held():
            write(place, THIRD, left, at=3)


def main(folder: Path) -> None:
    """As the module says."""
    left = begun(folder / "whole")
    for steps in count():
        here = folder / str(steps)
        shutil.copytree(folder / "whole", here)
        if not ended(lambda here=here, steps=steps: _burning(place_in(here), left, Fuse(steps))):  # type: ignore[misc]
            sys.stdout.write(f"{steps}\n")
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
