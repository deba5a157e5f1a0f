"""Whether what a relay erases is on the disk below its files: its own stores on a mounted image, all of it searched.

Files show little: a freed block of the file system keeps its content. So frames and a chunk with a mark are
kept, trimmed, moved by a rewrite, expired and left by a stop, on an image, and the mark is looked for in all of it.
"""

from __future__ import annotations

import secrets
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from unittest import mock

from nullabona.drills.stage.image import Image, lacking, mounted
from nullabona.machine import scrubbing, wal
from nullabona.relay.core.boxes import SEQ_BITS, Batch, NewBox
from nullabona.relay.store.files import FileBlobStore
from nullabona.relay.store.sqlite import SqliteBoxStore

_MEGABYTES: Final = 64
_BOXES: Final = 60
_SIZES: Final = 512, 1_024, 4_096, 30_000
_DAY: Final = 20_000
_SMALL_LOG: Final = 300_000
_KINDS: Final = {"with a journal": (), "without one": ("-O", "^has_journal")}


@dataclass(frozen=True, slots=True)
class Erased:
    """The number of marks on the images, and where some were left when none should have been."""

    planted: int = 0
    left: tuple[str, ...] = ()
    lacking: str = ""
    """Why no image could be mounted; then nothing was looked at."""


def look_below() -> Erased:
    """Play it on ext4 with and without a journal."""
    if why := lacking():
        return Erased(lacking=why)
    planted, left = 0, []
    with TemporaryDirectory() as folder:
        for kind, making in _KINDS.items():
            with mounted(Path(folder), _MEGABYTES, making=making) as image:
                found, where = _play(image)
            planted += found
            left += [f"{each}, ext4 {kind}" for each in where]
    return Erased(planted, tuple(left))


def _play(image: Image) -> tuple[int, list[str]]:
    mark = b"<" + secrets.token_hex(16).encode() + b">"
    left = []

    def look(when: str) -> None:
        if found := image.count(mark):
            left.append(f"{found} marks {when}")

    planted = _keep(image, mark)
    with closing(SqliteBoxStore(image.mount)) as boxes:
        list(boxes.rewrite())
        _trim(boxes)
        boxes.scrub()
        planted += _chunk(image, mark)
        look("after trims, a rewrite and the end of a chunk's day")
        _append(boxes, mark)
        boxes.scrub()
        planted += image.count(mark)
        list(boxes.expire(_DAY + 1))
        list(boxes.rewrite())
        look("after the end of the frames' day")
    look("after a stop")
    return planted, left


def _keep(image: Image, mark: bytes) -> int:
    """Frames in a log that grew too large and is cut, then in the file; the relay stops with some in its log."""
    with mock.patch.object(wal, "KEPT_BYTES", _SMALL_LOG), mock.patch.object(scrubbing, "KEPT_BYTES", _SMALL_LOG):
        boxes = SqliteBoxStore(image.mount)
        boxes.commit(Batch(boxes=[NewBox(num, bytes([num]) * 32, bytes(8), _DAY) for num in range(1, _BOXES + 1)]))
        _append(boxes, mark)
        boxes.lighten()
        planted = image.count(mark)
        with mock.patch.object(scrubbing.Scrubber, "scrub", return_value=False):
            boxes.close()
    return planted


def _append(boxes: SqliteBoxStore, mark: bytes) -> None:
    for turn, size in enumerate(_SIZES, 1):
        body = (mark * (size // len(mark)))[:size]
        boxes.commit(Batch(frames=[(num << SEQ_BITS | turn, _DAY, body) for num in range(1, _BOXES + 1)]))


def _trim(boxes: SqliteBoxStore) -> None:
    boxes.commit(Batch(trims=[(num, len(_SIZES), len(_SIZES) + 1) for num in range(1, _BOXES + 1)]))


def _chunk(image: Image, mark: bytes) -> int:
    """A chunk is put and expires."""
    chunks, data = FileBlobStore(image.mount), mark * 10_000
    chunks.put(sha256(data).digest(), data, _DAY)
    found = image.count(mark)
    chunks.expire(_DAY + 1)
    return found
