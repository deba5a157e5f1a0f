"""A disk as an officer who takes it reads it: a file with an ext4 file system in it, mounted while something runs.

Only root may mount, and only where the kernel has loop devices; `lacking` says what is not there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from nullabona.errors import UserError

_READ: Final = 16 * 2**20
_TOOLS: Final = ("mkfs.ext4", "mount", "umount")
_PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


class NoImage(UserError):
    """An image cannot be made or mounted here."""

    code = "drill-no-image"
    default_hint = "run it as root on a machine that has mkfs.ext4 and loop devices"


class Image:
    """A mounted ext4 file system in the file ``path``."""

    def __init__(self, path: Path, mount: Path) -> None:
        self.path = path
        self.mount = mount

    def count(self, mark: bytes) -> int:
        """How often ``mark`` occurs on it."""
        _run("sync", "-f", str(self.mount))
        found, before = 0, b""
        with self.path.open("rb") as file:
            while piece := file.read(_READ):
                found += (before + piece).count(mark)
                before = piece[1 - len(mark) :]
        return found

    def free(self) -> int:
        """Bytes that are free on it."""
        disk = os.statvfs(self.mount)
        return disk.f_bavail * disk.f_frsize


@contextmanager
def mounted(
    folder: Path, megabytes: int, *, making: Sequence[str] = (), options: str = "", reserved: int = 0
) -> Iterator[Image]:
    """A new image below ``folder``; afterwards it is unmounted and gone. Raises `NoImage`.

    ``making`` goes to mkfs.ext4, ``options`` to mount; ``reserved`` percent are root's alone.
    """
    with TemporaryDirectory(dir=folder, prefix="image-") as held:
        path, mount = Path(held) / "disk.img", Path(held) / "disk"
        mount.mkdir()
        with path.open("wb") as file:
            file.truncate(megabytes * 2**20)
        _run("mkfs.ext4", "-q", "-F", "-m", str(reserved), *making, str(path))
        _run("mount", "-o", ",".join(filter(None, ("loop", options))), str(path), str(mount))
        try:
            yield Image(path, mount)
        finally:
            _run("umount", "-l", str(mount))


@cache
def lacking() -> str:
    """Why no image can be mounted here; empty if one can. Tries it once."""
    if os.geteuid() != 0:
        return "only root may mount an image"
    for tool in _TOOLS:
        if shutil.which(tool, path=_PATH) is None:
            return f"there is no {tool}"
    try:
        with TemporaryDirectory() as folder, mounted(Path(folder), 4, making=("-O", "^has_journal")):
            return ""
    except NoImage as error:
        return str(error)


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, env={"PATH": _PATH})  # noqa: S603 - our own words
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise NoImage(f"{command[0]} failed: {''.join(said) or done.returncode}")
