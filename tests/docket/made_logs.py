"""Docket logs made by hand, entry by entry: two slots a month from 1970 on, honest unless a test lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.recount import Recount, Stamp, recount
from nullabona.docket.core.statements import BatchHeader, Genesis, Opening, Statement, encode_statement
from nullabona.wire.slots import EventKind, EventRecord, NullRecord, Record, SlotLeaf, SlotRef, commit

MONTH = 30 * DAY
CADENCE = Cadence(0, period_s=MONTH, slots=2, window_s=600, lag=3, horizon_s=60 * DAY, band=2)
"""Seven periods are of 1970H1, which is settled on day 241, in the ninth."""
GENESIS = Genesis("docket.example/log", CADENCE, "0" * 64)
CASE = "a" * 32
POINTER = bytes(121)


def blind_of(at: SlotRef) -> bytes:
    """What hides a slot's record."""
    return sha256(b"%d/%d" % (at.period, at.slot)).digest()


def event(n: int = 0, kind: EventKind = "received", at: int = 0, previous: str = "", **more: object) -> EventRecord:
    """Something that happened to the one case."""
    return EventRecord(CASE, n, kind, at, "KR.search", previous, "0" * 64, **more)  # type: ignore[arg-type]


class Log:
    """A log that grows by whole periods."""

    def __init__(self, genesis: Genesis = GENESIS) -> None:
        self.records: dict[SlotRef, Record] = {}
        self.ends: list[int] = []
        self.entries = [encode_statement(genesis)]

    def commitment(self, at: SlotRef) -> str:
        return commit(blind_of(at), self.records[at]).hex()

    def leaf(self, at: SlotRef) -> SlotLeaf:
        return SlotLeaf(at, commit(blind_of(at), self.records[at]), POINTER)

    def add(self, *statements: Statement, records: Mapping[int, Record] | None = None) -> None:
        """Another period, with what its slots hold and what it states."""
        period = len(self.ends)
        for slot in range(CADENCE.slots):
            self.records[SlotRef(period, slot)] = (records or {}).get(slot, NullRecord())
        self.entries.append(BatchHeader(period, len(statements), bytes(32)).encode())
        self.entries += [self.leaf(SlotRef(period, slot)).encode() for slot in range(CADENCE.slots)]
        self.entries += [encode_statement(each) for each in statements]
        self.ends.append(len(self.entries))

    def opening(self, period: int, slot: int) -> Opening:
        """The true opening of a slot."""
        at = SlotRef(period, slot)
        return Opening(at, blind_of(at).hex(), self.records.get(at, NullRecord()))

    def stamps(self) -> dict[int, Stamp]:
        """Every period was witnessed a second after its end."""
        return {n: Stamp(end, CADENCE.due_of(n) + 1, (CADENCE.due_of(n) + 1,)) for n, end in enumerate(self.ends)}

    def recount(self, now_s: int | None = None, stamps: Mapping[int, Stamp] | None = None) -> Recount:
        now_s = CADENCE.begin_of(len(self.ends)) if now_s is None else now_s
        return recount(self.entries, self.stamps() if stamps is None else stamps, now_s)


def found(result: Recount) -> list[tuple[str, str, Mapping[str, object]]]:
    """Code, sentence and values of everything that does not hold; each can be said."""
    assert all(finding.message for finding in result.findings)
    return [(finding.code, finding.key, finding.values) for finding in result.findings]


def log_of(periods: int, *last: Statement) -> Log:
    """So many empty periods, of which the last one states something."""
    log = Log()
    for number in range(periods):
        log.add(*(last if number == periods - 1 else ()))
    return log


def places(*pairs: Sequence[int]) -> list[SlotRef]:
    return [SlotRef(*pair) for pair in pairs]
