"""Officers do anything, in any order, at two desks: no log fails for good, no notice is lost, no figure is false."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from nullabona.docket.core.acts import (
    AmendDetails,
    BarDetails,
    DeferDetails,
    GagDetails,
    ResumeDetails,
    ReviewDetails,
    SettleDetails,
    StayDetails,
)
from nullabona.docket.core.audit import audit, reported_wrong
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.notice import NOT_OURS, somebody
from nullabona.docket.core.records import Gag, Identifier
from nullabona.docket.core.roles import DeskAction
from nullabona.docket.core.states import Action, State
from nullabona.docket.core.terms import term_of, term_span
from nullabona.docket.core.timers import GAG
from nullabona.docket.publishing.clock_watch import ClockDoubtful
from nullabona.errors import NullabonaError
from nullabona.wire.handle import parse_handle
from tests.docket import desks
from tests.docket.databases import LoosePlaces
from tests.docket.desks import NOON, PRODUCE, REFUSE, Clock, demand
from tests.docket.publishing import CADENCE, PublicOffice
from tests.wire import cards

SLOW = msgspec.structs.replace(CADENCE, period_s=30 * DAY, slots=4, band=2, lag=3, horizon_s=90 * DAY, window_s=DAY)
KINDS = ("KR.WARRANT", "KR.INTERCEPT", "US.CIVIL", "US.NSL")
HANDLES = ("mina@relay.example", "nobody@relay.example")
DESKS = st.integers(0, 1)
TERMS = ("2026H2", "2027H1", "2027H2", "2028H1")
PLAIN = (Action.NOTIFY, Action.NOTIFY_FIRST, Action.NOBODY_TO_TELL, Action.PUBLISH, Action.SEAL, Action.CLOSE,
         Action.RECEIPT, Action.HAND_OVER)  # fmt: skip
WHO = {
    Action.NOTIFY: "nora", Action.NOTIFY_FIRST: "nora", Action.NOBODY_TO_TELL: "cora", Action.PUBLISH: "pia",
    Action.SEAL: "cora", Action.CLOSE: "pia", Action.RECEIPT: "cora", Action.HAND_OVER: "rolf",
}  # fmt: skip
NewDatabase = Callable[[], AbstractContextManager[str | None]]
"""Makes the URL of an empty database, which is gone afterwards; None: SQLite."""


class Officers(RuleBasedStateMachine):
    """Two desks with a log each. What a desk refuses is no step; what it takes must not hurt."""

    offices: tuple[PublicOffice, ...] = ()
    database: ClassVar[NewDatabase]

    def __init__(self) -> None:
        super().__init__()
        self.ends = ExitStack()

    @initialize()
    def found(self) -> None:
        self.folder = Path(self.ends.enter_context(tempfile.TemporaryDirectory()))
        encoded = cards.card_bytes("mina", parse_handle(HANDLES[0]), day=NOON // DAY)
        self.cards = dict(desks.CARDS)
        desks.CARDS[HANDLES[0]] = {"handle": HANDLES[0], "encoded": encoded.hex(), "registered_day": 1}
        self.offices = tuple(map(self.founded, ("a", "b")))
        self.delivered: tuple[set[str], ...] = (set(), set())
        for office in self.offices:
            office.register()
            office.register("agency", jurisdiction="US")

    def founded(self, name: str) -> PublicOffice:
        """A desk in a folder of its own and, on PostgreSQL, in a database of its own."""
        folder = self.folder / name
        return PublicOffice(folder, Clock(), SLOW, LoosePlaces(folder, self.ends.enter_context(type(self).database())))

    def teardown(self) -> None:
        for office in self.offices:
            office.stop()
        if self.offices:
            desks.CARDS.clear()
            desks.CARDS.update(self.cards)
        self.ends.close()

    def attempt(self, do: Callable[[], Any]) -> None:
        """What officers want; the desk may refuse, with an error of its tree and nothing else."""
        try:
            do()
        except NullabonaError as refused:
            if not refused.code.startswith("docket-"):
                raise

    def case(self, at: int, number: int) -> bytes:
        lines = self.offices[at].desk.cases(self.offices[at].who("cora"))
        return lines[number % len(lines)].id if lines else bytes(16)

    @rule(at=DESKS, kind=st.sampled_from(KINDS), handle=st.sampled_from(HANDLES), gag=st.sampled_from([None, 20, -1]))
    def take_in(self, at: int, kind: str, handle: str, gag: int | None) -> None:
        office = self.offices[at]
        order = None if gag is None else Gag("order", None if gag < 0 else office.clock() + gag * DAY)
        korean = kind.startswith("KR")
        gates = demand(office.clock).gates if korean else ()
        given = demand(
            office.clock, instrument=kind, gates=gates, gag=order, identifiers=(Identifier("handle", handle),),
            authority="seoul-police" if korean else "agency",
        )  # fmt: skip
        self.attempt(lambda: office.walk(office.take_in(given=given), PRODUCE if handle == HANDLES[0] else REFUSE))

    @rule(at=DESKS, number=st.integers(0, 9), refuse=st.booleans())
    def answer(self, at: int, number: int, *, refuse: bool) -> None:
        office, case = self.offices[at], self.case(at, number)
        self.attempt(lambda: office.walk(case, REFUSE if refuse else PRODUCE))

    @rule(at=DESKS)
    def issue_receipts(self, at: int) -> None:
        """All that can be handed over is."""
        office = self.offices[at]
        office.tick()
        self.keep_the_horizon(at)
        for line in office.desk.cases(office.who("cora")):
            for action in (Action.RECEIPT, Action.HAND_OVER):
                self.attempt(lambda action=action, case=line.id: office.do(WHO[action], action, case))  # type: ignore[misc]

    @rule(at=DESKS)
    def finish_what_can_be(self, at: int) -> None:
        """Publish or seal, and close, every case that may be."""
        office = self.offices[at]
        for line in office.desk.cases(office.who("cora")):
            for action in (Action.PUBLISH, Action.SEAL, Action.CLOSE):
                self.attempt(lambda action=action, case=line.id: office.do(WHO[action], action, case))  # type: ignore[misc]

    @rule(at=DESKS, number=st.integers(0, 9), action=st.sampled_from(PLAIN))
    def act(self, at: int, number: int, action: Action) -> None:
        office, case = self.offices[at], self.case(at, number)
        self.attempt(lambda: office.do(WHO[action], action, case))

    @rule(at=DESKS, number=st.integers(0, 9))
    def bar(self, at: int, number: int) -> None:
        office, case = self.offices[at], self.case(at, number)
        self.attempt(lambda: office.do("cora", Action.BAR_NOTICE, case, BarDetails("any law")))
        self.attempt(lambda: office.sign("rea", office.desk.propose_confirm_bar(office.who("rea"), case)))

    @rule(at=DESKS, number=st.integers(0, 9), days=st.integers(-1, 40))
    def defer(self, at: int, number: int, days: int) -> None:
        office, case = self.offices[at], self.case(at, number)
        until_s = office.clock() + days * DAY
        self.attempt(lambda: office.do("nora", Action.DEFER_NOTICE, case, DeferDetails(until_s, "any law")))

    @rule(at=DESKS, number=st.integers(0, 9), days=st.sampled_from([None, 0, 20]))
    def gag(self, at: int, number: int, days: int | None) -> None:
        office, case = self.offices[at], self.case(at, number)
        order = None if days == 0 else Gag("order", None if days is None else office.clock() + days * DAY)
        action = Action.RENEW_GAG if order else Action.LIFT_GAG
        self.attempt(lambda: office.do("cora", action, case, GagDetails(order, "order")))
        self.attempt(lambda: office.sign("carl", office.desk.propose_confirm_gag(office.who("carl"), case)))

    @rule(at=DESKS, number=st.integers(0, 9))
    def amend(self, at: int, number: int) -> None:
        office, case = self.offices[at], self.case(at, number)

        def do() -> None:
            given = office.desk.glance(office.who("ina"), case).content.demand
            office.do("ina", Action.AMEND, case, AmendDetails(given, "quashed"))
            office.sign("ina", office.desk.propose_match(office.who("ina"), case))
            office.do("rea", Action.REVIEW, case, ReviewDetails())

        self.attempt(do)

    @rule(at=DESKS, number=st.integers(0, 9), over=st.booleans())
    def stay(self, at: int, number: int, *, over: bool) -> None:
        """A court stays a demand, or its stay is over; what was decided is decided again, or stays open."""
        office, case = self.offices[at], self.case(at, number)
        if not over:
            self.attempt(lambda: office.do("cora", Action.STAY, case, StayDetails("a court")))
            return
        self.attempt(lambda: office.do("cora", Action.RESUME, case, ResumeDetails("a court")))
        self.attempt(lambda: office.walk(case, REFUSE))

    @rule(at=DESKS, kind=st.sampled_from(KINDS))
    def sign_off(self, at: int, kind: str) -> None:
        office = self.offices[at]

        def do() -> None:
            first = office.sign("cora", office.desk.propose_sign_off(office.who("cora"), kind, "a text"))
            office.sign("rea", office.desk.propose_confirm(office.who("rea"), first.challenge))

        self.attempt(do)

    @rule(at=DESKS)
    def come_back(self, at: int) -> None:
        """The desk ends and begins again."""
        self.offices[at].desk.close()
        self.offices[at].desk = self.offices[at].open()

    @rule(at=DESKS, number=st.integers(0, 9))
    def open_one(self, at: int, number: int) -> None:
        office, case = self.offices[at], self.case(at, number)
        self.attempt(lambda: office.open_all([case]))

    @rule(at=DESKS, term=st.sampled_from(TERMS))
    def report(self, at: int, term: str) -> None:
        office = self.offices[at]

        def do() -> None:
            _, proposal = office.desk.propose_report(office.who("pia"), term)
            first = office.sign("pia", proposal)
            office.sign("cora", office.desk.propose_confirm(office.who("cora"), first.challenge))

        self.attempt(do)

    @rule(at=DESKS, term=st.sampled_from(TERMS))
    def settle(self, at: int, term: str) -> None:
        office = self.offices[at]
        self.attempt(lambda: office.both("kim", "cora", DeskAction.SETTLE, SettleDetails(term)))

    @rule(at=DESKS, number=st.integers(0, 9))
    def carry_over(self, at: int, number: int) -> None:
        """A signature of one desk at the other: it is worth nothing there."""
        office, other = self.offices[at], self.offices[1 - at]
        case = self.case(at, number)
        try:
            proposal = office.desk.propose(office.who("cora"), Action.RENEW_GAG, case, GagDetails(Gag("order"), "x"))
        except NullabonaError:
            return
        try:
            other.sign("cora", proposal)
        except NullabonaError:
            return
        raise AssertionError("a signature for one desk was taken by another")

    @rule(at=DESKS)
    def deliver(self, at: int) -> None:
        self.offices[at].deliver([])

    @rule(at=DESKS, periods=st.integers(1, 4))
    def time_passes(self, at: int, periods: int) -> None:
        """Every period is published, and what must be settled by then is, as far as the desk allows it."""
        for _ in range(periods):
            self.offices[at].tick()
            self.keep_the_horizon(at)
        self.offices[at].desk.erase_due()

    def keep_the_horizon(self, at: int) -> None:
        """To settle in time is the officers' duty, as to publish is: an omission is seen, and is no action."""
        office = self.offices[at]
        for term in TERMS:
            if office.clock() >= term_span(term)[1] + SLOW.horizon_s - 45 * DAY:
                self.settle(at, term)

    @invariant()
    def no_log_fails(self) -> None:
        """Lateness that the log states itself is no failure; nothing else is found, and the auditor finds no lie."""
        for office in self.offices:
            if not any((office.public / "periods").glob("*")):
                continue
            found = office.verify()
            assert {each.code for each in found.findings} <= {"answer-late"}, found.findings
            assert found.recount is not None
            result = audit(found.recount, office.pointer_key)
            assert ((), [], []) == (result.false(), result.unreadable, list(reported_wrong(result, found.recount)))

    @invariant()
    def no_notice_is_lost(self) -> None:
        """A closed case: its person was told, or is about to be; or a law barred it and no gag with an end remains."""
        for office in self.offices:
            for line in office.desk.cases(office.who("cora"), State.CLOSED):
                file = office.desk._files.open(office.who("cora"), line.id)
                content = file.content
                rule = next(row.notice for row in desks.TAXONOMY.rows if row.id == content.demand.instrument)
                if file.has("notified") or not somebody(content) or rule in NOT_OURS:
                    continue
                assert content.barred is not None
                assert content.gag is None or content.gag.until_s is None

    @invariant()
    def nothing_leaves_under_a_stay(self) -> None:
        """What a court has stayed is not handed over, and nothing of it is due but the end of a gag."""
        for office in self.offices:
            stayed = {line.id for line in office.desk.cases(office.who("cora"), State.STAYED)}
            assert {GAG} >= {due.name for due in office.desk.dues() if due.case in stayed}
            for case in stayed:
                assert not office.desk._files.open(office.who("cora"), case).has("handed-over")

    @invariant()
    def figures_are_those_of_the_cases(self) -> None:
        """Whatever stands in a report was counted from events: it never has more outcomes than demands."""
        for office in self.offices:
            try:
                report = office.desk.figures(office.who("pia"), term_of(office.clock()))
            except (NullabonaError, ClockDoubtful):
                continue
            for row in report.rows:
                outcomes = row.produced_full + row.produced_partial + row.answered_no_data + row.refused + row.pending
                assert row.received == outcomes
                assert max(row.notified_before, 0) <= row.notified <= row.received


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_officers_do_anything(kept_in: str, request: pytest.FixtureRequest) -> None:
    """A few long days, made up afresh in each run."""
    opens = nullcontext if kept_in == "sqlite" else request.getfixturevalue("postgres").database

    class InDatabase(Officers):
        database = staticmethod(opens)

    chosen = settings(
        max_examples=4, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck),
        derandomize=False,
    )  # fmt: skip
    run_state_machine_as_test(InDatabase, settings=chosen)
