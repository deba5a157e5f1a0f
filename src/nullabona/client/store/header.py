"""``profile.json``: which profile a directory holds and how its key is protected. Holds no secret but an open key."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

import msgspec

from nullabona.client.core.model.errors import ProfileMissing, StoreDamaged, StoreFailed, StoreTooNew
from nullabona.client.erasing import erase_file, overwrite_open
from nullabona.client.store.keyslot import Slot
from nullabona.system.files import create_private, open_private, replace, sync, sync_folder

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
        fd = create_private(new)
        with os.fdopen(fd, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(header)))
            file.flush()
            sync(fd)
        _replace(new, path)
    except OSError as error:
        raise StoreFailed("the profile's header cannot be written") from error


if sys.platform == "win32":

    def _replace(new: Path, path: Path) -> None:
        """What was there is overwritten: it opens with the passphrase from before.

        An open file cannot be replaced there, so it first gets a second name, by which it is found afterwards.
        """
        erase_former(path)
        with suppress(OSError):  # the first header has no former; and there are file systems without a second name
            os.link(path, _former(path))
        replace(new, path)
        erase_former(path)

else:

    def _replace(new: Path, path: Path) -> None:
        """What was there is overwritten once it is replaced: it opens with the passphrase from before."""
        try:
            former = open_private(path)
        except FileNotFoundError:
            replace(new, path)
            sync_folder(path.parent)
            return
        try:
            replace(new, path)
            sync_folder(path.parent)
            overwrite_open(former)
        finally:
            os.close(former)


def erase_former(path: Path) -> None:
    """Overwrite what an interrupted replacement left (Windows). Harmless if there is nothing. Raises `StoreFailed`."""
    try:
        erase_file(_former(path))
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreFailed("the profile's former header cannot be erased") from error


def _former(path: Path) -> Path:
    return path.with_name(f"{path.name}.old")
