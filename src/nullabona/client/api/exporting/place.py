"""The folder of an export, first written to a temporary part of it. Nothing outside the folder is touched.

The folder must be empty or contain an earlier export. The next run removes an interrupted one, even if that was just
replacing the earlier export. The earlier export stays until the new one is complete.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from nullabona.client.core.model.filenames import safe_name, saved_name
from nullabona.client.erasing import erase_file
from nullabona.errors import UserError
from nullabona.system.files import create_private

INDEX: Final = "export.json"
OURS: Final = ("rooms", "index.html", INDEX)
"""Everything in an export's folder; the index is written last."""
PART: Final = ".nullabona-export"
_LONGEST: Final = 100


class ExportRefused(UserError):
    """The folder holds files that are not an export. Nothing was changed."""

    code = "export-refused"
    default_hint = "choose an empty folder, or the folder of an earlier export"


class ExportFailed(UserError):
    """The export cannot be written there. An earlier one is as it was."""

    code = "export-failed"
    default_hint = "check that you may write there and that the disk has space, then try again"


class ExportPlace:
    """A folder for an export while it is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.part = folder / PART

    def begin(self) -> None:
        """An empty part. Raises `ExportRefused` or `ExportFailed`."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            present = {entry.name for entry in os.scandir(self.folder)}
            foreign = present - {PART, *OURS}
            if foreign or (present - {PART} and not present & {PART, INDEX}):
                raise ExportRefused("there is something in this folder that is not an export")
            _remove(self.part)
            self.part.mkdir(mode=0o700)
        except OSError as error:
            raise ExportFailed("the export cannot be written there") from error

    def finish(self) -> None:
        """Put the part in the place of what was there. Raises `ExportFailed`."""
        try:
            _remove(self.folder / INDEX)
            for name in OURS:
                _remove(self.folder / name)
                if (self.part / name).exists():
                    (self.part / name).rename(self.folder / name)
            self.part.rmdir()
        except OSError as error:
            raise ExportFailed("the export cannot be put in its place") from error

    def give_up(self) -> None:
        """Remove the part; if the earlier export made way already, its place is still known as ours."""
        _remove(self.part)
        if not (self.folder / INDEX).exists() and any((self.folder / name).exists() for name in OURS):
            self.part.mkdir(mode=0o700)

    def drop(self, *parts: str) -> None:
        """Erase a file of the part."""
        erase_file(self.part.joinpath(*parts))

    @contextmanager
    def new_file(self, *parts: str) -> Iterator[BinaryIO]:
        """A new file in the part; every name was made safe. Raises `ExportFailed`."""
        path = self.part.joinpath(*parts)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(create_private(path), "wb") as out:
                yield out
        except OSError as error:
            raise ExportFailed("the export cannot be written there") from error


def _remove(path: Path) -> None:
    """Whatever is there goes, overwritten, as it is readable; of a link only the link."""
    if path.is_symlink():
        path.unlink()
    elif path.is_file():
        erase_file(path)
    elif path.is_dir():
        for each in sorted(path.iterdir()):
            _remove(each)
        path.rmdir()


def room_folder(number: int, title: str) -> str:
    """What a room's folder is called: its number, and as much of its name as is safe."""
    return f"{number:04} {_cut(safe_name(title))}"


def file_name(number: int, name: str) -> str:
    """What a file is called: its number in the room makes it the only one. What a browser would run does not run."""
    return f"{number:06} {saved_name(_cut(safe_name(name)))}"


def _cut(name: str) -> str:
    """At most 100 bytes, the extension kept if it is a short one."""
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > 16:
        stem, dot, extension = name, "", ""
    room = _LONGEST - len((dot + extension).encode())
    return (stem.encode()[:room].decode(errors="ignore").rstrip(". ") or "_") + dot + extension
