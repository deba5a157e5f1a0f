"""Buckets for tests: obstore's own in memory, and what stands between a store and a bucket to fail or to watch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from obstore.store import MemoryStore

from nullabona.relay.store.blob_keys import BlobKeys
from nullabona.relay.store.interface import StoreFailed
from nullabona.relay.store.objects import ObjectBlobStore, Objects
from nullabona.relay.store.s3 import S3Objects


class Crash(Exception):
    """The process ends here."""


class Watched:
    """`Objects` that notes every change and may fail before or after the n-th of them."""

    def __init__(self, objects: Objects | None = None) -> None:
        self.objects = objects or S3Objects(MemoryStore())
        self.changes: list[tuple[str, ...]] = []
        self.before: Callable[[int], None] = lambda _number: None
        self.after: Callable[[int], None] = lambda _number: None

    def put(self, name: str, data: bytes) -> None:
        self._change(("put", name), lambda: self.objects.put(name, data))

    def delete(self, names: Sequence[str]) -> None:
        if names:
            self._change(("delete", *names), lambda: self.objects.delete(names))

    def get(self, name: str) -> bytes | None:
        return self.objects.get(name)

    def begin(self, name: str, size: int) -> bytes | None:
        return self.objects.begin(name, size)

    def names(self, prefix: str) -> list[str]:
        return self.objects.names(prefix)

    def everything(self) -> set[str]:
        return {*self.names("blobs/"), *self.names("days/")}

    def _change(self, what: tuple[str, ...], change: Callable[[], None]) -> None:
        number = len(self.changes)
        self.before(number)
        change()
        self.changes.append(what)
        self.after(number)


def crash_at(number: int) -> Callable[[int], None]:
    """Ends the process at one change."""

    def look(at: int) -> None:
        if at == number:
            raise Crash

    return look


def fail_from(number: int) -> Callable[[int], None]:
    """The object store fails from one change on."""

    def look(at: int) -> None:
        if at >= number:
            raise StoreFailed("planted")

    return look


def bucket_store(objects: Objects, directory: Path | None = None) -> ObjectBlobStore:
    """A store in ``objects``, with its keys in ``directory``, or in memory."""
    return ObjectBlobStore(objects, BlobKeys(directory))
