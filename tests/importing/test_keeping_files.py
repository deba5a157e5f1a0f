"""Files of an export into the store: whole or not at all, cut and sealed, and said to be what their first bytes are."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from itertools import count
from typing import IO

import pytest

from nullabona.client.core import files
from nullabona.client.core.model.content import Attachment
from nullabona.client.core.model.imports import Import, ImportState
from nullabona.client.core.model.records import FileState, StoredFile
from nullabona.client.importing import media
from nullabona.client.importing.errors import ExportUnreadable, ExportUnsafe
from nullabona.client.importing.media import Keeper
from nullabona.client.importing.records import Line
from nullabona.client.store import SqliteStore
from nullabona.wire.blob import PIECE, open_piece

ROOM, ID = b"r" * 32, b"m" * 16
KEPT = Import(
    b"i" * 16, b"x" * 16, "whatsapp", "산책", "산책", ROOM, b"d" * 32,
    -9, 9, 0, 0, 0, ImportState.RUNNING, 1, made_room=True,
)  # fmt: skip


class Stream(io.BytesIO):
    """Gives a part of what is asked for at a time; breaks where it is told to."""

    def __init__(self, data: bytes, part: int, breaks_at: int) -> None:
        super().__init__(data)
        self._part = part
        self._breaks_at = breaks_at

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() >= self._breaks_at:
            raise OSError("gone")
        return super().read(min(size or 0, self._part))


class Files:
    """The files that came with an export: one of them, of whatever size it says."""

    def __init__(self, data: bytes, says: int | None = None, part: int = 1 << 30, breaks_at: int = 1 << 30) -> None:
        self._data, self._says = data, len(data) if says is None else says
        self._part, self._breaks_at = part, breaks_at
        self.opened = 0

    def size(self, name: str) -> int | None:
        return None if name == "none" else self._says

    def open(self, name: str) -> IO[bytes]:
        self.opened += 1
        if name == "gone":
            raise ExportUnreadable("gone")
        return Stream(self._data, self._part, self._breaks_at)

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    made = SqliteStore.testing_in_memory()
    with made.transaction():
        yield made


def keep(store: SqliteStore, given: Files | None, name: str = "photos/a.png") -> Attachment | None:
    keys = count(1)
    keeper = Keeper(KEPT, given, lambda size: next(keys).to_bytes(size, "big"), day=7)
    return keeper.keep(store, ID, Line(1, "민아", "x", "photo", 1, name))


def content(store: SqliteStore, said: Attachment) -> bytes:
    """What is in the store, opened with what is said of it."""
    whole = b""
    for ref in said.blobs:
        for number, digest in enumerate(ref.chunks):
            chunk = store.chunk(digest)
            assert chunk is not None
            whole += open_piece(ref, number, chunk)
    return whole


def picture(width: int = 2, height: int = 3, more: int = 30) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + bytes(more)


def test_a_picture_is_kept_whole(store: SqliteStore) -> None:
    """Sealed, as a file that is here, with its size and what it shows; only its last name is kept."""
    said = keep(store, Files(picture()))
    assert said is not None
    wanted = ("photo", "a.png", "image/png", len(picture()), 2, 3)
    assert wanted == (said.kind, said.name, said.mime, said.size, said.width, said.height)
    assert picture() == content(store, said)
    assert StoredFile(ROOM, ID, mine=False, state=FileState.HERE) == store.file(ROOM, ID)
    (piece,) = store.pieces(ROOM, ID)
    assert (0, said.blobs[0].chunks[0], True) == (piece.place, piece.digest, piece.done)


def test_a_large_file_is_cut_into_pieces(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each blob has a key of its own; however little comes at a time, only the last piece is short."""
    for module in (media, files):
        monkeypatch.setattr(module, "PIECES_PER_BLOB", 2)
    data = bytes(range(256)) * (PIECE // 256 + 1)
    whole = (data * 3)[: 2 * PIECE + 5]
    said = keep(store, Files(whole, part=700_001))
    assert said is not None
    assert [(2 * PIECE, 2), (5, 1)] == [(ref.size, len(ref.chunks)) for ref in said.blobs]
    assert [number.to_bytes(32, "big") for number in (1, 2)] == [ref.key for ref in said.blobs]
    assert whole == content(store, said)
    assert [0, 1, 2] == [piece.place for piece in store.pieces(ROOM, ID)]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (None, "a.png"),
        (Files(b"x"), "none"),
        (Files(b"x"), "gone"),
        (Files(b""), "a.png"),
        (Files(b"", says=1), "a.png"),
        (Files(b"x", says=0), "a.png"),
        (Files(b"xyz", part=1, breaks_at=2), "a.png"),
        (Files(bytes(PIECE) + b"xyz", breaks_at=PIECE), "a.png"),
    ],
)
def test_a_file_that_is_not_there_whole_leaves_nothing(given: Files | None, name: str, store: SqliteStore) -> None:
    """Empty, missing, or broken in the middle."""
    assert keep(store, given, name) is None
    assert store.file(ROOM, ID) is None
    assert [] == store.pieces(ROOM, ID)
    assert [] == store._all("SELECT 1 FROM chunk")


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        (Files(b"xyz", says=3), True),
        (Files(b"xyz", says=2), False),
        (Files(bytes(PIECE) + b"xyz", says=PIECE + 2), False),
    ],
)
def test_a_file_that_is_longer_than_it_says_stops_the_import(given: Files, store: SqliteStore, *, fits: bool) -> None:
    """It is not a mistake of an export: nothing further of it is stored."""
    if fits:
        assert keep(store, given) is not None
    else:
        with pytest.raises(ExportUnsafe):
            keep(store, given)
    assert fits is (store.file(ROOM, ID) is not None)


@pytest.mark.parametrize(("size", "kept"), [(1, True), (10, True), (11, False)])
def test_a_file_is_no_larger_than_one_that_can_be_sent(
    size: int, store: SqliteStore, monkeypatch: pytest.MonkeyPatch, *, kept: bool
) -> None:
    """A larger one is not even opened."""
    monkeypatch.setattr(media, "MAX_FILE", 10)
    given = Files(b"x" * size)
    said = keep(store, given)
    assert (size if kept else None, int(kept)) == (said.size if said is not None else None, given.opened)


def test_a_file_that_is_shorter_than_it_says_is_as_long_as_it_is(store: SqliteStore) -> None:
    """What came is whole for whoever reads it."""
    said = keep(store, Files(b"xyz", says=5))
    assert said is not None
    assert (3, b"xyz") == (said.size, content(store, said))


@pytest.mark.parametrize(
    ("data", "name", "kind", "mime"),
    [
        (picture(), "a.txt", "photo", "image/png"),
        (picture(20_000, 1), "a.png", "photo", "image/png"),
        (picture(1, 20_000), "a.png", "photo", "image/png"),
        (picture(20_001, 1), "a.png", "file", "image/png"),
        (picture(1, 20_001), "a.png", "file", "image/png"),
        (picture(8_000, 8_000), "a.png", "photo", "image/png"),
        (picture(8_000, 8_001), "a.png", "file", "image/png"),
        (b"OggS" + bytes(24) + b"OpusHead", "a.bin", "file", "audio/ogg"),
        (b"%PDF", "a.pdf", "file", "application/pdf"),
        (b"x", "a.unheardof", "file", "application/octet-stream"),
    ],
)
def test_a_file_is_what_its_first_bytes_say(data: bytes, name: str, kind: str, mime: str, store: SqliteStore) -> None:
    """A picture that can be shown is a photo; else its name tells, or nothing does."""
    said = keep(store, Files(data), name)
    assert said is not None
    assert (kind, mime) == (said.kind, said.mime)
    assert (kind == "photo") is (said.width > 0)


def test_a_picture_is_told_by_the_first_piece(store: SqliteStore) -> None:
    """Not by what follows."""
    said = keep(store, Files(picture(more=PIECE)))
    assert said is not None
    assert ("photo", len(picture(more=PIECE))) == (said.kind, said.size)
