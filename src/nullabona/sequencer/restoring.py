"""Restores a log from a checked copy after its machine was lost (spec/witness.md §1).

The caller must have verified the whole copy, and that no witness has cosigned more. The restored log continues exactly
from there: no witness that remembers the log would cosign a shorter or a different history.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from nullabona.errors import UserError
from nullabona.log.checkpoint import Checkpoint, parse_checkpoint
from nullabona.log.note import parse_note
from nullabona.log.tiles import Tile
from nullabona.machine.disk import Disk, DiskFailed
from nullabona.machine.failures import reason_of
from nullabona.machine.lock import FolderLock
from nullabona.sequencer.log import CHECKPOINT
from nullabona.sequencer.store.sqlite import FILE_NAME, LogStore

_AT_ONCE: Final = 64


class LogExists(UserError):
    """The folder already holds a log."""

    code = "log-exists"
    default_hint = "choose another folder; an existing log is never overwritten"


def restore_log(
    folder: Path,
    checkpoint: Checkpoint,
    note: bytes,
    tiles: Iterable[tuple[Tile, bytes]],
    changes: Sequence[tuple[str, bytes]] = (),
) -> None:
    """Create a log's folder with these files, ready for `open_log` and the log's own keys.

    ``note``: the newest one that witnesses signed, of this size or less. ``tiles``: all of
    `nullabona.log.tiles.tiles_of` both sizes. ``changes``: the files of changes of its keys. An
    interrupted call may be repeated. Raises `LogExists`, `FolderInUse`, `DiskFailed` or `LogStoreFailed`.
    """
    lock = _locked(folder)
    try:
        if _has_entries(folder, checkpoint.origin):
            raise LogExists(f"there is a log in {folder} already")
        disk = Disk(folder / "public", folder / "incoming")
        some: list[tuple[str, bytes]] = []
        for tile, data in tiles:
            some.append((tile.path, data))
            if len(some) == _AT_ONCE:
                disk.put_all(some)
                some.clear()
        disk.put_all([*some, *changes, (CHECKPOINT, note)])
        disk.settle()
        _begin_at(folder, checkpoint, parse_checkpoint(parse_note(note).text).size)
    finally:
        lock.close()


def is_restored(folder: Path, checkpoint: Checkpoint, note: bytes) -> bool:
    """Whether `restore_log` made the log in ``folder`` of these, and nothing came after. Raises as `restore_log`."""
    if not (folder / FILE_NAME).exists():
        return False
    lock = _locked(folder)
    try:
        store = LogStore(folder, checkpoint.origin)
        try:
            tree, end = store.tree(), store.end()
        finally:
            store.close()
        published = Disk(folder / "public", folder / "incoming").read(CHECKPOINT)
    finally:
        lock.close()
    return (tree.size, tree.root, end, published) == (checkpoint.size, checkpoint.root, checkpoint.size, note)


def _has_entries(folder: Path, origin: str) -> bool:
    """A database without entries is what an interrupted call left."""
    if not (folder / FILE_NAME).exists():
        return False
    store = LogStore(folder, origin)
    try:
        return bool(store.end())
    finally:
        store.close()


def _locked(folder: Path) -> FolderLock:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        return FolderLock(folder)
    except OSError as error:
        raise DiskFailed(f"the log's folder cannot be used: {reason_of(error)}") from error


def _begin_at(folder: Path, checkpoint: Checkpoint, published: int) -> None:
    """Create the database last: without it, or with one that is behind, the folder does not count as a log."""
    store = LogStore(folder, checkpoint.origin)
    try:
        store.integrate(checkpoint.size, checkpoint.root)
        store.note_pruned(published)
    finally:
        store.close()
