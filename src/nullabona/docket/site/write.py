"""Putting the site into a folder: every file whole or not at all, what no longer belongs there goes in the end.

A server may carry the folder while it is written. A crash leaves a mixture of old and new files that the next run
mends; pages are written after the data they link to.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from nullabona.errors import UserError

MARK: Final = ".nulla-site"
"""An empty file that says: this folder is ours to write, and to erase from."""


class FolderTaken(UserError):
    """The folder holds something that is not a site of ours."""

    code = "docket-site-folder"
    default_hint = "name a new or empty folder"


def write_site(site: Mapping[str, bytes], folder: Path) -> tuple[str, ...]:
    """Make ``folder`` hold exactly ``site``; the paths that were written because they differed.

    Raises `FolderTaken` if there is something in it that no earlier run has written.
    """
    _claim(folder)
    changed = tuple(path for path in sorted(site, key=_pages_last) if _differs(folder / path, site[path]))
    for path in changed:
        _replace(folder / path, site[path])
    for found in _files(folder):
        if found.relative_to(folder).as_posix() not in {*site, MARK}:
            found.unlink()
    return changed


def _claim(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / MARK).exists():
        if any(folder.iterdir()):
            raise FolderTaken("the folder is not empty, and no site was written there before")
        (folder / MARK).touch()


def _pages_last(path: str) -> tuple[bool, str]:
    return path.endswith(".html"), path


def _differs(path: Path, data: bytes) -> bool:
    return not path.is_file() or path.read_bytes() != data


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(data)
    os.replace(new, path)  # noqa: PTH105 - the atomic one


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() or path.is_symlink()]
