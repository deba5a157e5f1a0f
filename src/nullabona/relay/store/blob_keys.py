"""The keys of blobs in a bucket: one that makes names, and one for each expiry day that seals what expires on it.

An object store may keep what it was told to delete: in backups, in volumes that are only appended to, on replicas. So
each day's blobs are sealed, and erasing the day's key erases them wherever they are. The keys are in one small file of
the relay's own disk, which is overwritten in place when it changes (decision 0053).
"""

from __future__ import annotations

import hmac
import os
import secrets
import threading
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from nullabona.errors import UserError
from nullabona.machine.erasing import erase, sync_folder
from nullabona.machine.opening import opening
from nullabona.relay.store.interface import StoreFailed

FILE: Final = "blob-keys"
_KEY: Final = 32
_MARK: Final = b"nullabona bucket user v1"
_Key = Annotated[bytes, Meta(min_length=_KEY, max_length=_KEY)]


class BlobKeysDamaged(UserError):
    """The file with the keys of blobs is none."""

    code = "blob-keys-damaged"
    default_hint = (
        "move it away: the blobs in the bucket cannot be read any more then, go on their days, and clients put back "
        "what is missing"
    )


class _Keys(msgspec.Struct):
    names: _Key
    days: dict[int, _Key]


_decoder: Final = msgspec.msgpack.Decoder(_Keys)


class BlobKeys:
    """The keys in ``directory``, or in memory only if there is none. Calls may come from several threads.

    Not ``serving``: the relay may be running, so nothing is made or changed. Raises `PathUnusable` or
    `BlobKeysDamaged`.
    """

    def __init__(self, directory: Path | None, *, serving: bool = True) -> None:
        self._path = None if directory is None else directory / FILE
        self._lock = threading.Lock()
        self._keys = _Keys(secrets.token_bytes(_KEY), {})
        if self._path is None:
            return
        with opening(self._path):
            if serving:
                for leftover in (self._beside("new"), self._beside("old")):
                    erase(leftover)
            if self._path.exists():
                self._keys = self._read(self._path)
            elif serving:
                self._write(self._path)

    def name_of(self, digest: bytes) -> str:
        """What the blob's object is called. Without the key nobody can tell whether the blob of a digest is there."""
        return hmac.new(self._keys.names, digest, sha256).hexdigest()

    def mark(self) -> bytes:
        """What says in a bucket that it is used with these keys; 16 bytes that tell nothing of them."""
        return hmac.digest(self._keys.names, _MARK, "sha256")[:16]

    def key_of(self, day: int) -> bytes | None:
        """The key of what expires on this day; None if it was erased or never was."""
        return self._keys.days.get(day)

    def make_key(self, day: int) -> bytes:
        """The same, made if need be; it is on the disk when this returns. Raises `StoreFailed`."""
        with self._lock:
            if day not in self._keys.days:
                self._change({**self._keys.days, day: secrets.token_bytes(_KEY)})
            return self._keys.days[day]

    def erase_before(self, day: int) -> None:
        """Erase the keys of all days before this one. Raises `StoreFailed`."""
        with self._lock:
            left = {each: key for each, key in self._keys.days.items() if each >= day}
            if len(left) < len(self._keys.days):
                self._change(left)

    def _change(self, days: dict[int, bytes]) -> None:
        before = self._keys
        self._keys = _Keys(before.names, days)
        try:
            if self._path is not None:
                self._write(self._path)
        except OSError as error:
            self._keys = before
            raise StoreFailed("the keys of blobs cannot be written") from error

    @staticmethod
    def _read(path: Path) -> _Keys:
        try:
            return _decoder.decode(path.read_bytes())
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise BlobKeysDamaged(f"the file {path} does not hold the keys of blobs") from None

    def _write(self, path: Path) -> None:
        """The older file keeps a name until it is overwritten; a start overwrites what a crash left of it."""
        new, old = self._beside("new"), self._beside("old")
        with open(new, "wb", opener=_private) as file:
            file.write(msgspec.msgpack.encode(self._keys))
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            erase(old)
            old.hardlink_to(path)
        new.replace(path)
        sync_folder(path.parent)
        erase(old)

    def _beside(self, suffix: str) -> Path:
        assert self._path is not None
        return self._path.with_name(f"{FILE}.{suffix}")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
