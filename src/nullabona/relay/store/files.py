"""Blobs as files: ``blobs/<expiry day>/<2 hex>/<62 hex>``, written whole or not at all (decision 0003).

A file's modification time would be a clock, so it is set to a constant, and so is its directory's. Its change time
cannot be set; `blur` moves it to the moment of the call, once a day.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from nullabona.machine.erasing import erase, sync_folder
from nullabona.machine.opening import opening
from nullabona.relay.store.interface import BlobDamaged, StoreFailed, is_intact

_EPOCH: Final = (0, 0)
_DOOMED: Final = 64
"""Letters in the name of a file that is being erased: its digest. One that is being written has fewer."""


class FileBlobStore:
    """A `BlobStore` in ``directory``/blobs. Leftovers of an interrupted write are erased at once.

    Not ``serving``: the relay may be running, so nothing is made and nothing that it is writing is touched. Raises
    `PathUnusable`.
    """

    def __init__(self, directory: Path, *, serving: bool = True) -> None:
        self._root = directory / "blobs"
        self._placing = threading.Lock()
        self._incoming = self._root / "incoming"
        self._serving = serving
        if not serving:
            return
        with opening(self._root):
            self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
            for leftover in self._incoming.iterdir():
                erase(leftover)
            _still(self._incoming, self._root)

    def put(self, digest: bytes, data: bytes, expiry_day: int) -> None:
        target = self._path(expiry_day, digest)
        try:
            with self._placing:
                if self._renewed(digest, target, expiry_day):
                    return
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._write(digest, target, data, expiry_day)
        except OSError as error:
            raise StoreFailed("the blob store cannot be written") from error

    def get(self, digest: bytes) -> bytes | None:
        try:
            for day in sorted(self._days(), reverse=True):
                with suppress(FileNotFoundError):
                    data = self._path(day, digest).read_bytes()
                    return data if is_intact(digest, data) else self._get_damaged(self._path(day, digest), digest)
        except OSError as error:
            raise StoreFailed("the blob store cannot be read") from error
        return None

    def remove(self, digest: bytes) -> bool:
        try:
            found = [path for day in self._days() if (path := self._path(day, digest)).exists()]
            for path in found:
                self._take_away(path)
                sync_folder(path.parent)
                _still(path.parent, self._incoming)
        except OSError as error:
            raise StoreFailed("the blob store cannot be written") from error
        return bool(found)

    def held(self) -> Iterator[tuple[bytes, int, int]]:
        """Digest, size and expiry day of every chunk."""
        for day in self._days():
            for path in self._files(day):
                yield bytes.fromhex(path.parent.name + path.name), path.stat().st_size, day

    def used(self, expiry_day: int) -> int:
        return sum(path.stat().st_size for path in self._files(expiry_day))

    def expire(self, day: int) -> None:
        for left in [path for path in self._incoming.iterdir() if len(path.name) == _DOOMED]:
            erase(left)
        for past in [found for found in self._days() if found < day]:
            for path in self._files(past):
                self._take_away(path)
            for folder in self._folders(past):
                folder.rmdir()
            (self._root / str(past)).rmdir()
        _still(self._root)

    def blur(self) -> None:
        for day in self._days():
            for path in self._files(day):
                with suppress(FileNotFoundError):  # it was put again just now, or its day is over
                    _still(path)
            _still(*self._folders(day), self._root / str(day))

    def _get_damaged(self, path: Path, digest: bytes) -> bytes:
        """Read a damaged chunk again. If that does not help, it is erased, as a later put would leave it as it is."""
        with self._placing:
            data = path.read_bytes()
            if is_intact(digest, data):
                return data
            if self._serving:
                self._take_away(path)
        raise BlobDamaged("a file is not the blob that was put")

    def _take_away(self, path: Path) -> None:
        """Erase a chunk, unless it was put again just now. A later put finds none and writes it again."""
        doomed = self._incoming / (path.parent.name + path.name)
        with suppress(FileNotFoundError):
            path.replace(doomed)
        erase(doomed)

    def _write(self, digest: bytes, target: Path, data: bytes, expiry_day: int) -> None:
        temporary = self._incoming / secrets.token_hex(8)
        try:
            with open(temporary, "xb", opener=_private) as file:
                file.write(data)
                file.flush()
                os.utime(file.fileno(), _EPOCH)
                os.fsync(file.fileno())
            # Of two who put it at once the second finds it: a file that is replaced goes without being overwritten.
            with self._placing:
                if twice := self._renewed(digest, target, expiry_day):
                    erase(temporary)
                else:
                    temporary.replace(target)
        except BaseException:
            with suppress(OSError):
                erase(temporary)
            raise
        if not twice:
            self._settle(target)

    def _renewed(self, digest: bytes, target: Path, expiry_day: int) -> bool:
        for day in sorted(self._days(), reverse=True):
            held = self._path(day, digest)
            if not held.exists():
                continue
            if day < expiry_day:
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                held.replace(target)
                _still(held.parent)
                self._settle(target)
            return True
        return False

    def _settle(self, target: Path) -> None:
        for folder in (target.parent, target.parent.parent, self._root):
            sync_folder(folder)
        _still(target.parent, target.parent.parent, self._incoming, self._root)

    def _path(self, day: int, digest: bytes) -> Path:
        name = digest.hex()
        return self._root / str(day) / name[:2] / name[2:]

    def _days(self) -> list[int]:
        return [int(entry.name) for entry in self._root.iterdir() if entry.name.isdecimal()]

    def _folders(self, day: int) -> list[Path]:
        folder = self._root / str(day)
        return list(folder.iterdir()) if folder.is_dir() else []

    def _files(self, day: int) -> Iterator[Path]:
        for folder in self._folders(day):
            yield from folder.iterdir()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _still(*paths: Path) -> None:
    for path in paths:
        os.utime(path, _EPOCH)
