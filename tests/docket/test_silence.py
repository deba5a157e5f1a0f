"""Gags, notices, receipts and horizons: what may not be told is not told, and what must be told is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from nullabona.docket.cases.notices import Delivery, HeldNotice
from nullabona.docket.core.acts import DeferDetails, GagDetails, SettleDetails
from nullabona.docket.core.decide import NoticeBarred, NotYetPublic
from nullabona.docket.core.instrument import DAY, HOUR, Instrument, Timer
from nullabona.docket.core.receipt import ReceiptInvalid, check_receipt
from nullabona.docket.core.records import Gag
from nullabona.docket.core.recount import Recount, _check_horizons
from nullabona.docket.core.roles import DeskAction, SamePerson
from nullabona.docket.core.statements import Genesis, Reseal, Statement
from nullabona.docket.core.states import Action, WrongState
from nullabona.docket.core.terms import term_of, term_span
from nullabona.docket.core.timers import level_at, louder
from nullabona.docket.publishing.openings import NotYetSettled
from nullabona.errors import NullabonaError
from nullabona.log.policy import Policy
from nullabona.log.proof import parse_proof
from nullabona.log.tree import ProofInvalid
from nullabona.operating.desk_places import DeskPlaces
from nullabona.wire.handle import parse_handle
from nullabona.wire.operator_notice import NoticeInvalid, check_binding, parse_notice
from nullabona.wire.seal import ITEM_DIRECT, Inbox, open_inbox_frame
from nullabona.wire.slots import CommitmentWrong, EventRecord, RenewalRecord, SlotRef, check_opening
from tests.docket import desks
from tests.docket.desks import NOON, Clock, demand
from tests.docket.forging import Record
from tests.docket.publishing import CADENCE, ORIGIN, POLICY, PublicOffice
from tests.sequencer.logs import entries_of
from tests.wire import cards

TERM = term_of(NOON)
RULES = Policy.parse(POLICY)


def test_a_gag_keeps_the_notice_and_the_record_shut_until_two_lift_it(
    public_office: PublicOffice, clock: Clock
) -> None:
    """While it is in force neither; one signature does not lift it, the same person's second one neither."""
    office = public_office
    case = office.answer(office.take_in(given=demand(clock, gag=Gag("court order", clock() + 90 * DAY))))
    office.register()
    with pytest.raises(NoticeBarred):
        office.do("nora", Action.NOTIFY, case)
    office.do("nora", Action.DEFER_NOTICE, case, DeferDetails(clock() + 90 * DAY, "court order"))
    office.do("cora", Action.LIFT_GAG, case, GagDetails(None, "lifted by the court"))
    with pytest.raises(NoticeBarred):
        office.do("nora", Action.NOTIFY, case)
    with pytest.raises(SamePerson):
        office.sign("cora", office.desk.propose_confirm_gag(office.who("cora"), case))
    office.sign("carl", office.desk.propose_confirm_gag(office.who("carl"), case))
    assert office.desk.show(office.who("nora"), case).content.gag is None


def test_a_renewed_gag_moves_its_deadline(public_office: PublicOffice, clock: Clock) -> None:
    """The timer of the gag runs to its new end, and a case under gag is not published."""
    office = public_office
    case = office.answer(office.take_in())
    office.bar(case)
    later = clock() + 99 * DAY
    office.do("cora", Action.RENEW_GAG, case, GagDetails(Gag("court order", later), "renewed"))
    office.sign("rea", office.desk.propose_confirm_gag(office.who("rea"), case))
    assert later == next(due.due_s for due in office.desk.dues() if due.name == "gag-ends")
    with pytest.raises(NotYetPublic):
        office.do("pia", Action.PUBLISH, case)


def test_a_receipt_is_checked_offline_and_is_of_this_demand(public_office: PublicOffice) -> None:
    """It holds under the reader's policy; with another demand's fields, or another record, it does not."""
    office = public_office
    case = office.answer(office.take_in())
    receipt = office.desk.receipt(office.who("rolf"), case)
    check_receipt(receipt, RULES)
    other = msgspec.structs.replace(receipt, private=receipt.private | {"authority_ref": "2026-9999"})
    with pytest.raises(ReceiptInvalid):
        check_receipt(other, RULES)
    record = msgspec.structs.replace(receipt.slot.record, identifiers=7)
    altered = msgspec.structs.replace(receipt, slot=msgspec.structs.replace(receipt.slot, record=record))
    with pytest.raises(CommitmentWrong):
        check_receipt(altered, RULES)
    moved = receipt.slot.proof.replace("index 2", "index 3") if "index 2\n" in receipt.slot.proof else "x"
    with pytest.raises((ProofInvalid, NullabonaError)):
        check_receipt(msgspec.structs.replace(receipt, slot=msgspec.structs.replace(receipt.slot, proof=moved)), RULES)


def test_an_opening_that_no_slot_can_hold_is_refused() -> None:
    """An operator who enters one in the log is found out, and does not stop whoever recounts it."""
    record = EventRecord(
        "ab" * 16, 0, "received", 0, "KR.WARRANT", "", "cd" * 32, answers={str(n): "held" for n in range(900)}
    )
    with pytest.raises(CommitmentWrong):
        check_opening(bytes(32), bytes(32), record)


def test_nothing_is_handed_over_before_the_receipt(public_office: PublicOffice) -> None:
    """Neither the action nor the files, and no case is closed before its answer was handed over."""
    office = public_office
    case = office.walk(office.take_in())
    with pytest.raises(WrongState):
        office.do("rolf", Action.HAND_OVER, case)
    with pytest.raises(NullabonaError, match="before the receipt"):
        office.desk.handed_over(office.who("rolf"), case)
    office.tick()
    office.do("cora", Action.RECEIPT, case)
    office.bar(case)
    office.do("cora", Action.SEAL, case)
    with pytest.raises(WrongState):
        office.do("cora", Action.CLOSE, case)
    office.do("rolf", Action.HAND_OVER, case)


def test_the_person_is_told_and_can_check_it(public_office: PublicOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """The notice opens in the person's inbox alone, and holds against the docket log; altered it does not."""
    office = public_office
    encoded = cards.card_bytes("mina", parse_handle("mina@relay.example"), day=NOON // DAY)
    record = {"handle": "mina@relay.example", "encoded": encoded.hex(), "registered_day": 1}
    monkeypatch.setitem(desks.CARDS, "mina@relay.example", record)
    office.register()
    case = office.answer(office.take_in())
    office.do("nora", Action.NOTIFY, case)
    delivered: list[tuple[str, Inbox, bytes]] = []
    assert Delivery(held=(HeldNotice("2026-00001", "log"),)) == office.deliver(delivered)
    office.tick()
    assert Delivery(delivered=1) == office.deliver(delivered)
    assert Delivery() == office.deliver(delivered)
    ((handle, inbox, frame),) = delivered
    plain = open_inbox_frame(cards.seed_of("mina"), inbox.address, frame)
    notice = parse_notice(plain.removeprefix(ITEM_DIRECT))
    check_binding(notice, handle)
    parse_proof(notice.slot.proof.encode()).verify(notice.slot.leaf, RULES)
    with pytest.raises(NoticeInvalid):
        check_binding(notice, "jun@relay.example")
    body = msgspec.structs.replace(notice.body, authority="somebody else")
    with pytest.raises(NoticeInvalid):
        check_binding(msgspec.structs.replace(notice, body=body), handle)


def test_a_half_year_is_settled_at_its_horizon(desk_places: DeskPlaces, tmp_path: Path) -> None:
    """All slots are opened but exactly the band's, whatever is sealed among them; and the record holds."""
    cadence = msgspec.structs.replace(CADENCE, period_s=30 * DAY, slots=6, band=4, horizon_s=200 * DAY, window_s=DAY)
    clock = Clock()
    office = PublicOffice(tmp_path, clock, cadence, desk_places)
    try:
        case = office.answer(office.take_in(given=demand(clock, gag=Gag("court order"))))
        office.bar(case)
        office.do("cora", Action.SEAL, case)
        office.do("cora", Action.CLOSE, case)
        office.finish(office.answer(office.take_in()))
        with pytest.raises(NotYetSettled):
            office.both("kim", "cora", DeskAction.SETTLE, SettleDetails(TERM))
        while clock() < term_span(TERM)[1] + cadence.horizon_s - 30 * DAY:
            office.tick()
        office.both("kim", "cora", DeskAction.SETTLE, SettleDetails(TERM))
        office.tick(3)
        found = office.verify()
        assert () == found.findings
        assert found.recount is not None
        own = [at for at in found.recount.slots if cadence.term_of(at.period) == TERM]
        assert len(found.recount.resealed) in {4, 8}
        assert len(own) == sum(at in found.recount.opened or at in found.recount.resealed for at in own)
        entries = entries_of(office.public, found.size)
        for lie in (_nowhere, _together):
            record = Record(entries)
            record.change(Reseal, lie(record))
            assert {"reseal-wrong"} <= {each.code for each in record.recount(clock()).findings}
    finally:
        office.stop()


def _nowhere(_: Record) -> Callable[[Statement], Statement]:
    """Renewed by a slot that is not there: nothing would ever have to be opened."""

    def lie(statement: Statement) -> Statement:
        assert isinstance(statement, Reseal)
        return msgspec.structs.replace(statement, to=msgspec.structs.replace(statement.to, slot=60_000))

    return lie


def _together(record: Record) -> Callable[[Statement], Statement]:
    """All of a period renewed by one slot: all but one would never have to be opened."""
    resealed = [each for batch in record.batches for each in batch.statements if isinstance(each, Reseal)]

    def lie(statement: Statement) -> Statement:
        assert isinstance(statement, Reseal)
        first = next(each.to for each in resealed if each.to.period == statement.to.period)
        return msgspec.structs.replace(statement, to=first)

    return lie


def test_a_renewal_is_not_opened_without_what_it_took_over() -> None:
    """Else a demand could stay sealed for good, in no half-year's band."""
    sealed, renewal = SlotRef(0, 0), SlotRef(9_000, 0)
    found = Recount(Genesis(ORIGIN, CADENCE, "0" * 64), slots=dict.fromkeys((sealed, renewal), cast(Any, None)))
    found.batches = [cast(Any, SimpleNamespace(header=SimpleNamespace(period=at.period))) for at in (sealed, renewal)]
    found.resealed, found.opened = {sealed: renewal}, {renewal: RenewalRecord(sealed, ("0" * 64, "1" * 64))}
    late_s = CADENCE.settled_by(renewal.period) + 1
    _check_horizons(found, late_s)
    overdue = [each for each in found.findings if each.code == "slot-overdue"]
    assert [{"count": 1, "term": CADENCE.term_of(9_000), "slot": 0, "of": 0}] == [each.values for each in overdue]


@pytest.mark.parametrize(
    ("now_s", "level"),
    [(0, "none"), (49, "none"), (50, "half"), (89, "half"), (90, "soon"), (99, "soon"), (100, "due"), (3_700, "late")],
)
def test_a_deadline_calls_louder(now_s: int, level: str) -> None:
    """Half of the time gone, a tenth left, over, over for as long again (an hour at least)."""
    assert level == level_at(0, 100, now_s)


def test_a_clock_that_goes_back_quiets_nothing(office: desks.Office, clock: Clock) -> None:
    """What was called stays called, and no deadline moves."""
    office.take_in()
    before = office.desk.dues()
    clock.pass_(11 * DAY)
    assert {"due", "late"} >= {due.level for due in office.desk.dues()}
    clock.pass_(-11 * DAY)
    after = office.desk.dues()
    assert [due.due_s for due in before] == [due.due_s for due in after]
    assert "none" not in {due.level for due in after}
    assert "late" == louder("late", "half")


def test_an_emergency_has_its_hours() -> None:
    """The timers are the instrument's: eight hours from receipt, and 36 for the permit, are data."""
    row: Instrument = desks.row(
        "EU.EPOC_ER", timers=(Timer("answer", 8 * HOUR), Timer("permit", 36 * HOUR, until="permit"))
    )
    assert [8 * HOUR, 36 * HOUR] == [timer.within_s for timer in row.timers]
