"""The end of a blob's days: what is put again in that moment stays, and what cannot be erased is tried again."""

from __future__ import annotations

import errno
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from nullabona.machine import erasing
from nullabona.relay.store import files
from nullabona.relay.store.files import FileBlobStore
from nullabona.wire.messages import Done, PutBlob
from tests.relay.peers import RunningRelay

DAY = 20_000
CHUNKS = [b"one chunk", b"another chunk"]
DIGESTS = [sha256(chunk).digest() for chunk in CHUNKS]


def test_a_chunk_that_is_put_again_while_it_is_erased_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was told that a chunk is kept finds it as it was; the others of that day are erased all the same."""
    store = FileBlobStore(tmp_path)
    erase = erasing.erase

    def erase_while_both_are_put(path: Path) -> None:
        monkeypatch.setattr(files, "erase", erase)
        with path.open("rb"):
            for digest, chunk in zip(DIGESTS, CHUNKS, strict=True):
                store.put(digest, chunk, DAY + 30)
            erase(path)

    for digest, chunk in zip(DIGESTS, CHUNKS, strict=True):
        store.put(digest, chunk, DAY)
    store.put(sha256(b"old").digest(), b"old", DAY)
    monkeypatch.setattr(files, "erase", erase_while_both_are_put)
    store.expire(DAY + 1)
    assert [*CHUNKS, None] == [store.get(digest) for digest in [*DIGESTS, sha256(b"old").digest()]]
    assert {"30", "incoming"} == {path.name.removeprefix("200") for path in (tmp_path / "blobs").iterdir()}


def test_times_are_blurred_while_chunks_are_put_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk that moves to another day meanwhile keeps none of the others from it."""
    store = FileBlobStore(tmp_path)
    store.put(DIGESTS[0], CHUNKS[0], DAY)
    gone = tmp_path / "blobs" / str(DAY) / "00" / "gone"
    monkeypatch.setattr(store, "_files", lambda _day: iter([gone]))
    store.blur()
    assert CHUNKS[0] == store.get(DIGESTS[0])


def test_what_could_not_be_erased_is_tried_again(
    run: Callable[..., RunningRelay], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A moment without descriptors, say, leaves no chunk on the disk for a day longer than promised."""
    relay = run()
    assert Done() == relay.client().ask(PutBlob(DIGESTS[0], CHUNKS[0]))
    erase = erasing.erase

    def no_descriptor(_path: Path) -> None:
        raise OSError(errno.EMFILE, "no")

    monkeypatch.setattr(files, "erase", no_descriptor)
    relay.tick(days=31)
    relay.settle()
    monkeypatch.setattr(files, "erase", erase)
    relay.tick(seconds=61)
    relay.settle()
    assert ["incoming"] == [path.name for path in (relay.data / "blobs").iterdir()]
    assert [] == list((relay.data / "blobs" / "incoming").iterdir())
