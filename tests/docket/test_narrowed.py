"""A package holds no more than law and demand let it: the fields of the instrument, the rows of the period."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from nullabona.docket.core import timers
from nullabona.docket.core.acts import IntakeDetails, ReviewDetails
from nullabona.docket.core.decide import DemandIncomplete, take_in
from nullabona.docket.core.instrument import DAY, Taxonomy
from nullabona.docket.core.period import within
from nullabona.docket.core.records import ClassAnswer, Decision, Demand, Gate
from nullabona.docket.core.states import Action
from nullabona.docket.production.classes import AnswerImpossible, answer_of
from nullabona.docket.taxonomy import load
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.tiles import encode_bundle
from nullabona.operating.epochs import PUBLIC, EpochDays
from nullabona.wire.canonical import canonical, read_canonical
from nullabona.wire.epoch import encode_epoch
from tests.docket.desks import CARDS, Clock, Office, demand
from tests.docket.packages import contents, order, packager

KOREA = {row.id: row.instrument() for row in load().newest() if row.jurisdiction == "KR"}
ROWS = [{"epoch": number, "version": number, "nonce": "00", "digest": "11"} for number in (1, 2, 3)]


def test_a_subscriber_demand_gives_what_its_law_names() -> None:
    """전기통신사업법 제83조제3항 names six items; of what is held, three are among them, and nothing else leaves."""
    assert ("name", "registered_day", "until_day") == KOREA["KR.SUBSCRIBER"].fields
    made = replace(order("subscriber", instrument="KR.SUBSCRIBER"), allowed=KOREA["KR.SUBSCRIBER"].fields)
    record = json.loads(contents(packager()(made))["data/records/001-subscriber.json"])
    assert ["name", "registered_day"] == [field["field"] for field in record]


def test_the_desk_orders_no_more_than_the_instrument_allows(office: Office) -> None:
    """The row that is in force goes with the order, whoever makes the package."""
    office.desk.close()
    office.desk = office.open()
    rows = tuple(msgspec.structs.replace(row, fields=("name",)) for row in office.desk.taxonomy.rows)
    office.desk._cases.changes._taxonomy = Taxonomy(rows, bytes(32))
    case = office.take_in()
    office.sign("ina", office.desk.propose_match(office.who("ina"), case))
    decision = Decision("produce", (ClassAnswer("subscriber", "produced"), ClassAnswer("content", "not_held")))
    assert ("name",) == office.desk.order(office.who("cora"), case, decision).allowed


def test_what_is_held_and_not_allowed_is_neither_produced_nor_denied() -> None:
    """The answer is that it is not in scope, or a refusal."""
    made = replace(order("subscriber"), allowed=())
    assert "not_in_scope" == answer_of("subscriber", made.matches, ())
    for answer in ("produced", "not_held"):
        with pytest.raises(AnswerImpossible):
            packager()(replace(made, decision=Decision("produce", (ClassAnswer("subscriber", answer),))))


def test_rows_of_other_days_are_left_out() -> None:
    """And so is a row whose day nobody can tell; what is not dated stays."""
    record = {"handle": "mina@relay.example", "name": "mina", "epoch": 3, "entries": ROWS, "replaced": ROWS[:1]}
    days = {1: 100, 2: 110}
    assert {"handle": "mina@relay.example", "name": "mina", "entries": ROWS[1:2]} == within(record, 105, 110, days.get)


NO_DAYS: dict[int, int] = {}
ACCOUNT = {"handle": "mina@relay.example", "name": "mina", "encoded": "00", "epoch": 2, "registered_day": 100}


@pytest.mark.parametrize(
    ("first", "last", "left"),
    [
        (90, 99, {"handle"}),  # it was made a day later
        (90, 100, {"handle", "name", "registered_day"}),  # the card came later
        (101, 109, {"handle", "name"}),  # the day of registration is before
        (101, 110, {"handle", "name", "encoded", "epoch"}),
        (111, 120, {"handle", "name", "encoded"}),  # the card was shown all the time
    ],
)
def test_a_period_leaves_out_what_lies_outside(first: int, last: int, left: set[str]) -> None:
    """Registration, card and its entry each have a day; an account that was made later is none of the period."""
    assert left == set(within(ACCOUNT, first, last, {2: 110}.get))


def test_a_card_that_nobody_can_date_is_left_out() -> None:
    """Neither the public record nor the card itself says since when it is shown."""
    assert "encoded" not in within(ACCOUNT, 101, 120, NO_DAYS.get)


def test_a_deleted_account_is_of_the_period_of_its_hold() -> None:
    """The last day of the hold is a day like another."""
    held = {"handle": "mina@relay.example", "until_day": 110, "label": "00"}
    assert [{"handle", "label"}, {"handle", "label", "until_day"}] == [
        set(within(held, 100, last, NO_DAYS.get)) for last in (109, 110)
    ]


@pytest.mark.parametrize("instrument", ["US.SUBPOENA", "US.NSL", "EU.EPOC", "EU.EPOC_ER"])
def test_a_demand_for_subscriber_data_gives_no_device_keys(instrument: str) -> None:
    """18 U.S.C. § 2703(c)(2) and Article 3(9) list the name and the length of service; no card, no entries of it."""
    row = next(row.instrument() for row in load().newest() if row.id == instrument)
    made = replace(order("subscriber", instrument=instrument), allowed=row.fields)
    record = json.loads(contents(packager()(made))["data/records/001-subscriber.json"])
    assert ["name", "registered_day"] == [field["field"] for field in record]


def test_matching_keeps_the_period_only(office: Office, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the demand is not about does not even enter the case."""
    monkeypatch.setitem(
        CARDS, "mina@relay.example", {**CARDS["mina@relay.example"], "registered_day": 90, "entries": ROWS}
    )
    office.desk._cases.changes._outside = replace(office.desk._outside, epoch_day=lambda epoch: 100 + epoch)
    case = office.take_in(given=demand(clock, from_day=102, to_day=103))
    office.sign("ina", office.desk.propose_match(office.who("ina"), case))
    (match,) = office.desk.show(office.who("rea"), case).content.matches
    assert ROWS[1:] == json.loads(str(match.record["entries"]))
    assert ("00ff", True) == (match.card, "encoded" not in match.record)  # the notice finds the person all the same


def test_epochs_are_dated_by_the_public_record(tmp_path: Path) -> None:
    """From its files alone; an epoch that is still open is today's."""
    files = tmp_path / PUBLIC
    (files / "tile/entries").mkdir(parents=True)
    (files / "checkpoint").write_bytes(
        Checkpoint("relay.example/map", 3, bytes(32)).encode() + "\n— x aaaaaaaa\n".encode()
    )
    entries = [b"genesis", *(encode_epoch(number, bytes(32), number * 7 * DAY, bytes(32)) for number in (1, 2))]
    (files / "tile/entries/000.p").mkdir()
    (files / "tile/entries/000.p/3").write_bytes(encode_bundle(entries))
    days = EpochDays(files, 99)
    assert [None, 7, 14, 99] == [days(number) for number in range(4)]
    assert EpochDays(tmp_path / "nowhere", 99)(1) is None


def test_traffic_data_needs_the_permit_of_the_court() -> None:
    """통신비밀보호법 제13조제4항: without it the demand can only be refused."""
    assert all("court_permit_received" in row.gates for row in load().rows if row.id == "KR.TRAFFIC")


def test_the_permit_of_an_emergency_is_awaited_in_an_emergency_only(clock: Clock) -> None:
    """Thirty-six hours from receipt; of an ordinary demand no such clock runs."""
    law = KOREA["KR.INTERCEPT"]
    gates = tuple(Gate(name, met=True) for name in law.gates)
    plain = demand(clock, instrument=law.id, gates=gates)
    urgent = demand(clock, instrument=law.id, gates=gates, emergency=True)
    taxonomy = Taxonomy((msgspec.structs.replace(law, valid_from=0),), bytes(32))
    begun = [
        [name for name, _, _ in timers.begun_by_receipt(take_in(IntakeDetails(each), taxonomy, clock()), law)]
        for each in (plain, urgent)
    ]
    assert [[], ["emergency_permit"]] == begun


def test_only_kinds_with_an_emergency_form_are_marked(office: Office, clock: Clock) -> None:
    """A warrant has none."""
    with pytest.raises(DemandIncomplete, match="no emergency form"):
        office.take_in(given=demand(clock, emergency=True))


def test_a_demand_that_says_nothing_of_an_emergency_is_written_as_before(clock: Clock) -> None:
    """Cases of earlier versions can be read, and their versions are what they were."""
    plain = demand(clock)
    assert b"emergency" not in canonical(plain)
    assert plain == read_canonical(canonical(plain), Demand, "a demand")


def test_an_authority_demands_by_its_own_law(office: Office, clock: Clock) -> None:
    """A police of Korea has no American letter, also if the registry was corrected after the letter was taken in."""
    foreign = demand(clock, instrument="US.NSL", authority="seoul-police", gates=())
    office.register(jurisdiction="US")
    case = office.take_in(given=foreign)
    office.register()
    with pytest.raises(DemandIncomplete, match=r"an authority of KR cannot demand by US\.NSL"):
        office.take_in(given=foreign)
    office.sign("ina", office.desk.propose_match(office.who("ina"), case))
    office.do("rea", Action.REVIEW, case, ReviewDetails())
    decision = Decision("produce", (ClassAnswer("subscriber", "produced"), ClassAnswer("content", "not_held")))
    with pytest.raises(DemandIncomplete):
        office.desk.propose_decision(office.who("cora"), case, decision)
