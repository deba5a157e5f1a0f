"""Opens slots when the law allows it, and settles a half-year near its horizon (spec/docket.md §7.5).

The officer must hold counsel's identity: nobody else on the desk's machine can open the boxes.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from nullabona.docket.core.acts import OpenDetails, SettleDetails
from nullabona.docket.core.decide import NotYetPublic, gagged, instrument_of
from nullabona.docket.core.instrument import DAY, Taxonomy
from nullabona.docket.core.statements import Opening, encode_statement
from nullabona.docket.core.states import State
from nullabona.docket.keeping.case_files import CaseFile
from nullabona.docket.keeping.context import DeskContext
from nullabona.docket.keeping.slots import Boxed
from nullabona.docket.ports import Acting
from nullabona.errors import UserError
from nullabona.wire.slots import EventRecord, NullRecord, Record, RenewalRecord, SlotRef, case_tag

SETTLE_EARLY_S: Final = 30 * DAY


class NotYetSettled(UserError):
    """A half-year is settled only shortly before its horizon: opened null slots would give away the busy ones."""

    code = "docket-too-early"
    default_hint = "come again a month before the horizon"


class BandTooWide(UserError):
    """There are too few empty slots to fill up the band, or the log's band is 0 and no slot may stay sealed."""

    code = "docket-band-impossible"
    default_hint = "more demands must be opened; a log's band and number of slots are chosen when it is founded"


class Openings:
    """Queues openings for the next batch."""

    def __init__(self, context: DeskContext, taxonomy: Taxonomy) -> None:
        self._store, self._clock, self._chance = context.store, context.clock, context.chance
        self._slots, self._files, self._cadence = context.slots, context.files, context.cadence
        self._taxonomy = taxonomy

    def open_cases(self, who: Acting, details: OpenDetails) -> None:
        """Open every slot of these cases that is in the log. Raises `NotYetPublic`. Inside a transaction."""
        for case in details.cases:
            file = self._files.open(who, bytes.fromhex(case))
            if not self._store.row("has_act", file.id, "publish"):
                raise NotYetPublic(f"case {file.number} was not published by a publisher")
            self._open_all(who, self._slots_of(file))

    def settle(self, who: Acting, details: SettleDetails, second: str) -> None:
        """Open every slot of a half-year except exactly a multiple of the band. Inside a transaction.

        Raises `NotYetSettled` or `BandTooWide`.
        """
        periods = self._cadence.periods_of(details.term)
        horizon = self._cadence.settled_by(periods.start)
        early = min(SETTLE_EARLY_S, self._cadence.horizon_s // 2)
        if self._clock() < horizon - early:
            raise NotYetSettled("the horizon of this half-year is too far off")
        rows = self._store.rows("slots_between", periods.start, periods.stop)
        shut = {SlotRef(row[0], row[1]): self._slots.open(SlotRef(row[0], row[1]), who.keys) for row in rows if row[3]}
        silent = self._silent_cases(who)
        stay = [at for at, boxed in shut.items() if self._stays(boxed.record, silent, who)]
        fillers = [at for at, boxed in shut.items() if isinstance(boxed.record, NullRecord)]
        chosen = {*stay, *self._fill(fillers, len(stay))}
        for at, boxed in shut.items():
            if at in chosen:
                self._renew(at, who.officer, second)
            else:
                self._queue_whole(who, at, boxed)

    def _fill(self, fillers: list[SlotRef], stay: int) -> list[SlotRef]:
        """Random empty slots that fill up the band, so that the number of sealed slots reveals nothing."""
        band = self._cadence.band
        wanted = (max(1, -(-stay // band)) * band if band else 0) - stay
        if not 0 <= wanted <= len(fillers):
            raise BandTooWide("the slots that must stay sealed do not fit the band")
        keyed = sorted(fillers, key=lambda at: sha256(self._chance(16) + bytes([at.slot % 256])).digest())
        return keyed[:wanted]

    def _silent_cases(self, who: Acting) -> frozenset[str]:
        """The tags of the cases that must not be shown now."""
        files = (self._files.open(who, line.id) for line in self._files.lines())
        return frozenset(case_tag(file.id) for file in files if self._silent(file))

    def _silent(self, file: CaseFile) -> bool:
        content = file.content
        never = instrument_of(content.demand, self._taxonomy).item == "never"
        return never or gagged(content, self._clock()) or file.state not in {State.CLOSED, State.PUBLISHED}

    def _stays(self, record: Record, silent: frozenset[str], who: Acting) -> bool:
        if isinstance(record, RenewalRecord):
            return self._stays(self._slots.open(record.of, who.keys).record, silent, who)
        return isinstance(record, EventRecord) and record.case in silent

    def _renew(self, at: SlotRef, counsel: str, second: str) -> None:
        first, other = (sha256(self._chance(16) + name.encode()).hexdigest() for name in (counsel, second))
        self._slots.wait(RenewalRecord(at, (first, other)))

    def _queue_whole(self, who: Acting, at: SlotRef, boxed: Boxed) -> None:
        """Queue the slot, and every slot that it renews."""
        self._queue(at, boxed)
        while isinstance(boxed.record, RenewalRecord):
            at = boxed.record.of
            boxed = self._slots.open(at, who.keys)
            self._queue(at, boxed)

    def _open_all(self, who: Acting, slots: Iterable[SlotRef]) -> None:
        for at in slots:
            row = self._store.row("slot", at.period, at.slot)
            if row is not None and row[3] is not None:
                self._queue(at, self._slots.open(at, who.keys))

    def _queue(self, at: SlotRef, boxed: Boxed) -> None:
        """Queue the opening for the next batch, and empty the box."""
        opening = Opening(at, boxed.blind.hex(), boxed.record)
        self._store.run("add_statement", encode_statement(opening), self._cadence.period_at(self._clock()))
        self._store.run("empty_slot", at.period, at.slot)

    def _slots_of(self, file: CaseFile) -> list[SlotRef]:
        rows = (self._store.row("slot_of", entry.commitment) for entry in file.trail)
        return [SlotRef(*row) for row in rows if row is not None]
