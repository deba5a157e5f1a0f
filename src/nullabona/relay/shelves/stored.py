"""A shelf on a `BoxStore`: today's one machine, with SQLite or in memory (docs/decisions/0003-relay-storage.md).

Whatever arrived while one batch was being written is the next batch. Nothing is answered, or shown to a reader, before
its batch is kept. This module owns the order of writes and chores; what a write means is decided in `core.boxes`.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Final

from nullabona.relay.caller import Caller
from nullabona.relay.core.boxes import PendingWake, Plan
from nullabona.relay.core.inbox_wakes import InboxWakes
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.space import Disk
from nullabona.relay.shelves.journal import Journal, Submits
from nullabona.relay.shelves.port import Answers, Arrival, Kept, Looked, Reports, label_of
from nullabona.relay.shelves.stored_heads import StoredHeads
from nullabona.relay.store.interface import BoxStore, StoreFailed, StoreGone
from nullabona.wire.messages import Appended, Frames

SCRUB_S: Final = 2
"""Whole seconds between two scrubs, which also bounds how long the log of arrivals grows."""
_BODY: Final = itemgetter(2)
_NOTHING: Final = Frames(b"", 0, ())


class StoredShelf:
    """A `Shelf` whose boxes are in ``store``; ``writer`` runs the writes. Create it on a running loop.

    ``rng(bits)`` gives a random number, ``on_gone`` is told once when the store's files have vanished.
    """

    def __init__(
        self,
        store: BoxStore,
        writer: Submits,
        limits: Limits,
        *,
        rng: Callable[[int], int],
        on_gone: Callable[[StoreGone], None],
    ) -> None:
        self._store = store
        self._limits = limits
        self._rng = rng
        self._stored = StoredHeads(store, limits.retention_days)
        self._journal = Journal(
            store,
            writer,
            plan=self._plan,
            kept=self._kept,
            failed=self._failed,
            gone=on_gone,
            chored=self._chore_done,
            most_bytes=limits.queue_bytes,
        )
        self._inbox_wakes = InboxWakes(limits.inbox_wakes)
        self._reports: Reports
        self._day = 0
        self._scrub_at = 0
        self._expire_again = False
        self._cannot_write = False
        """Whether the last batch could not be stored."""
        self.has_room = self._journal.has_room
        self.append = self._journal.append
        self.trim = self._journal.trim
        self.open_inbox = self._journal.open_inbox
        self.drain = self._journal.drain

    def report_to(self, reports: Reports) -> None:
        self._reports = reports

    async def begin(self) -> None:
        """Nothing to do: the store is open."""

    async def close(self) -> None:
        """Nothing to do: the store is closed by the one that opened it."""

    @property
    def trouble(self) -> str:
        return "cannot write" if self._cannot_write else ""

    @property
    def under_way(self) -> int:
        return self._journal.under_way

    def disk(self) -> Disk | None:
        return self._store.disk()

    def leave_wake(self, address: bytes, incarnation: bytes, head: int, secret: bytes) -> None:  # noqa: ARG002 - as below
        """As the port says; nothing can have come since the look, as that called ``done`` before it returned."""
        self._inbox_wakes.leave(address, secret)

    def look(self, address: bytes, after: int, limit: int, done: Looked) -> None:
        """As the port says; ``done`` is called before this returns."""
        found, own_day = _NOTHING, 0
        try:
            head = self._stored.find(address, self._day)
            if head is not None:
                last, own_day = head.next_seq - 1, head.expiry_day
                most = self._limits.read_answer_bytes
                entries = () if after >= last else self._store.read(head.num, after, limit, most)
                if entries and entries[-1][0] > last:  # written, and not reported yet
                    entries = tuple(entry for entry in entries if entry[0] <= last)
                found = Frames(head.incarnation, last, entries)
        except StoreFailed:
            return done(None, 0)
        return done(found, own_day)

    def watch(self, address: bytes) -> None:
        """Nothing to do: every arrival is reported, and nothing can come between a look and its ``done``."""

    def tick(self, now: int, day: int) -> None:
        if day != self._day:
            self._expire(day, rewrite=self._day > 0)
            self._day = day
        if now >= self._scrub_at:
            self._scrub_at = now + SCRUB_S
            if self._expire_again:
                self._expire_again = False
                self._expire(day, rewrite=False)
            self._journal.chore(self._scrub, self._chore_done)

    # -- the journal's reports

    def _plan(self) -> Plan:
        self._reports.begun()
        return Plan(self._stored, self._limits, self._day, self._rng)

    def _kept(self, plan: Plan, answers: Answers) -> None:
        self._cannot_write = False
        self._stored.settle(plan)
        batch = plan.batch
        arrivals = [
            Arrival(address, draft.head.incarnation, draft.bodies, draft.wakes, draft.head.num, draft.new)
            for address, draft in plan.drafts.items()
            if draft.bodies
        ]
        for arrival in arrivals:
            if (wakes := arrival.wakes) and not wakes[0][1]:
                self._wake_owner(arrival, wakes[0])
        size = sum(map(len, map(_BODY, batch.frames)))
        makers = _makers(plan, answers) if batch.boxes else []
        self._reports.kept(Kept(answers, arrivals, makers, len(batch.trims), len(batch.frames), size))

    def _wake_owner(self, arrival: Arrival, wake: PendingWake) -> None:
        """Of an inbox's appends the first wakes, with the secret that was left there."""
        found = self._inbox_wakes.take(arrival.address, wake[0])
        arrival.wakes = [wake] if found else []
        if found:
            arrival.label = label_of(wake[0])
        else:
            arrival.untold = self._inbox_wakes.overflowed

    def _failed(self, error: Exception, answers: Answers) -> None:
        """From now on the store is asked again for what it holds."""
        self._cannot_write = True
        self._stored.forget()
        self._reports.failed(error, answers)

    # -- chores

    def _scrub(self) -> None:
        self._store.check()
        self._store.scrub()

    def _chore_done(self, error: Exception | None) -> None:
        if error is not None:
            self._reports.fault("chore", error)

    def _expire(self, day: int, *, rewrite: bool) -> None:
        def stepped(error: Exception | None) -> None:
            self._stored.forget()
            self._expire_again = self._expire_again or error is not None
            self._chore_done(error)

        def ended() -> None:
            if rewrite:
                self._journal.steps(iter(self._store.rewrite()), stepped=self._chore_done, ended=lambda: None)

        self._journal.steps(iter(self._store.expire(day)), stepped=stepped, ended=ended)


def _makers(plan: Plan, answers: Answers) -> list[Caller]:
    firsts = {box.incarnation: box.first for box in plan.batch.boxes}
    return [
        caller
        for caller, _, answer in answers
        if type(answer) is Appended and answer.seq == firsts.get(answer.incarnation)
    ]
