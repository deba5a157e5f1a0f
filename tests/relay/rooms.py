"""Where blobs of several processes wait, and where these agree on keys: in memory, and on a real engine."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from nullabona.processes.engine import EngineCluster
from nullabona.relay.shelves.engine.access import KEEPER, RELAY
from nullabona.relay.shelves.engine.shared_blobs import SharedBlobs
from nullabona.relay.store.key_ring import Known, Waiting
from tests.relay.engines import address_of


class Listed(NamedTuple):
    digest: bytes
    expiry_day: int
    size: int


class MemoryRoom:
    """A `WaitingRoom` and an `Agreement`. ``changed`` makes each change, or does not."""

    def __init__(self) -> None:
        self.blobs: dict[bytes, Waiting] = {}
        self.floor = self.turned = 0
        self.marks: dict[bytes, int] = {}
        self.names: tuple[bytes, ...] = ()
        self.days: dict[int, tuple[bytes, ...]] = {}
        self.due = False
        self.changed: Callable[[str, Callable[[], None]], None] = lambda _what, change: change()

    def put(self, digest: bytes, data: bytes, expiry_day: int) -> None:
        held = self.blobs.get(digest)
        waiting = Waiting(data, max(expiry_day, held.expiry_day if held else 0))

        def change() -> None:
            self.marks.pop(digest, None)
            self.blobs[digest] = waiting

        self.changed("put", change)

    def get(self, digest: bytes) -> Waiting | None:
        return self.blobs.get(digest)

    def drop(self, digest: bytes, expiry_day: int | None = None) -> bool:
        if expiry_day is not None and self.marks.get(digest, expiry_day + 1) <= expiry_day:
            del self.marks[digest]
            return True
        held = self.blobs.get(digest)
        if held is None or (expiry_day is not None and held.expiry_day > expiry_day):
            return False
        self.changed("drop", lambda: self.blobs.__delitem__(digest))
        return True

    def waiting(self) -> Sequence[Listed]:
        marks = [Listed(digest, day, 0) for digest, day in self.marks.items()]
        return [*marks, *(Listed(digest, held.expiry_day, len(held.data)) for digest, held in self.blobs.items())]

    def mark_erased(self, digest: bytes, expiry_day: int) -> bool:
        held = self.blobs.get(digest)
        last = max(expiry_day, held.expiry_day if held else 0, self.marks.get(digest, 1) - 1)

        def change() -> None:
            self.blobs.pop(digest, None)
            if last:
                self.marks[digest] = last + 1

        self.changed("mark", change)
        return held is not None

    def is_erased(self, digest: bytes) -> bool:
        return digest in self.marks

    def begins_batch(self, every_s: int) -> bool:
        due, self.due = self.due, False
        return due

    def turns(self, day: int) -> bool:
        mine = day > self.turned
        self.turned = max(day, self.turned)
        return mine

    def agree(
        self, name_key: bytes, names: Sequence[bytes], days: Mapping[int, Sequence[bytes]], *, day: int | None,
        day_key: bytes,
    ) -> Known:  # fmt: skip
        def change() -> None:
            self.names = tuple(dict.fromkeys([*self.names, *names])) or (name_key,)
            for each, keys in days.items():
                if each >= self.floor:
                    self.days[each] = tuple(dict.fromkeys([*self.days.get(each, ()), *keys]))
            if day is not None and day >= self.floor:
                self.days.setdefault(day, (day_key,))

        self.changed("agree", change)
        return Known(self.floor, self.names, dict(self.days))

    def erase(self, before: int) -> None:
        def change() -> None:
            self.floor = max(self.floor, before)
            self.days = {each: keys for each, keys in self.days.items() if each >= self.floor}

        self.changed("erase", change)


class LoopThread:
    """A loop on a thread of its own, as a relay has it beside the threads that work on blobs."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class EngineRooms:
    """Processes of one name on an engine: each has a driver of its own."""

    def __init__(self, cluster: EngineCluster, name: str = "") -> None:
        from nullabona.relay.shelves.engine.cluster import connect_driver
        from nullabona.relay.shelves.engine.keeper import load_functions

        self._cluster = cluster
        self._name = name or secrets.token_hex(4)
        self._thread = LoopThread()
        self._rooms: list[SharedBlobs] = []
        self._connect = connect_driver

        async def load() -> None:
            keeper = await connect_driver(address_of(cluster), KEEPER)
            await load_functions(keeper)
            await keeper.close()

        asyncio.run_coroutine_threadsafe(load(), self._thread.loop).result()

    def room(self) -> SharedBlobs:
        """What one process has."""
        made = SharedBlobs(self._name, lambda: self._connect(address_of(self._cluster), RELAY))
        asyncio.run_coroutine_threadsafe(made.begin(), self._thread.loop).result()
        self._rooms.append(made)
        return made

    @classmethod
    @contextmanager
    def on(cls, folder: Path) -> Iterator[EngineRooms]:
        """On a cluster of two shards of its own."""
        cluster = EngineCluster(folder, primaries=2)
        try:
            made = cls(cluster)
            try:
                yield made
            finally:
                made.close()
        finally:
            cluster.close()

    def close(self) -> None:
        for room in self._rooms:
            asyncio.run_coroutine_threadsafe(room.close(), self._thread.loop).result()
        self._thread.close()
