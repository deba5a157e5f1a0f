"""Shelves of every kind, and one who asks them and notes what they report."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from nullabona.drills.failover.asking import DAY, PATIENCE_S, Asker, Desk
from nullabona.relay.core.limits import Limits
from nullabona.relay.shelves.port import Answers, Arrival, Kept, Shelf
from nullabona.relay.shelves.stored import StoredShelf
from nullabona.relay.store.interface import BoxStore
from nullabona.relay.store.memory import MemoryBoxStore
from nullabona.relay.store.sqlite import SqliteBoxStore
from nullabona.relay.writer import InlineWriter
from nullabona.wire.messages import AnyResponse, Frames

__all__ = [
    "DAY", "PATIENCE_S", "Asker", "MemoryPlace", "Outcome", "Place", "Rig", "SqlitePlace", "stored",
]  # fmt: skip


class Rig(Desk):
    """A shelf on the running loop, asked as `BoxService` asks it, that remembers all it was told."""

    def __init__(self, shelf: Shelf, limits: Limits) -> None:
        super().__init__(shelf, limits)
        self.arrivals: list[Arrival] = []
        self.makers: list[object] = []
        self.failures: list[Exception] = []
        self.faults: list[str] = []
        self.waiting: set[bytes] = set()
        self.moves: list[bytes] = []
        self._stirred: deque[asyncio.Future[None]] = deque()

    async def end(self) -> None:
        """Nothing is under way, and nothing failed."""
        await self.shelf.drain()
        await self.shelf.close()
        assert ([], []) == (self.failures, self.faults)

    # -- what it asks

    async def trim(self, address: bytes, upto: int) -> AnyResponse:
        number, future = self.asked()
        self.shelf.trim(self.caller, number, address, upto)
        return await asyncio.wait_for(future, PATIENCE_S)

    async def open(self, address: bytes) -> None:
        self.shelf.open_inbox(address)
        await self.shelf.drain()

    async def leave_wake(self, address: bytes, secret: bytes) -> None:
        """Look, as an owner does, and leave a wake for what comes next."""
        looked = asyncio.get_running_loop().create_future()

        def done(found: Frames | None, own_day: int) -> None:
            assert found is not None
            self.shelf.leave_wake(address, found.incarnation, found.head, secret)
            looked.set_result(None)

        self.shelf.look(address, 0, 1, done)
        await asyncio.wait_for(looked, PATIENCE_S)
        await self.shelf.drain()

    async def wait_at(self, address: bytes, after: int) -> None:
        """Wait there as a reader does, which looked and found nothing."""
        looked = asyncio.get_running_loop().create_future()

        def done(found: Frames | None, own_day: int) -> None:
            assert found is not None
            assert not found.frames
            self.waiting.add(address)
            self.shelf.watch(address)
            looked.set_result(None)

        self.shelf.look(address, after, 1_000, done)
        await asyncio.wait_for(looked, PATIENCE_S)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return once ``holds`` is true after something was reported."""
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                future = asyncio.get_running_loop().create_future()
                self._stirred.append(future)
                await future

    # -- what it is told

    def kept(self, kept: Kept) -> None:
        self.arrivals += kept.arrivals
        self.makers += kept.makers
        assert kept.frames == sum(len(arrival.bodies) for arrival in kept.arrivals)
        assert kept.size == sum(len(body) for arrival in kept.arrivals for _, body in arrival.bodies)
        super().kept(kept)
        self._stir()

    def failed(self, error: Exception, answers: Answers) -> None:
        self.failures.append(error)
        super().failed(error, answers)
        self._stir()

    def moved(self, address: bytes) -> None:
        self.moves.append(address)
        self._stir()

    def waits_at(self, address: bytes) -> bool:
        return address in self.waiting

    def fault(self, kind: str, error: Exception) -> None:
        self.faults.append(f"{kind} {error!r}")

    def _stir(self) -> None:
        while self._stirred:
            self._stirred.popleft().set_result(None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of all boxes when the place where they are kept begins again."""

    gone: bool = False
    renamed: bool = False
    """Each box that is appended to has a new incarnation, and goes on counting."""


class Place(Protocol):
    """Where boxes of one kind are kept, for one test."""

    outcome: ClassVar[Outcome]

    async def shelf(self, limits: Limits) -> Shelf:
        """A shelf there, on the running loop. Several at once only if the kind can."""
        ...

    async def begin_again(self) -> None:
        """Stop and start what keeps the boxes; shelves made before are not to be used."""
        ...

    async def close(self) -> None: ...


class MemoryPlace:
    """Gone with the process."""

    outcome: ClassVar = Outcome(gone=True)

    def __init__(self) -> None:
        self._store: BoxStore = MemoryBoxStore()

    async def shelf(self, limits: Limits) -> Shelf:
        return stored(self._store, limits)

    async def begin_again(self) -> None:
        self._store = MemoryBoxStore()

    async def close(self) -> None: ...


class SqlitePlace:
    """In a file."""

    outcome: ClassVar = Outcome()

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._store = SqliteBoxStore(folder)

    async def shelf(self, limits: Limits) -> Shelf:
        return stored(self._store, limits)

    async def begin_again(self) -> None:
        self._store.close()
        self._store = SqliteBoxStore(self._folder)

    async def close(self) -> None:
        self._store.close()


def stored(store: BoxStore, limits: Limits) -> StoredShelf:
    """A shelf on a store, written on the running loop."""
    writer = InlineWriter(asyncio.get_running_loop())
    return StoredShelf(store, writer, limits, rng=secrets.randbits, on_gone=lambda error: None)
