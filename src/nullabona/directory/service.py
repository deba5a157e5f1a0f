"""The directory as a `Service`: publish, look up, delete (spec/directory.md §6). Holds the clock and one writer thread.

Commit, then speak: changes that arrive while a transaction is on its way to the disk form the next one, and each is
answered after its own has committed. A lookup leaves no trace: no line, no counter per handle, no cache.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from nullabona.directory.core.decide import decide_delete, decide_publish, reason_for
from nullabona.directory.core.limits import Bucket, Limits, PerHandle
from nullabona.directory.core.records import CardLog, Decision, Keep, Known, NoLog, Nothing, Refuse, held_mark
from nullabona.directory.core.refusal import BUSY, NOT_FOUND, SLOW_DOWN, refuse
from nullabona.directory.store.interface import CardStore, StoreFailed
from nullabona.directory.store.memory import MemoryCardStore
from nullabona.directory.store.sqlite import FILE, SqliteCardStore, connect_reader, find_known
from nullabona.errors import Bug, PeerError
from nullabona.wire.card import UnverifiedCard, UnverifiedDelete, decode_card, decode_delete
from nullabona.wire.handle import Handle, parse_handle, skeleton
from nullabona.wire.messages import AnyResponse, CardFound, DeleteCard, Done, LookupCard, PublishCard, Request
from nullabona.wire.producible import produce
from nullabona.wire.service import Handler

BATCH: Final = 256
"""Most changes in one transaction."""
SCRUB_S: Final = 5.0
"""Longest time that erased rows stay in the write-ahead log under load; without load it is emptied at once."""
RETRY_S: Final = 5

_Wish: TypeAlias = UnverifiedCard | UnverifiedDelete


@dataclass(frozen=True, slots=True)
class _Waiting:
    wish: _Wish
    answer: asyncio.Future[AnyResponse]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time, as the service reads it."""

    today: Callable[[], int] = lambda: int(time.time() // 86_400)
    """Whole days since 1970-01-01, UTC."""
    seconds: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What an operator or a test may choose."""

    limits: Limits = field(default_factory=Limits)
    clock: Clock = field(default_factory=Clock)
    log: CardLog = field(default_factory=NoLog)


def open_directory(data_dir: Path | None, host: str, options: Options | None = None) -> DirectoryService:
    """The directory of the handles at ``host`` (``name[:port]``), kept in ``data_dir`` or, if None, in memory only.

    Raises `HandleHost`, or what `SqliteCardStore` raises.
    """
    authority = parse_handle(f"xx@{host}").authority
    store = MemoryCardStore() if data_dir is None else SqliteCardStore(data_dir)
    return DirectoryService(store, authority, options or Options())


def read_producible(data_dir: Path, handle: str) -> dict[str, object]:
    """As `DirectoryService.producible`, read from the files of a directory, running or not. Raises `HandleError`."""
    wanted = parse_handle(handle)
    with closing(connect_reader(data_dir / FILE)) as reader:
        known = find_known(reader, *_keys(wanted))
    return produce(wanted, known.current, known.held_until)


class DirectoryService:
    """Answers the three requests about cards."""

    def __init__(self, store: CardStore, host: str, options: Options) -> None:
        self._store = store
        self._host = host
        self._clock = options.clock
        self._log = options.log
        now = options.clock.seconds()
        self._lookups = Bucket(options.limits.lookups, now)
        self._changes = Bucket(options.limits.changes, now)
        self._per_handle = PerHandle(options.limits.changes_per_handle, options.limits.handles_counted)
        self._most_waiting = options.limits.waiting_changes
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "cards")
        self._released = -1
        self._scrubbed = now

    def handlers(self) -> Mapping[type[Request], Handler]:
        """See `nullabona.wire.service.Service`."""
        return {PublishCard: self.publish, LookupCard: self.look_up, DeleteCard: self.delete}

    async def publish(self, request: PublishCard) -> AnyResponse:
        """Register the card's handle or replace its card. Repeating is harmless."""
        return await self._change(decode_card, request.card)

    async def delete(self, request: DeleteCard) -> AnyResponse:
        """Erase the card that the statement is about. Repeating is harmless."""
        return await self._change(decode_delete, request.statement)

    async def look_up(self, request: LookupCard) -> AnyResponse:
        """The card of a name, for whoever asks."""
        if wait := self._lookups.take(self._clock.seconds()):
            return refuse(SLOW_DOWN, wait)
        try:
            stored = self._store.find(request.name)
        except StoreFailed:
            return refuse(BUSY, RETRY_S)
        return refuse(NOT_FOUND) if stored is None else CardFound(stored.encoded)

    def producible(self, handle: str) -> dict[str, object]:
        """Everything that this directory can hand over about ``handle``. Raises `HandleError` or `StoreFailed`."""
        wanted = parse_handle(handle)
        known = self._store.committed(*_keys(wanted))
        return produce(wanted, known.current, known.held_until)

    async def close(self) -> None:
        """Finish what was accepted, scrub, let go. Harmless when repeated."""
        if self._writing is not None:
            await self._writing
        await asyncio.to_thread(self._thread.shutdown)
        self._store.close()

    async def _change(self, decode: Callable[[bytes], _Wish], data: bytes) -> AnyResponse:
        if wait := self._changes.take(self._clock.seconds()):
            return refuse(SLOW_DOWN, wait)
        if len(self._waiting) >= self._most_waiting:
            return refuse(BUSY, RETRY_S)
        try:
            wish = decode(data)
        except PeerError as error:
            return refuse(reason_for(error))
        waiting = _Waiting(wish, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await waiting.answer

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            wishes = [waiting.wish for waiting in batch]
            try:
                answers = await loop.run_in_executor(self._thread, self._commit, wishes)
            except Exception as error:  # noqa: BLE001 - a bug of ours; the carrier answers busy and counts it
                _fail(batch, error)
                continue
            _speak(batch, answers)
            if not self._waiting or self._clock.seconds() - self._scrubbed > SCRUB_S:
                await loop.run_in_executor(self._thread, self._scrub)

    def _commit(self, wishes: list[_Wish]) -> list[AnyResponse]:
        """Decide and keep in one transaction. Runs in the writer thread."""
        today = self._clock.today()
        try:
            with self._store.transaction():
                if today != self._released:
                    self._store.release(today)
                answers = [self._decide(wish, today) for wish in wishes]
        except StoreFailed:
            return [refuse(BUSY, RETRY_S)] * len(wishes)
        self._released = today
        return answers

    def _decide(self, wish: _Wish, today: int) -> AnyResponse:
        known = self._store.known(*_keys(wish.handle))
        try:
            decision = self._decision(wish, known, today)
        except Bug:
            return refuse(BUSY, RETRY_S)
        if isinstance(decision, Refuse):
            return refuse(decision.reason)
        if isinstance(decision, Nothing):
            return Done()
        if isinstance(decision, Keep) and (wait := self._per_handle.take(decision.card.name, self._clock.seconds())):
            return refuse(SLOW_DOWN, wait)
        self._store.apply(decision)
        self._log.append(decision.entry)
        return Done()

    def _decision(self, wish: _Wish, known: Known, today: int) -> Decision:
        if isinstance(wish, UnverifiedCard):
            return decide_publish(wish, known, host=self._host, today=today)
        return decide_delete(wish, known, host=self._host, today=today)

    def _scrub(self) -> None:
        """A scrub that fails now is tried again after the next change and at the end."""
        self._scrubbed = self._clock.seconds()
        try:
            self._store.scrub()
        except StoreFailed:
            return


def _keys(handle: Handle) -> tuple[str, str, bytes]:
    return handle.name, skeleton(handle.name), held_mark(handle)


def _speak(batch: list[_Waiting], answers: list[AnyResponse]) -> None:
    for waiting, answer in zip(batch, answers, strict=True):
        if not waiting.answer.done():
            waiting.answer.set_result(answer)


def _fail(batch: list[_Waiting], error: Exception) -> None:
    for waiting in batch:
        if not waiting.answer.done():
            waiting.answer.set_exception(error)
