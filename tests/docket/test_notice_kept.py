"""No notice is lost: not by a gag that ends, not by one signature, not by a close."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from nullabona.docket.cases.notices import Delivery
from nullabona.docket.core.acts import (
    AmendDetails,
    BarDetails,
    ConfirmDetails,
    DeferDetails,
    GagDetails,
    ReviewDetails,
    Stale,
)
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.notice import (
    GagEnds,
    NobodyToTell,
    NoticeFirst,
    NoticeOwed,
    SomebodyToTell,
    WaitNotOver,
)
from nullabona.docket.core.records import Gag, Identifier
from nullabona.docket.core.roles import SamePerson
from nullabona.docket.core.states import Action, State, WrongState
from nullabona.operating.desk_places import DeskPlaces
from nullabona.wire.handle import parse_handle
from nullabona.wire.seal import Inbox
from tests.docket import desks
from tests.docket.desks import NOON, REFUSE, Clock, demand
from tests.docket.publishing import CADENCE, PublicOffice
from tests.wire import cards


@pytest.fixture(autouse=True)
def _card(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mina has an inbox that notices can be sealed to."""
    encoded = cards.card_bytes("mina", parse_handle("mina@relay.example"), day=NOON // DAY)
    record = {"handle": "mina@relay.example", "encoded": encoded.hex(), "registered_day": 1}
    monkeypatch.setitem(desks.CARDS, "mina@relay.example", record)


def gag(office: PublicOffice, case: bytes, order: Gag | None) -> None:
    """Renew or lift it, with both signatures."""
    action = Action.RENEW_GAG if order else Action.LIFT_GAG
    done = office.do("cora", action, case, GagDetails(order, "order"))
    office.do("carl", Action.CONFIRM_GAG, case, ConfirmDetails(done.challenge))


def state(office: PublicOffice, case: bytes) -> str:
    return office.desk.glance(office.who("cora"), case).state


def test_a_gag_that_ends_defers_and_does_not_bar(public_office: PublicOffice, clock: Clock) -> None:
    """Then the person is told, and the case ends."""
    office = public_office
    office.register()
    case = office.answer(office.take_in(given=demand(clock, gag=Gag("2705(b)", clock() + 2 * DAY))))
    with pytest.raises(GagEnds):
        office.do("cora", Action.BAR_NOTICE, case, BarDetails("2705(b)"))
    office.do("nora", Action.DEFER_NOTICE, case, DeferDetails(clock() + 2 * DAY, "2705(b)"))
    for action in (Action.PUBLISH, Action.SEAL, Action.CLOSE):
        with pytest.raises(WrongState):
            office.do("pia" if action != Action.SEAL else "cora", action, case)
    clock.pass_(2 * DAY)
    with pytest.raises(GagEnds):
        office.do("cora", Action.BAR_NOTICE, case, BarDetails("2705(b)"))
    office.do("nora", Action.NOTIFY, case)
    office.do("pia", Action.PUBLISH, case)
    office.do("pia", Action.CLOSE, case)
    assert ("closed", 1) == (state(office, case), office.desk.notices_waiting())


@pytest.mark.parametrize("sealed", [True, False])
@pytest.mark.parametrize("later", [Gag("court order", NOON + 9 * DAY), None])
def test_a_bar_whose_gag_gets_an_end_does_not_close_the_case(
    public_office: PublicOffice, clock: Clock, later: Gag | None, *, sealed: bool
) -> None:
    """It was barred for good; then the gag got an end, or was lifted. The person is told before the case is closed."""
    office = public_office
    office.register()
    case = office.answer(office.take_in(given=demand(clock, gag=Gag("court order"))))
    office.bar(case)
    if sealed:
        office.do("cora", Action.SEAL, case)
    gag(office, case, later)
    if later is not None:
        office.do("cora", Action.SEAL, case) if not sealed else None
        with pytest.raises(NoticeOwed):
            office.do("pia", Action.CLOSE, case)
        clock.pass_(9 * DAY)
    elif not sealed:
        office.do("pia", Action.PUBLISH, case)
    with pytest.raises(NoticeOwed):
        office.do("pia", Action.CLOSE, case)
    office.do("nora", Action.NOTIFY, case)
    with pytest.raises(Stale):
        office.do("nora", Action.NOTIFY, case)
    office.do("pia", Action.CLOSE, case)
    assert 1 == office.desk.notices_waiting()


def test_a_bar_takes_two_people_and_a_basis(public_office: PublicOffice) -> None:
    """One alone changes nothing, not even the state; the database knows it too, and so does whoever opens the case."""
    office = public_office
    case = office.answer(office.take_in())
    office.do("cora", Action.BAR_NOTICE, case, BarDetails("PCSA 9-3"))
    assert "receipted" == state(office, case)
    with pytest.raises(WrongState):
        office.do("pia", Action.PUBLISH, case)
    with pytest.raises(SamePerson):
        office.sign("cora", office.desk.propose_confirm_bar(office.who("cora"), case))
    office.sign("rea", office.desk.propose_confirm_bar(office.who("rea"), case))
    content = office.desk.glance(office.who("cora"), case).content
    assert ("notice-barred", "PCSA 9-3") == (state(office, case), content.barred.basis if content.barred else "")
    with pytest.raises(Stale):
        office.desk.propose_confirm_bar(office.who("rea"), case)


def test_where_nobody_is_nobody_is_barred(public_office: PublicOffice, clock: Clock) -> None:
    """A demand about no account of ours: it has a state of its own, and its own word in the record."""
    office = public_office
    office.register()
    stranger = (Identifier("handle", "nobody@relay.example"),)
    case = office.answer(office.take_in(given=demand(clock, identifiers=stranger)), REFUSE)
    for name, action, details in (
        ("nora", Action.NOTIFY, None), ("cora", Action.BAR_NOTICE, BarDetails("law")),
        ("nora", Action.DEFER_NOTICE, DeferDetails(clock() + DAY, "law")),
    ):  # fmt: skip
        with pytest.raises(NobodyToTell):
            office.do(name, action, case, details)
    office.finish(case)
    office.tick()
    office.open_all([case])
    office.tick()
    found = office.verify()
    assert found.recount is not None
    (shown,) = found.recount.demands.all()
    assert ((), True, None) == (found.findings, shown.last("nobody-to-tell") is not None, shown.last("notice-barred"))
    other = office.answer(office.take_in())
    with pytest.raises(SomebodyToTell):
        office.do("cora", Action.NOBODY_TO_TELL, other)


def test_a_notice_that_waits_keeps_its_case(public_office: PublicOffice, clock: Clock) -> None:
    """Under a gag that came later it is not closed; closed, it is not erased before the notice has gone out."""
    office = public_office
    office.register()
    case = office.answer(office.take_in())
    office.do("nora", Action.NOTIFY, case)
    office.do("cora", Action.SEAL, case)
    gag(office, case, Gag("court order"))
    with pytest.raises(NoticeOwed):
        office.do("pia", Action.CLOSE, case)
    gag(office, case, None)
    office.do("pia", Action.CLOSE, case)
    with office.desk._store.transaction():
        office.desk._store.run("set_erase_day", clock() // DAY - 1, case)
    office.tick()
    assert 0 == office.desk.erase_due()
    assert Delivery(delivered=1) == office.deliver([])
    assert 1 == office.desk.erase_due()


def civil(office: PublicOffice) -> bytes:
    """A civil subpoena whose receipt was issued."""
    office.register("party", jurisdiction="US")
    case = office.walk(office.take_in(given=demand(office.clock, instrument="US.CIVIL", authority="party", gates=())))
    office.tick()
    office.do("cora", Action.RECEIPT, case)
    return case


@pytest.fixture
def daily_office(desk_places: DeskPlaces, tmp_path: Path, clock: Clock) -> Iterator[PublicOffice]:
    """A desk that publishes once a day."""
    made = PublicOffice(tmp_path, clock, msgspec.structs.replace(CADENCE, period_s=DAY), desk_places)
    yield made
    made.stop()


def test_who_is_told_before_the_answer_has_days_to_go_to_court(daily_office: PublicOffice, clock: Clock) -> None:
    """No hand-over before the notice, none before it was delivered, none before its time is over."""
    office = daily_office
    case = civil(office)
    with pytest.raises(NoticeFirst):
        office.do("rolf", Action.HAND_OVER, case)
    with pytest.raises(NoticeFirst):
        office.do("nora", Action.NOTIFY, case)
    with pytest.raises(NoticeFirst):
        office.do("nora", Action.DEFER_NOTICE, case, DeferDetails(clock() + DAY, "no gag at all"))
    office.sign("nora", office.desk.propose_notify(office.who("nora"), case))
    assert State.NOTIFIED_FIRST == state(office, case)
    clock.pass_(20 * DAY)
    with pytest.raises(WaitNotOver):
        office.do("rolf", Action.HAND_OVER, case)
    for action, who in ((Action.PUBLISH, "pia"), (Action.CLOSE, "pia"), (Action.SEAL, "cora")):
        with pytest.raises(WrongState):
            office.do(who, action, case)
    office.publish_due()
    sent: list[tuple[str, Inbox, bytes]] = []
    assert Delivery(delivered=1) == office.deliver(sent)
    clock.pass_(14 * DAY - 1)
    with pytest.raises(WaitNotOver):
        office.do("rolf", Action.HAND_OVER, case)
    clock.pass_(1)
    office.do("rolf", Action.HAND_OVER, case)
    assert "notified" == state(office, case)
    office.do("pia", Action.PUBLISH, case)
    office.do("pia", Action.CLOSE, case)


def test_a_court_may_stop_an_answer_that_waits(public_office: PublicOffice) -> None:
    """The case begins again and is refused; its figures say what became of it, and the log holds."""
    office = public_office
    case = civil(office)
    office.do("nora", Action.NOTIFY_FIRST, case)
    office.tick()
    office.deliver([])
    given = office.desk.glance(office.who("cora"), case).content.demand
    office.do("cora", Action.AMEND, case, AmendDetails(given, "quashed by the court"))
    office.sign("ina", office.desk.propose_match(office.who("ina"), case))
    office.do("rea", Action.REVIEW, case, ReviewDetails())
    office.sign("carl", office.desk.propose_decision(office.who("carl"), case, REFUSE))
    office.sign("rolf", office.desk.propose_release(office.who("rolf"), case))
    office.tick()
    office.do("cora", Action.RECEIPT, case)
    office.do("rolf", Action.HAND_OVER, case)
    office.do("nora", Action.NOTIFY, case)
    office.do("pia", Action.PUBLISH, case)
    office.do("pia", Action.CLOSE, case)
    office.tick()
    office.open_all([case])
    office.report("2026H2")
    office.tick()
    found = office.verify()
    assert found.recount is not None
    (row,) = (row for row in found.recount.reports["2026H2"][1].rows if row.instrument == "US.CIVIL")
    assert ((), 1, 0, 1) == (found.findings, row.refused, row.pending, row.notified)


def test_a_kind_that_produces_nothing_tells_nobody_first(public_office: PublicOffice) -> None:
    """Refused, or nothing was held: there is nothing to stop, and the person is told afterwards."""
    office = public_office
    office.register("party", jurisdiction="US")
    given = demand(office.clock, instrument="US.CIVIL", authority="party", gates=())
    case = office.walk(office.take_in(given=given), REFUSE)
    office.tick()
    office.do("cora", Action.RECEIPT, case)
    with pytest.raises(Stale):
        office.do("nora", Action.NOTIFY_FIRST, case)
    office.do("rolf", Action.HAND_OVER, case)
    office.do("nora", Action.NOTIFY, case)
    assert msgspec.json.encode(state(office, case)) == b'"notified"'
