"""What relay processes of one name share of their blobs, in the engine: those that wait for a bucket, and the keys that
seal them (spec/engine.md §8).

Blobs are worked on by threads and the engine is spoken to on the loop, so every call but `begin` and `close` is made on
a thread and waits: on the loop it would wait for itself. Blobs have connections of their own, so that no frame waits
behind one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from typing import Any, Final, NamedTuple, TypeVar

from nullabona.relay.shelves.engine.access import (
    BLOB_DROP,
    BLOB_GET,
    BLOB_LIST,
    BLOB_PUT,
    BLOB_WIPE,
    BLOB_WIPED,
    BLOBS,
    KEYS_AGREE,
    KEYS_BATCH,
    KEYS_ERASE,
    KEYS_TURN,
    NAMED,
)
from nullabona.relay.shelves.engine.driver import Command, Driver, EngineFailed, EngineFull, Reply, SlotMap
from nullabona.relay.store.interface import StoreFailed
from nullabona.relay.store.key_ring import KEY_SIZE, Known, Waiting

T = TypeVar("T")
_LOOKED_AT: Final = b"500"
"""About how many keys of a node one call looks at."""
_DAY: Final = 2


class Listed(NamedTuple):
    """A blob that waits, without its bytes; or the mark of one that was erased, of no bytes."""

    digest: bytes
    expiry_day: int
    size: int


class BlobsFull(StoreFailed):
    """The engine has no room for the blob: nothing was done."""

    code = "engine-blobs-full"
    default_hint = "give its nodes more memory, or the cluster another shard"


class SharedBlobs:
    """Those of the relay ``name``, on the engine that ``connect`` reaches. Raises `StoreFailed` where the engine does
    not do what it is asked, before `begin`, and after `close`.
    """

    def __init__(self, name: str, connect: Callable[[], Awaitable[Driver]]) -> None:
        self._connect = connect
        self._driver: Driver
        self._loop: asyncio.AbstractEventLoop | None = None
        self._prefix = BLOBS + name.encode() + b":"
        self._hash = NAMED + b"{" + name.encode() + b"}:blobs"

    async def begin(self) -> None:
        """On the loop, and first. Raises `EngineUnreachable`."""
        self._driver = await self._connect()
        self._loop = asyncio.get_running_loop()

    async def close(self) -> None:
        """On the loop; harmless if `begin` did not come that far."""
        if self._loop is not None:
            self._loop = None
            await self._driver.close()

    # -- blobs that wait

    def put(self, digest: bytes, data: bytes, expiry_day: int) -> None:
        """Have it wait until that day at least."""
        self._ask(BLOB_PUT, self._prefix + digest, b"%d" % expiry_day, data)

    def get(self, digest: bytes) -> Waiting | None:
        """The blob, if it waits."""
        held = self._ask(BLOB_GET, self._prefix + digest, only=True)
        assert isinstance(held, bytes)
        day = int.from_bytes(held[:_DAY], "big")
        return Waiting(held[_DAY:], day) if day else None  # what has no day is the mark of one that was erased

    def drop(self, digest: bytes, expiry_day: int | None = None) -> bool:
        """Forget it, unless it was put with a later day than this since; whether it was there."""
        days = () if expiry_day is None else (b"%d" % expiry_day,)
        return self._ask(BLOB_DROP, self._prefix + digest, *days) == 1

    def mark_erased(self, digest: bytes, expiry_day: int) -> bool:
        """Forget it and leave a mark, until after the day of what waits and until after this one; whether it waited.

        What is put after that is kept.
        """
        return self._ask(BLOB_WIPE, self._prefix + digest, b"%d" % expiry_day) == 1

    def is_erased(self, digest: bytes) -> bool:
        """Whether there is a mark."""
        return self._ask(BLOB_WIPED, self._prefix + digest, only=True) == 1

    def waiting(self) -> list[Listed]:
        """All that wait or were erased, each once. What comes meanwhile may be among them or not."""
        slots = self._run(self._shards)
        if slots is None:
            raise StoreFailed("the engine does not answer")
        found: dict[bytes, Listed] = {}
        for node in sorted(slots.nodes):
            for listed in self._at(node):
                found[listed.digest] = listed
        return list(found.values())

    async def _shards(self) -> SlotMap | None:
        return await self._driver.shards()

    def _at(self, node: str) -> Iterator[Listed]:
        cursor = b"0"
        pattern = _escaped(self._prefix) + b"*"
        while True:
            command = (b"FCALL_RO", BLOB_LIST, b"0", cursor, _LOOKED_AT, pattern)
            reply = _judged(self._run(lambda command=command: self._driver.ask_node(node, command)))  # type: ignore[misc]
            assert isinstance(reply, list)
            cursor, *rest = reply
            for key, day, size in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
                yield Listed(key[len(self._prefix) :], day, size)
            if cursor == b"0":
                return

    # -- keys, and whose turn it is

    def agree(self, name_key: bytes, names: Sequence[bytes], days: Mapping[int, Sequence[bytes]], *, day: int | None,
              day_key: bytes) -> Known:  # fmt: skip
        """Tell the others what keys are known here, and hear what they know. ``name_key`` and ``day_key`` are taken if
        there is none of names, or of ``day``.
        """
        told = [word for each, keys in days.items() for word in (b"%d" % each, b"".join(keys))]
        wanted = b"" if day is None else b"%d" % day
        reply = self._ask(KEYS_AGREE, self._hash, name_key, wanted, day_key, b"".join(names), *told)
        assert isinstance(reply, list)
        floor, held, *rest = reply
        return Known(floor, _keys(held), {each: _keys(keys) for each, keys in zip(rest[::2], rest[1::2], strict=True)})

    def erase(self, before: int) -> None:
        """Erase the keys of all days before this one, for all processes."""
        self._ask(KEYS_ERASE, self._hash, b"%d" % before)

    def begins_batch(self, every_s: int) -> bool:
        """Whether it is time for a batch, which this process is to write."""
        return self._ask(KEYS_BATCH, self._hash, b"%d" % every_s) == 1

    def turns(self, day: int) -> bool:
        """Whether this process is to delete what expired before ``day``."""
        return self._ask(KEYS_TURN, self._hash, b"%d" % day) == 1

    def _ask(self, function: bytes, key: bytes, *arguments: bytes, only: bool = False) -> Reply:
        command: Command = (b"FCALL_RO" if only else b"FCALL", function, b"1", key, *arguments)
        (reply,) = self._run(lambda: self._driver.call([command]))
        return _judged(reply)

    def _run(self, call: Callable[[], Awaitable[T]]) -> T:
        async def run() -> T:
            return await call()

        loop = self._loop
        if loop is None:
            raise StoreFailed("this process does not speak to the engine")
        try:
            return asyncio.run_coroutine_threadsafe(run(), loop).result()
        except CancelledError as error:
            raise StoreFailed("this process ends") from error


def _judged(reply: Reply) -> Any:  # noqa: ANN401 - what a function answers
    if isinstance(reply, EngineFull):
        raise BlobsFull("the engine has no room for another blob") from reply
    if isinstance(reply, EngineFailed):
        raise StoreFailed("the engine failed") from reply
    return reply


def _keys(held: bytes) -> tuple[bytes, ...]:
    return tuple(held[at : at + KEY_SIZE] for at in range(0, len(held), KEY_SIZE))


def _escaped(prefix: bytes) -> bytes:
    """The same for a pattern of SCAN."""
    return b"".join(b"\\" + bytes([one]) if one in b"*?[]\\^-" else bytes([one]) for one in prefix)
