"""``profile.json``: which profile a directory holds and how its key is protected. Holds no secret but an open key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Literal

import msgspec

from nullabona.client.core.model.errors import ProfileMissing, StoreDamaged, StoreFailed, StoreTooNew
from nullabona.client.erasing import overwrite_open
from nullabona.client.store.keyslot import Slot

HEADER_VERSION: Final = 1


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of ``profile.json``. ``profile`` is random and tells profiles apart; ``check`` is `key_check`."""

    format: Literal["nullabona profile"]
    version: int
    profile: str
    check: bytes
    slot: Slot


class _Version(msgspec.Struct):
    version: int


def read_header(path: Path) -> Header:
    """The header at ``path``. Raises `ProfileMissing`, `StoreTooNew`, `StoreDamaged` or `StoreFailed`."""
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ProfileMissing("there is no profile here") from error
    except OSError as error:
        raise StoreFailed("the profile's header cannot be read") from error
    try:
        if msgspec.json.decode(data, type=_Version).version > HEADER_VERSION:
            raise StoreTooNew("the profile was made by a newer version")
        return msgspec.json.decode(data, type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise StoreDamaged("the profile's header is damaged") from None  # the cause may quote an open key


def write_header(path: Path, header: Header) -> None:
    """Put the header in place of the one that is there, all of it or nothing; on disk when this returns."""
    new = path.with_name(f"{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        fd = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(header)))
            file.flush()
            os.fsync(fd)
        _replace(new, path)
    except OSError as error:
        raise StoreFailed("the profile's header cannot be written") from error


def _replace(new: Path, path: Path) -> None:
    """What was there is overwritten once it is replaced: it opens with the passphrase from before."""
    if os.name != "posix":  # a file that is open cannot be replaced there
        new.replace(path)
        return
    try:
        former = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        new.replace(path)
        sync_directory(path.parent)
        return
    try:
        new.replace(path)
        sync_directory(path.parent)
        overwrite_open(former)
    finally:
        os.close(former)


def sync_directory(path: Path) -> None:
    """Wait until the names in a directory are on disk, where the system can say so. Raises OSError."""
    if os.name == "posix":
        fd = os.open(path, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
