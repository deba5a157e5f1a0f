"""A repository in a folder or on a drive (spec/repository.md §7).

It is made once, when the person chooses the folder, and never again by itself: where the drive is not mounted, there is
no repository, and nothing is written into the empty mount point.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from nullabona.client.archive.errors import (
    ArchiveTooNew,
    BackupMissing,
    BackupPlaceBusy,
    BackupPlaceFull,
    BackupPlaceGone,
    BackupUnwritable,
)
from nullabona.client.archive.repository.chunks import SIZES, ChunkRef, is_chunk
from nullabona.client.archive.repository.places import MOST_HEADS
from nullabona.client.archive.repository.snapshot import HEAD, MOST_CHUNKS, head_digest
from nullabona.system.files import create_private, open_private, open_untrusted, replace, sync, sync_folder
from nullabona.system.locks import lock

NAME: Final = "nullabona-backup-"
_FOLDER: Final = re.compile(rf"{NAME}([0-9a-f]{{32}})")
_MARK: Final = "repository"
FORMAT: Final = b"nullabona repository 1\n"
_FAMILY: Final = b"nullabona repository "
MOST_BYTES: Final = MOST_CHUNKS * SIZES[-1]
_CHUNK: Final = re.compile(r"[0-9a-f]{64}")
_HEAD: Final = re.compile(r"[0-9]{12}-[0-9a-f]{16}\.head")
_DRAFT: Final = re.compile(r"\.[0-9a-f]{16}\.new")
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_GONE: Final = frozenset({errno.ENOENT, errno.ENODEV, errno.ENXIO})


class FolderPlace:
    """One repository in a folder. Use `create_folder`, `open_folder` or `folders_in`."""

    def __init__(self, root: Path, id: bytes) -> None:
        self.root = root
        self._id = id

    @property
    def id(self) -> bytes:
        """See `Place.id`; it is in the folder's name."""
        return self._id

    @property
    def most_bytes(self) -> int:
        """See `Place.most_bytes`; the drive says when it is full."""
        return MOST_BYTES

    @contextmanager
    def held(self) -> Iterator[None]:
        """Only one process writes at a time. Raises `BackupPlaceBusy`."""
        with _told():
            file = open_private(self.root / "lock", create=True)
        try:
            try:
                lock(file)
            except BlockingIOError:
                raise BackupPlaceBusy("another program is writing a backup there") from None
            except OSError:  # a file system without locks: two writers lose nothing, at most they write twice
                pass
            yield
        finally:
            os.close(file)

    def heads(self) -> list[bytes]:
        """See `Place.heads`."""
        return [sealed for _, sealed in self._heads()]

    def _heads(self) -> list[tuple[Path, bytes]]:
        names = sorted((path for path in self._in("heads") if _HEAD.fullmatch(path.name)), reverse=True)
        found = ((path, _read(path, HEAD)) for path in names[:MOST_HEADS])
        return [(path, sealed) for path, sealed in found if sealed is not None]

    def read(self, ref: ChunkRef) -> bytes | None:
        """See `Place.read`. What was just written is read from the disk, as far as the system lets us ask for that."""
        return _read(self._chunk(ref.name), ref.size)

    def keeps(self, ref: ChunkRef, today: int) -> bool:  # noqa: ARG002 - what is on a drive does not expire
        """See `Place.keeps`: every chunk is read in every run."""
        return is_chunk(ref, self.read(ref))

    def write(self, ref: ChunkRef, sealed: bytes) -> None:
        """See `Place.write`."""
        path = self._chunk(ref.name)
        with _told():
            self._folder(path.parent)
            _write(path, sealed)

    def write_head(self, number: int, sealed: bytes) -> None:
        """See `Place.write_head`."""
        with _told():
            for folder in (*self._in("chunks"), self.root / "chunks", self.root):
                if _is_folder(folder):
                    sync_folder(folder)
            folder = self.root / "heads"
            self._folder(folder)
            _write(folder / f"{number:012d}-{head_digest(sealed).hex()[:16]}.head", sealed)
            sync_folder(folder)

    def prune(self, heads: frozenset[bytes], names: frozenset[bytes]) -> int:
        """See `Place.prune`. Heads go first, so that none names a chunk that is gone; other files are left alone."""
        gone = 0
        for path in self._in("heads"):
            sealed = _read(path, HEAD) if _HEAD.fullmatch(path.name) else None
            if _DRAFT.fullmatch(path.name) or (sealed is not None and head_digest(sealed) not in heads):
                _remove(path)
        with suppress(OSError):
            sync_folder(self.root / "heads")
        for folder in self._in("chunks"):
            for path in self._in("chunks", folder.name):
                unknown = _CHUNK.fullmatch(path.name) and bytes.fromhex(path.name) not in names
                if unknown or _DRAFT.fullmatch(path.name):
                    _remove(path)
                    gone += bool(unknown)
        return gone

    def _chunk(self, name: bytes) -> Path:
        text = name.hex()
        return self.root / "chunks" / text[:2] / text

    def _folder(self, path: Path) -> None:
        """Make a folder inside the repository, never the repository itself."""
        for folder in (path.parent, path):
            if folder != self.root:
                folder.mkdir(mode=0o700, exist_ok=True)
            if not _is_folder(folder):
                raise BackupUnwritable("the backup folder was changed: a part of it leads elsewhere")

    def _in(self, *parts: str) -> list[Path]:
        """What is in a folder of the repository; nothing if it is not there or leads elsewhere."""
        folder = self.root.joinpath(*parts)
        try:
            return sorted(folder.iterdir()) if _is_folder(folder) else []
        except OSError as error:
            raise BackupMissing("the backup cannot be read") from error


def create_folder(folder: Path) -> FolderPlace:
    """A new repository in ``folder``, which must exist. Raises `BackupPlaceGone` or `BackupUnwritable`."""
    if not folder.is_dir():
        raise BackupPlaceGone("there is no such folder")
    id = secrets.token_bytes(16)
    root = folder / f"{NAME}{id.hex()}"
    with _told():
        root.mkdir(mode=0o700)
        _write(root / _MARK, FORMAT)
        sync_folder(root)
        sync_folder(folder)
    return FolderPlace(root, id)


def open_folder(folder: Path, id: bytes) -> FolderPlace:
    """The repository ``id`` in ``folder``. Raises `BackupPlaceGone` if it is not there, or `ArchiveTooNew`."""
    root = folder / f"{NAME}{id.hex()}"
    mark = _read(root / _MARK, len(FORMAT)) if _is_folder(root) else None
    if mark is not None and mark != FORMAT and mark.startswith(_FAMILY):
        raise ArchiveTooNew("the backup was written by a newer version")
    if mark != FORMAT:
        raise BackupPlaceGone("the backup folder is not there; the drive may not be connected")
    return FolderPlace(root, id)


def folders_in(folder: Path) -> list[FolderPlace]:
    """The repositories in ``folder``, or ``folder`` itself if it is one. Raises `BackupMissing` or `ArchiveTooNew`."""
    try:
        here = [folder, *sorted(folder.iterdir())][: 4 * MOST_HEADS] if folder.is_dir() else []
    except OSError as error:
        raise BackupMissing("the folder cannot be read") from error
    found = []
    for path in here:
        if (named := _FOLDER.fullmatch(path.name)) is not None:
            with suppress(BackupPlaceGone):
                found.append(open_folder(path.parent, bytes.fromhex(named.group(1))))
    return found


# -- files --------------------------------------------------------------------------------------------------------


@contextmanager
def _told() -> Iterator[None]:
    """Errors of the system as ours."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise BackupPlaceFull("there is no space left for the backup") from error
        if error.errno in _GONE:
            raise BackupPlaceGone("the backup folder is not there; the drive may not be connected") from error
        raise BackupUnwritable("the backup cannot be written there") from error


def _write(path: Path, data: bytes) -> None:
    """A whole file or none. Raises `OSError`."""
    draft = path.with_name(f".{secrets.token_hex(8)}.new")
    try:
        with os.fdopen(create_private(draft), "wb") as out:
            out.write(data)
            out.flush()
            sync(out.fileno())
            _forget_cached(out)
        replace(draft, path)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def _forget_cached(file: BinaryIO) -> None:
    """Ask the system to drop its copy, so that reading back asks the disk. It may not be able to."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _read(path: Path, size: int) -> bytes | None:
    """At most one byte more than ``size``; None: there is no such file. A device or a pipe is none."""
    try:
        file = open_untrusted(path)
    except OSError:
        return None
    with os.fdopen(file, "rb") as source:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return None
        try:
            return source.read(size + 1)
        except OSError:
            return None


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def _remove(path: Path) -> None:
    """What cannot be removed stays, and costs space only."""
    with suppress(OSError):
        path.unlink()
