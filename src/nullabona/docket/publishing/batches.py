"""Publication batches: each period's batch is fixed in one transaction, then staged, published and kept.

Every step can be repeated: a fixed batch never changes, so after an interruption the log gets the same bytes at the
same place. A desk that was down publishes every missed period, visibly late and with all slots.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from nullabona.docket.core.batches import arrangement, slot_index
from nullabona.docket.core.statements import MAX_STATEMENTS, BatchHeader, Genesis, Reseal, encode_statement
from nullabona.docket.keeping.context import DeskContext
from nullabona.docket.keeping.slots import MadeSlot
from nullabona.docket.ports import DocketLog
from nullabona.docket.publishing.clock_watch import ClockWatch
from nullabona.errors import Bug, UserError
from nullabona.sequencer import KeyTaken
from nullabona.wire.canonical import digest, read_canonical
from nullabona.wire.slots import SlotLeaf, SlotRef

PERIODS: Final = "periods"
_FIXED, _STAGED, _KEPT = 0, 1, 3


class NotInLog(UserError):
    """No witnessed checkpoint covers the slot yet."""

    code = "docket-not-in-log"
    default_hint = "wait for the next batch: nulla docket publish-due"


class LogElsewhere(UserError):
    """Desk and log do not match: one of them was restored from a copy, or belongs to another installation."""

    code = "docket-log-elsewhere"
    default_hint = (
        "put desk and log back from one copy that was made of both together, and nothing older than what witnesses "
        "have seen: docs/how-to/run-the-legal-desk.md"
    )


@dataclass(frozen=True, slots=True)
class Published:
    """The result of `Batches.publish_due`."""

    periods: tuple[int, ...]
    """The periods whose batches this call published."""
    waiting: int
    """The number of events that got no free slot and wait for the next period."""


class Batches:
    """Publishes the batches of due periods."""

    def __init__(self, context: DeskContext, watch: ClockWatch, log: DocketLog, origin: str, taxonomy: bytes) -> None:
        self._store, self._clock, self._random_bytes = context.store, context.clock, context.random_bytes
        self._journal, self._slots, self._cadence = context.journal, context.slots, context.cadence
        self._watch = watch
        self._log = log
        self._publishing = asyncio.Lock()
        self.late: list[int] = []
        """Periods published late since this desk was opened."""
        self._genesis = Genesis(origin, context.cadence, taxonomy.hex())

    async def publish_due(self, *, clock_is_right: bool = False) -> Published:
        """Publish every period that is due. Raises what the log raises; the next call continues from there.

        Raises `ClockDoubtful`, with nothing fixed, if the clock cannot be right (unless ``clock_is_right``), and
        `LogElsewhere`, with nothing staged, if the length of the log is not what this desk expects.
        """
        async with self._publishing:  # one at a time, even if several callers arrive while one waits for witnesses
            if not clock_is_right:
                self._watch.check()
            self._check_log()
            self._watch.believe()
            for period in self._due():
                self._fix(period)
            done = []
            for period, start, encoded, stage in self._store.rows("open_batches"):
                await self._carry(period, start, msgspec.msgpack.decode(encoded, type=list[bytes]), stage)
                done.append(period)
            return Published(tuple(done), self._store.value("count_waiting"))

    def behind(self) -> int:
        """How many periods have ended and are not published yet."""
        last = self._store.row("last_batch")
        begun = last[0] + 1 if last else 0
        return max(0, self._cadence.period_at(self._clock()) - begun) + len(self._store.rows("open_batches"))

    def index(self, at: SlotRef) -> int:
        """The log index of a slot. Raises `NotInLog`."""
        row = self._store.row("batch", at.period)
        if row is None or row[3] != _KEPT:
            raise NotInLog("the slot's period is not published yet")
        return slot_index(row[1], at)

    def leaf(self, at: SlotRef) -> bytes:
        """The slot's leaf."""
        row = self._store.row("batch", at.period)
        if row is None:
            raise NotInLog("the slot's period has not come yet")
        entries: list[bytes] = msgspec.msgpack.decode(row[2], type=list[bytes])
        return entries[slot_index(0, at)]

    def where(self, commitment: bytes) -> SlotRef:
        """The slot that holds a commitment. Raises `NotInLog`."""
        row = self._store.row("slot_of", commitment)
        if row is None:
            raise NotInLog("the event waits for its slot")
        return SlotRef(*row)

    def _due(self) -> Iterator[int]:
        last = self._store.row("last_batch")
        period, now_s = (last[0] + 1 if last else 0), self._clock()
        while self._cadence.due_of(period) <= now_s:
            yield period
            period += 1

    def _check_log(self) -> None:
        """Check that the log ends with the desk's batches; a crash may have left the last one staged but unmarked."""
        status = self._log.status()
        end = status.staged + status.integrated
        here = self._ends()
        if end not in here:
            raise LogElsewhere(f"the docket log has {end:,} entries, and this desk has put {here[0]:,} there")

    def _ends(self) -> tuple[int, ...]:
        """The possible lengths of the log, the most likely first."""
        for _, start, encoded, stage in self._store.rows("open_batches"):
            if stage == _FIXED:
                return start, start + _count(encoded)
        last = self._store.row("last_batch")
        return (last[1] + _count(last[2]) if last else 0,)

    def _fix(self, period: int) -> None:
        """Fix the content of the period's batch permanently."""
        with self._store.transaction():
            last = self._store.row("last_batch")
            start = last[1] + _count(last[2]) if last else 0
            leaves, renewals = self._filled(period)
            statements = [*renewals, *self._statements(period, MAX_STATEMENTS - len(renewals))]
            head = self._journal.append("batch", digest({"period": period}))
            header = BatchHeader(period, len(statements), head).encode()
            genesis = [encode_statement(self._genesis)] if period == 0 else []
            entries = [*genesis, header, *leaves, *statements]
            self._store.run("add_batch", period, start, msgspec.msgpack.encode(entries))
            self._slots.turn()

    def _filled(self, period: int) -> tuple[list[bytes], list[bytes]]:
        """The leaves of the slots, and the renewal statements."""
        count = self._cadence.slots
        waiting = self._store.rows("waiting", period, count)
        places = arrangement(len(waiting), count, self._random_bytes(8 * count))
        busy = dict(zip(places, waiting, strict=True))
        leaves, renewals = [], []
        for place in range(count):
            at, row = SlotRef(period, place), busy.get(place)
            made = self._slots.nothing() if row is None else MadeSlot(*row[1:4])
            self._store.run("add_slot", period, place, made.commitment, made.box)
            leaves.append(SlotLeaf(at, made.commitment, made.pointer).encode())
            if row is not None:
                self._store.run("take_waiting", row[0])
                renewals += [encode_statement(Reseal(read_canonical(row[4], SlotRef, "a slot"), at))] if row[4] else []
        return leaves, renewals

    def _statements(self, period: int, most: int) -> list[bytes]:
        rows = self._store.rows("waiting_statements", period)[:most]
        for num, _ in rows:
            self._store.run("enter_statement", period, num)
        return [body for _, body in rows]

    async def _carry(self, period: int, start: int, entries: list[bytes], stage: int) -> None:
        """Stage and publish a fixed batch, and keep its witnessed checkpoint."""
        if stage == _FIXED:
            try:
                placed = self._log.stage(entries, key=b"docket period %d" % period)
            except KeyTaken as error:
                raise LogElsewhere(f"the docket log has another batch of the period {period}") from error
            if placed != range(start, start + len(entries)):
                raise Bug("the docket log holds something that the desk did not put there")
            self._mark(period, _STAGED)
        published = await self._log.publish(self._clock())
        if published.size != start + len(entries):
            raise Bug("the docket log is not as long as the desk has made it")
        self._log.keep(f"{PERIODS}/{period}", published.note)
        if self._clock() > self._cadence.due_of(period) + self._cadence.window_s:
            self.late.append(period)
        self._mark(period, _KEPT)

    def _mark(self, period: int, stage: int) -> None:
        with self._store.transaction():
            self._store.run("stage_batch", stage, period)


def _count(encoded: bytes) -> int:
    """The number of entries in a batch."""
    return len(msgspec.msgpack.decode(encoded, type=list[bytes]))
