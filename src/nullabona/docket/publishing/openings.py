"""Opens slots when the law allows it, and settles a half-year near its horizon (spec/docket.md §7.5).

The officer must hold counsel's identity: nobody else on the desk's machine can open the boxes.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from typing import Final

from nullabona.docket.core.acts import OpenDetails, SettleDetails
from nullabona.docket.core.decide import NotYetPublic, check_public, gagged, instrument_of
from nullabona.docket.core.instrument import DAY, Taxonomy
from nullabona.docket.core.records import CaseId
from nullabona.docket.core.statements import Opening, encode_statement
from nullabona.docket.core.states import State
from nullabona.docket.keeping.case_files import CaseFile
from nullabona.docket.keeping.context import DeskContext
from nullabona.docket.keeping.slots import Boxed
from nullabona.docket.keeping.vault import Locked
from nullabona.docket.ports import Acting
from nullabona.docket.store.rows import Recused
from nullabona.errors import UserError
from nullabona.wire.canonical import canonical
from nullabona.wire.slots import EventRecord, NullRecord, Record, RenewalRecord, SlotRef, case_tag

SETTLE_EARLY_S: Final = 30 * DAY
SETTLED: Final = "settled:"
"""With a half-year: the key in ``meta`` that says that it was settled."""


class NotYetSettled(UserError):
    """A half-year is settled only shortly before its horizon: opened null slots would give away the busy ones."""

    code = "docket-too-early"
    default_hint = "come again a month before the horizon"


class BandTooWide(UserError):
    """There are too few empty slots to fill up the band, or the log's band is 0 and no slot may stay sealed."""

    code = "docket-band-impossible"
    default_hint = "more demands must be opened; a log's band and number of slots are chosen when it is founded"


class SettledAlready(UserError):
    """The half-year was settled: a slot is renewed once."""

    code = "docket-settled-already"
    default_hint = "nothing is left to do for this half-year; its renewed slots are settled with their own half-year"


class RenewalWaits(UserError):
    """A slot of the case waits for its renewal to enter the log, and cannot be opened before that."""

    code = "docket-renewal-waits"
    default_hint = "open the case again after the next batches: nulla docket publish-due"


class Openings:
    """Queues openings for the next batch."""

    def __init__(self, context: DeskContext, taxonomy: Taxonomy) -> None:
        self._store, self._clock, self._random_bytes = context.store, context.clock, context.random_bytes
        self._slots, self._files, self._cadence = context.slots, context.files, context.cadence
        self._taxonomy = taxonomy

    def may_open(self, who: Acting, case: CaseId) -> bool:
        """Whether a case was published, may be shown now, and this officer can open it."""
        if not self._store.row("has_act", case, "publish"):
            return False
        with suppress(NotYetPublic, Recused, Locked):
            self._check_shown(self._files.open(who, case))
            return True
        return False

    def open_cases(self, who: Acting, details: OpenDetails) -> None:
        """Open every slot of these cases that is in the log. Inside a transaction.

        Raises `NotYetPublic`, also if a gag came after the case was published, and `RenewalWaits`.
        """
        for case in details.cases:
            file = self._files.open(who, bytes.fromhex(case))
            if not self._store.row("has_act", file.id, "publish"):
                raise NotYetPublic(f"case {file.number} was not published by a publisher")
            self._check_shown(file)
            self._open_all(who, self._slots_of(file))

    def _check_shown(self, file: CaseFile) -> None:
        check_public(file.content, instrument_of(file.content.demand, self._taxonomy), self._clock())

    def settle(self, who: Acting, details: SettleDetails, second: str) -> None:
        """Open every slot of a half-year except exactly a multiple of the band. Inside a transaction.

        A half-year is settled once, when the desk has published all of it. Raises `NotYetSettled`, `SettledAlready` or
        `BandTooWide`.
        """
        periods = self._cadence.periods_of(details.term)
        self._check_may_settle(details.term, periods)
        horizon = self._cadence.settled_by(periods.start)
        early = min(SETTLE_EARLY_S, self._cadence.horizon_s // 2)
        if self._clock() < horizon - early:
            raise NotYetSettled("the horizon of this half-year is too far off")
        rows = self._store.rows("slots_between", periods.start, periods.stop)
        shut = {SlotRef(row[0], row[1]): self._slots.open(SlotRef(row[0], row[1]), who.keys) for row in rows if row[3]}
        may = self._shown_cases(who)
        stay = [at for at, boxed in shut.items() if self._stays(boxed.record, may, who)]
        shown = {b.record.case for at, b in shut.items() if isinstance(b.record, EventRecord) and at not in set(stay)}
        fillers = [at for at, boxed in shut.items() if isinstance(boxed.record, NullRecord)]
        chosen = {*stay, *self._fill(fillers, len(stay))}
        for at, boxed in shut.items():
            if at in chosen:
                self._renew(at, who.officer, second)
            else:
                self._queue_whole(who, at, boxed)
        self._open_rest(who, shown)

    def _open_rest(self, who: Acting, shown: set[str]) -> None:
        """Open the other events of the cases that are shown: a case shown in part would contradict its figures."""
        for file in (self._files.open(who, line.id) for line in self._files.lines()):
            if case_tag(file.id) in shown:
                self._open_all(who, self._slots_of(file))

    def _check_may_settle(self, term: str, periods: range) -> None:
        last = self._store.row("last_batch")
        if not periods or last is None or last[0] < periods.stop - 1:
            raise NotYetSettled(f"the log does not hold all of {term} yet")
        if self._store.value("get_meta", f"{SETTLED}{term}") is not None:
            raise SettledAlready(f"{term} was settled already")
        self._store.run("set_meta", f"{SETTLED}{term}", b"1")

    def _fill(self, fillers: list[SlotRef], stay: int) -> list[SlotRef]:
        """Random empty slots that fill up the band, so that the number of sealed slots reveals nothing.

        All of them if they do not suffice, as in a short first half-year. Raises `BandTooWide`.
        """
        band = self._cadence.band
        if stay and not band:
            raise BandTooWide("this log has no band: no slot may stay sealed")
        wanted = (max(1, -(-stay // band)) * band if band else 0) - stay
        keyed = sorted(fillers, key=lambda at: sha256(self._random_bytes(16) + bytes([at.slot % 256])).digest())
        return keyed[:wanted]

    def _shown_cases(self, who: Acting) -> frozenset[str]:
        """The tags of the cases that may be shown now. A case that was erased is not among them."""
        files = (self._files.open(who, line.id) for line in self._files.lines())
        return frozenset(case_tag(file.id) for file in files if not self._silent(file))

    def _silent(self, file: CaseFile) -> bool:
        content = file.content
        never = instrument_of(content.demand, self._taxonomy).item == "never"
        return never or gagged(content, self._clock()) or file.state not in {State.CLOSED, State.PUBLISHED}

    def _stays(self, record: Record, may: frozenset[str], who: Acting) -> bool:
        if isinstance(record, RenewalRecord):
            return self._is_shut(record.of) and self._stays(self._slots.open(record.of, who.keys).record, may, who)
        return isinstance(record, EventRecord) and record.case not in may

    def _is_shut(self, at: SlotRef) -> bool:
        row = self._store.row("slot", at.period, at.slot)
        return row is not None and row[3] is not None

    def _renew(self, at: SlotRef, counsel: str, second: str) -> None:
        first, other = (sha256(self._random_bytes(16) + name.encode()).hexdigest() for name in (counsel, second))
        self._slots.wait(RenewalRecord(at, (first, other)))

    def _queue_whole(self, who: Acting, at: SlotRef, boxed: Boxed) -> None:
        """Queue the slot, and every slot that it renews and that is not open yet."""
        self._queue(at, boxed)
        while isinstance(boxed.record, RenewalRecord) and self._is_shut(boxed.record.of):
            at = boxed.record.of
            boxed = self._slots.open(at, who.keys)
            self._queue(at, boxed)

    def _open_all(self, who: Acting, slots: Iterable[SlotRef]) -> None:
        for at in filter(self._is_shut, slots):
            if self._store.row("renewal_waits", canonical(at)):
                raise RenewalWaits("a slot of the case waits for its renewal")
            self._queue(at, self._slots.open(at, who.keys))

    def _queue(self, at: SlotRef, boxed: Boxed) -> None:
        """Queue the opening for the next batch, and empty the box."""
        opening = Opening(at, boxed.blind.hex(), boxed.record)
        self._store.run("add_statement", encode_statement(opening), self._cadence.period_at(self._clock()))
        self._store.run("empty_slot", at.period, at.slot)

    def _slots_of(self, file: CaseFile) -> list[SlotRef]:
        rows = (self._store.row("slot_of", entry.commitment) for entry in file.trail)
        return [SlotRef(*row) for row in rows if row is not None]
