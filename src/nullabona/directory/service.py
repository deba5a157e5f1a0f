"""The directory as a `Service`: publish, look up, watch, delete (spec/directory.md §6). Holds the clock and one writer.

Commit, then speak: changes that arrive during a transaction form the next one, and each is answered after its own has
committed. A lookup leaves no trace: no log line, no counter per handle, no cache. Once a period the public record
closes an epoch; every answer is proven under the newest published one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Final, TypeVar

from nullabona.directory.core.allowance import Allowance, by_turns
from nullabona.directory.core.decide import Admitted, decide, keys_of, reason_for
from nullabona.directory.core.limits import Limits
from nullabona.directory.core.records import Keep, Known, Nothing, Refuse, Spent, held_mark
from nullabona.directory.core.refusal import BUSY, HANDLE_REFUSED, NOT_FOUND, SLOW_DOWN, TOKEN_REFUSED, refuse
from nullabona.directory.core.registering import Admission
from nullabona.directory.epochs import EpochKeeper
from nullabona.directory.figures import figures_of, standstill_of
from nullabona.directory.health import Health
from nullabona.directory.lapsing import Lapsing
from nullabona.directory.looking_up import LookUps
from nullabona.directory.opening import RecordOptions, open_record, open_store
from nullabona.directory.producing import hand_over
from nullabona.directory.record import PublicRecord, Served
from nullabona.directory.store.interface import CardStore, StoreFailed
from nullabona.directory.store.rows import find_holding
from nullabona.directory.store.sqlite import FILE, connect_reader
from nullabona.directory.waiting import ChangeRequest, Waiting, answer_all, fail_all
from nullabona.directory.whole_map import WholeMap
from nullabona.errors import Bug, Malformed, PeerError
from nullabona.log.key_change import FOLDER as CHANGES
from nullabona.log.key_change import MOST as MOST_CHANGES
from nullabona.log.tiles import parse_tile_path
from nullabona.machine.opening import opening
from nullabona.machine.timekeeping import ClockGuard, Clocks
from nullabona.sequencer import PENDING
from nullabona.wire.card import UnverifiedCard, card_hash, decode_card, decode_delete
from nullabona.wire.handle import Handle, HandleError, parse_handle
from nullabona.wire.message import Request
from nullabona.wire.messages import (
    AnyResponse,
    Blob,
    CardTaken,
    DeleteCard,
    DescribeLog,
    Done,
    LogFile,
    LookupCard,
    PublishCard,
    WatchHandle,
)
from nullabona.wire.service import ASKER, Asker, Carrier, Handler

BATCH: Final = 32
"""Most changes in one transaction: a new request waits for the current one."""
SCRUB_S: Final = 5.0
"""Most seconds that erased rows stay in the write-ahead log under load; without load it is emptied at once."""
RETRY_S: Final = 5
_FILES: Final = frozenset({"checkpoint", PENDING, *(f"{CHANGES}/{number}" for number in range(MOST_CHANGES))})
DOCKET: Final = "docket/"
_ASKER_OF: Final = attrgetter("asker")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time, as the service reads it."""

    today: Callable[[], int] = lambda: int(time.time() // 86_400)
    """Whole days since 1970-01-01, UTC."""
    seconds: Callable[[], float] = time.monotonic
    now: Callable[[], int] = lambda: int(time.time())
    """Seconds since 1970-01-01, UTC: when an epoch closes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options for operators and tests."""

    limits: Limits = field(default_factory=Limits)
    admission: Admission = field(default_factory=Admission)
    clock: Clock = field(default_factory=Clock)
    record: RecordOptions = field(default_factory=RecordOptions)
    guard: ClockGuard | None = None
    """Checks the clock for the whole process; None: a new guard for ``clock``."""


def open_directory(data_dir: Path | None, host: str, options: Options | None = None) -> DirectoryService:
    """The directory of the handles at ``host`` (``name[:port]``), kept in ``data_dir`` or, if None, in memory only.

    Nothing is served before `DirectoryService.begin` or `DirectoryService.advance`. Raises `HandleHost`, or the error
    of a store, key file or log that cannot be opened.
    """
    chosen = options or Options()
    authority = parse_handle(f"xx@{host}").authority
    store = open_store(data_dir, chosen.record.store)
    try:
        record = open_record(data_dir, authority, store, chosen.record)
    except BaseException:
        store.close()
        raise
    return DirectoryService(store, record, authority, chosen)


def read_producible(data_dir: Path, handle: str) -> dict[str, object]:
    """As `DirectoryService.producible`, read from a directory's files, running or not; raises also `PathUnusable`."""
    wanted = parse_handle(handle)
    with opening(data_dir / FILE), closing(connect_reader(data_dir / FILE)) as reader:
        found = find_holding(reader, wanted.name, held_mark(wanted))
    return hand_over(wanted, found)


class DirectoryService:
    """Answers the requests about cards and about the public record."""

    def __init__(self, store: CardStore, record: PublicRecord, host: str, options: Options) -> None:
        self._store = store
        self._record = record
        self._host = host
        self._docket = options.record.docket_files
        self._clock = options.clock
        self._guard = options.guard or ClockGuard(Clocks(options.clock.now, options.clock.seconds))
        if record.closed_s is not None:
            self._guard.know(record.closed_s)
        now = options.clock.seconds()
        self._allowance = Allowance(options.limits, now)
        self._admission = options.admission
        self._most_waiting = options.limits.waiting_changes
        self._waiting: list[Waiting] = []
        self._writing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "cards")
        self._aside = ThreadPoolExecutor(1, "record")
        self._lookups = LookUps(remote=store.remote)
        self._released = -1
        self._lapsing = Lapsing(store, host, record.place)
        self._scrubbed = now
        self._accounts = 0
        """How many cards there were when the last epoch was closed."""
        self._health = Health()
        self._epochs = EpochKeeper(
            record, options.clock.now, self._guard, self._health, self._in_writer, self._beside, self._count
        )
        self._whole = WholeMap(record.lists, self._epochs, self._lookups, self._health, self._too_often)

    def handlers(self) -> Mapping[type[Request], Handler]:
        """See `nullabona.wire.service.Service`."""
        cards: dict[type[Request], Handler] = {PublishCard: self.publish, DeleteCard: self.delete}
        shown: dict[type[Request], Handler] = {LookupCard: self.look_up, WatchHandle: self.watch}
        return {**cards, **shown, **self._whole.handlers(), DescribeLog: self.describe, LogFile: self.log_file}

    # -- epochs ---------------------------------------------------------------------------------------------------

    def settle_in(self, carrier: Carrier) -> None:
        """See `nullabona.wire.service.Resident`."""
        self._health.carrier = carrier

    @property
    def trouble(self) -> str:
        """See `nullabona.wire.service.Resident`."""
        return self._health.trouble

    def hold(self) -> None:
        """Show and sign nothing before `begin` has asked the witnesses what they hold."""
        self._epochs.hold()

    def begin(self) -> None:
        """Close an epoch every period, while the clock is trusted, until `close`. On a running loop."""
        self._epochs.begin(self.advance)

    async def advance(self, *, force: bool = False) -> None:
        """Close the open epoch if it is time (or ``force``), and have closed epochs witnessed and served.

        Raises what the store, the log or its witnesses raise; the next call continues from there.
        """
        today = await self._in_writer(self._release)
        while await self._in_writer(lambda: self._lapsing.some(today)):
            pass
        await self._epochs.advance(force=force)
        await self._in_writer(self._scrub)

    def _count(self) -> None:
        """An epoch was closed. In the writer's thread."""
        self._accounts = self._store.count()

    async def _in_writer(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _beside(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._aside, work)

    # -- requests -------------------------------------------------------------------------------------------------

    async def publish(self, request: PublishCard) -> AnyResponse:
        """Register the card's handle or replace its card. Repeating is harmless."""
        return await self._change(decode_card, request.card, request.token)

    async def delete(self, request: DeleteCard) -> AnyResponse:
        """Erase the card that the statement is about. Repeating is harmless."""
        return await self._change(decode_delete, request.statement)

    async def look_up(self, request: LookupCard) -> AnyResponse:
        """The record's answer for a name."""
        return await self._about(request.name, lambda of, served: self._lookups.run(lambda: self._answer(of, served)))

    async def watch(self, request: WatchHandle) -> AnyResponse:
        """The entries of a name in the epochs after a given one."""
        record, after = self._record, request.after
        if self._lookups.remote:
            run = self._lookups.run
            return await self._about(
                request.name, lambda of, served: run(lambda: record.watch_at_once(of, after, served))
            )
        return await self._about(request.name, lambda of, served: record.watch(of, after, served))

    async def _about(self, name: str, work: Callable[[Handle, Served], Awaitable[AnyResponse]]) -> AnyResponse:
        if wait := self._too_often():
            return refuse(SLOW_DOWN, wait)
        served = await self._epochs.served()
        handle = self._handle(name)
        if served is None or handle is None:
            return refuse(HANDLE_REFUSED) if handle is None else refuse(BUSY, RETRY_S)
        try:
            return await work(handle, served)
        except StoreFailed as error:
            self._health.failed(error)
            return refuse(BUSY, RETRY_S)

    def _too_often(self) -> int:
        return self._allowance.lookup(ASKER.get() or Asker(), self._clock.seconds())

    async def describe(self, request: DescribeLog) -> AnyResponse:  # noqa: ARG002 - it asks nothing more
        """The identity and state of this directory's log."""
        served = await self._epochs.served()
        return refuse(BUSY, RETRY_S) if served is None else self._record.describe(served)

    async def log_file(self, request: LogFile) -> AnyResponse:
        """A file of the log's public folder."""
        data = self.file(request.path)
        return refuse(NOT_FOUND) if data is None else Blob(data)

    def file(self, path: str) -> bytes | None:
        """The public file at a path below the log's prefix, if there is one (C2SP tlog-tiles).

        The files of the operator's docket are below ``docket/``.
        """
        if self._epochs.hidden and not path.startswith(DOCKET):
            return None
        folder, name = self._record.public, path
        if path.startswith(DOCKET):
            if self._docket is None:
                return None
            folder, name = self._docket, path.removeprefix(DOCKET)
        try:
            return (folder / (name if name in _FILES else parse_tile_path(name).path)).read_bytes()
        except (Malformed, OSError):
            return None

    def producible(self, handle: str) -> dict[str, object]:
        """Everything that this directory can hand over about ``handle``. Raises `HandleError` or `StoreFailed`."""
        wanted = parse_handle(handle)
        found = self._store.holding(wanted.name, held_mark(wanted))
        return hand_over(wanted, found)

    def figures(self) -> Mapping[str, int | Mapping[str, int]]:
        """See `nullabona.wire.service.Measured`."""
        return figures_of(self._record, self._accounts)

    def standstill(self) -> str:
        """See `nullabona.wire.service.Measured`."""
        return standstill_of(self._record, self._clock.now())

    async def close(self) -> None:
        """Finish accepted requests, scrub, and release everything. Idempotent."""
        await self._epochs.end()
        if self._writing is not None:
            await self._writing
        await asyncio.to_thread(self._aside.shutdown)
        await asyncio.to_thread(self._thread.shutdown)
        self._lookups.close()
        await self._record.end()
        self._store.close()

    def _answer(self, handle: Handle, served: Served) -> AnyResponse:
        """The record's answer for a handle. Raises `StoreFailed`."""
        with self._store.reading():
            shown = self._store.shown(handle.name, served.number)
            promise = b""
            if shown.promised and self._epochs.held:
                return refuse(BUSY, RETRY_S)
            if shown.promised:
                promise = self._record.promise(handle, card_hash(shown.promised), shown.epoch)
            return self._record.answer(handle, served, shown, promise)

    async def _change(self, decode: Callable[[bytes], ChangeRequest], data: bytes, token: bytes = b"") -> AnyResponse:
        asker = ASKER.get() or Asker()
        try:
            request = decode(data)
        except PeerError as error:
            return refuse(reason_for(error))
        if wait := self._allowance.change(asker, self._clock.seconds()):
            return refuse(SLOW_DOWN, wait)
        if not await self._epochs.may_sign():
            return refuse(BUSY, RETRY_S)
        if len(self._waiting) >= self._most_waiting:
            return refuse(BUSY, RETRY_S)
        waiting = Waiting(request, token, asker, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await waiting.answer

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = by_turns(self._waiting, _ASKER_OF, BATCH)
            try:
                answers = await loop.run_in_executor(self._thread, self._commit, batch)
            except Exception as error:  # noqa: BLE001 - a bug of ours; the carrier answers busy and counts it
                fail_all(batch, error)
                continue
            answer_all(batch, answers)
            if not self._waiting or self._clock.seconds() - self._scrubbed > SCRUB_S:
                await loop.run_in_executor(self._thread, self._scrub)

    def _commit(self, batch: list[Waiting]) -> list[AnyResponse]:
        """Decide and store in one transaction. Runs in the writer thread."""
        try:
            today = self._release()
            with self._store.transaction():
                return [self._decide(each, today) for each in batch]
        except StoreFailed as error:
            self._health.failed(error)
            return [refuse(BUSY, RETRY_S)] * len(batch)

    def _release(self) -> int:
        """End expired holds; return today, as far as the clock is trusted. Raises `StoreFailed`."""
        if not self._guard.check():
            return self._guard.day
        if (today := self._clock.today()) != self._released:
            with self._store.transaction():
                self._store.take_out(self._store.release(today))
            self._released = today
        return today

    def _decide(self, waiting: Waiting, today: int) -> AnyResponse:
        request = waiting.request
        known = self._store.known(*keys_of(request))
        try:
            admitted = self._admit(waiting.token, today)
            decision = decide(request, known, host=self._host, today=today, admitted=admitted)
        except Bug:
            return refuse(BUSY, RETRY_S)
        if isinstance(decision, Refuse):
            return refuse(decision.reason)
        if isinstance(decision, Nothing):
            return self._taken_already(request, known)
        if isinstance(decision, Keep):
            now = self._clock.seconds()
            if wait := self._allowance.card(decision.card, known.current, waiting.asker, now):
                return refuse(SLOW_DOWN, wait)
        epoch = self._store.apply(decision, self._record.place(request.handle))
        if isinstance(decision, Keep):
            return CardTaken(self._record.promise(request.handle, decision.digest, epoch))
        return Done()

    def _admit(self, token: bytes, today: int) -> Admitted:
        admitted = self._admission.judge(token, host=self._host, today=today)
        return TOKEN_REFUSED if isinstance(admitted, Spent) and self._store.is_spent(admitted.mark) else admitted

    def _taken_already(self, request: ChangeRequest, known: Known) -> AnyResponse:
        if not isinstance(request, UnverifiedCard) or known.current is None:
            return Done()
        return CardTaken(self._record.promise(request.handle, card_hash(request.encoded), known.current.epoch))

    def _handle(self, name: str) -> Handle | None:
        """The handle of a name; None unless the name is valid and normalised."""
        try:
            handle = parse_handle(f"{name}@{self._host}")
        except HandleError:
            return None
        return handle if handle.name == name else None

    def _scrub(self) -> None:
        """Scrub. A failed scrub is tried again after the next change and at the end."""
        self._scrubbed = self._clock.seconds()
        try:
            self._store.scrub()
        except StoreFailed:
            return
