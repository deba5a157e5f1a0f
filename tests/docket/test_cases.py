"""Cases by their openings alone: an honest case has no finding, and each lie has its own (spec/docket.md §8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import pytest

from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.findings import SENTENCES, Finding
from nullabona.docket.core.recount_cases import Demands, check_cases
from nullabona.wire.slots import EventKind, EventRecord, NullRecord, Record, SlotLeaf, SlotRef

CADENCE = Cadence(0, lag=3)
LAST = 100
CASE, OTHER = "a" * 32, "b" * 32
STORY: list[EventKind] = ["received", "answered", "handed-over", "closed"]


@dataclass
class Docket:
    """What a recount has of one case: its events where they lie, when each was opened, and the slots of the log."""

    events: list[tuple[SlotRef, EventRecord, int]]
    slots: dict[SlotRef, SlotLeaf]
    opened: dict[SlotRef, Record]

    def change(self, which: int, /, **changed: object) -> None:
        """One of the events says something else."""
        at, record, opened = self.events[which]
        self.events[which] = at, msgspec.structs.replace(record, **changed), opened
        self.opened[at] = self.events[which][1]

    def pretend(self, which: int, /, **changed: object) -> None:
        """What lies before the next event is not what is shown of it."""
        at, record, _ = self.events[which]
        self.opened[at] = msgspec.structs.replace(record, **changed)

    def swap(self, one: int, other: int) -> None:
        """Two events have each other's kind."""
        kinds = self.events[one][1].event, self.events[other][1].event
        self.change(one, event=kinds[1])
        self.change(other, event=kinds[0])

    def opened_in(self, n: int, period: int) -> None:
        """The ``n``-th event was opened in another period."""
        at, record, _ = self.events[n]
        self.events[n] = at, record, period

    def shut(self, n: int) -> None:
        """The ``n``-th event is not open."""
        del self.opened[self.events[n][0]]
        del self.events[n]

    def findings(self) -> list[tuple[str, str]]:
        """Code and sentence of everything that does not hold, each sentence said aloud once."""
        demands, findings = Demands(), list[Finding]()
        for at, record, opened in self.events:
            demands.add(at, record, opened)
        check_cases(demands, CADENCE, self.slots, self.opened, findings, LAST)
        assert all(finding.message and finding.key in SENTENCES for finding in findings)
        return [(finding.code, finding.key) for finding in findings]


def honest() -> Docket:
    """A demand that came in, was answered and handed over, and closed; all is open since period 50."""
    docket = Docket([], {}, {})
    previous = ""
    for n, kind in enumerate(STORY):
        at = SlotRef(10 + n, 2)
        leaf = SlotLeaf(at, bytes([n + 1]) * 32, b"")
        record = EventRecord(CASE, n, kind, 10 + n, "KR.search", previous, "0" * 64, open_by=50)
        docket.events.append((at, record, 50))
        docket.slots[at], docket.opened[at] = leaf, record
        previous = leaf.commitment.hex()
    return docket


def test_an_honest_case_has_no_finding() -> None:
    """Nor has one of which the end is still to come, nor one whose events are as late as they may be."""
    whole, open_yet, late = honest(), honest(), honest()
    open_yet.shut(3)
    for n in range(4):
        late.change(n, at=10 + n - 3)
    assert ([], [], []) == (whole.findings(), open_yet.findings(), late.findings())


LIES: dict[str, tuple[Callable[[Docket], None], list[tuple[str, str]]]] = {
    "dated after it was entered": (lambda d: d.change(1, at=12), [("event-late", "dated-after")]),
    "entered too late": (lambda d: d.change(1, at=7), [("event-late", "entered-late")]),
    "opened too late": (lambda d: d.opened_in(1, 51), [("event-late", "opened-late")]),
    "not answered in time": (lambda d: d.change(1, in_time=False), [("answer-late", "not-in-time")]),
    "one number twice": (lambda d: d.change(2, n=1, previous=d.events[1][1].previous), [
        ("case-broken", "number-twice"), ("case-broken", "other-before")
    ]),
    "no beginning": (lambda d: d.change(0, event="amended"), [("case-broken", "no-beginning")]),
    "two beginnings": (lambda d: d.change(1, event="received"), [
        ("case-broken", "no-beginning"), ("case-broken", "closed-unanswered")
    ]),
    "a beginning that follows something": (lambda d: d.change(0, previous="f" * 64), [("case-broken", "no-beginning")]),
    "a later event that follows nothing": (lambda d: d.change(2, previous=""), [("case-broken", "no-beginning")]),
    "after an event that never was": (lambda d: d.change(2, previous="f" * 64), [("case-broken", "never-entered")]),
    "an event is withheld": (lambda d: d.shut(1), [
        ("case-broken", "withheld"), ("case-broken", "closed-in-part")
    ]),
    "after nothing at all": (lambda d: d.opened.update({d.events[1][0]: NullRecord()}), [
        ("case-broken", "other-before")
    ]),
    "after another case": (lambda d: d.pretend(1, case=OTHER), [
        ("case-broken", "other-before")
    ]),
    "after the wrong number": (lambda d: d.pretend(1, n=2), [
        ("case-broken", "other-before")
    ]),
    "another instrument midway": (lambda d: d.change(2, instrument="KR.other"), [("case-broken", "other-instrument")]),
    "closed before its end": (lambda d: d.swap(2, 3), [
        ("case-broken", "closed-in-part")
    ]),
    "closed without an answer": (lambda d: d.change(1, event="amended"), [("case-broken", "closed-unanswered")]),
    "closed without handing over": (lambda d: d.change(2, event="notified"), [("case-broken", "closed-unanswered")]),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_each_lie_about_a_case_has_its_own_finding(lie: str) -> None:
    """What is wrong is said by its name, and nothing else is accused."""
    make, wanted = LIES[lie]
    docket = honest()
    make(docket)
    assert wanted == docket.findings()


@pytest.mark.parametrize(("opened", "wanted"), [(LAST - 3, []), (LAST - 4, [("case-broken", "withheld")])])
def test_an_event_may_be_opened_as_late_as_the_lag_says_before_it_is_missed(
    opened: int, wanted: list[tuple[str, str]]
) -> None:
    """The event before it is not open: that is nothing yet while the lag runs, and withheld afterwards."""
    docket = honest()
    del docket.events[3]
    docket.change(2, open_by=None)
    docket.opened_in(2, opened)
    docket.shut(1)
    assert wanted == docket.findings()


def test_cases_are_told_in_the_order_of_the_log_with_their_events_in_order() -> None:
    """A case of which the receipt is not open is none that can be counted."""
    demands = Demands()
    for at, case, n in [
        (SlotRef(9, 0), OTHER, 0),
        (SlotRef(5, 1), CASE, 1),
        (SlotRef(4, 0), CASE, 0),
        (SlotRef(2, 0), "c" * 32, 1),
    ]:
        demands.add(at, EventRecord(case, n, "received", 0, "KR.search", "", "0" * 64), 0)
    assert [(CASE, [0, 1]), (OTHER, [0])] == [(d.case, [e.record.n for e in d.events]) for d in demands.all()]
    assert demands.all()[0].last("received") == demands.all()[0].events[1]
    assert demands.all()[0].last("closed") is None
