"""Remove, alter, reorder, back-date or drop anything of the public record, and verification says what is wrong."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from nullabona.docket.core.instrument import DAY, HOUR
from nullabona.docket.core.statements import Opening, Report, Statement
from nullabona.docket.core.terms import term_of
from nullabona.log.checkpoint import Checkpoint, parse_checkpoint
from nullabona.log.note import Note, parse_note, sign_note, signatures_of
from nullabona.log.policy import Policy
from nullabona.log.tiles import ENTRIES, encode_bundle, tiles_of
from nullabona.log.tree import Frontier, leaf_hashes
from nullabona.wire.slots import EventRecord
from nullabona.words.recounted import where
from tests.docket.databases import LoosePlaces
from tests.docket.desks import NOON, REFUSE, Clock
from tests.docket.forging import Record
from tests.docket.publishing import POLICY, SIGNERS, WITNESS, PublicOffice
from tests.sequencer.logs import entries_of, policy_text
from tests.witness.running import witness_signers

TERM = term_of(NOON)


@pytest.fixture(scope="module")
def office(
    kept_in: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PublicOffice]:
    """A desk with two open cases, a sealed one, and its report."""
    folder = tmp_path_factory.mktemp("office")
    with ExitStack() as ends:
        url = None if kept_in == "sqlite" else ends.enter_context(request.getfixturevalue("postgres").database())
        office = PublicOffice(folder, Clock(), store=LoosePlaces(folder, url))
        ends.callback(office.stop)
        first, second = office.answer(office.take_in()), office.answer(office.take_in(), REFUSE)
        sealed = office.answer(office.take_in())
        for case in (first, second):
            office.finish(case)
        office.bar(sealed)
        office.tick()
        office.open_all([first, second])
        office.tick()
        office.report(TERM)
        office.tick()
        yield office


@pytest.fixture
def entries(office: PublicOffice) -> list[bytes]:
    return entries_of(office.public, office.verify().size)


def test_a_docket_that_is_remembered_must_go_on(office: PublicOffice, entries: list[bytes]) -> None:
    """Grown it holds; another history, or fewer entries, does not, though every signature and file of it is right."""
    before = parse_checkpoint(parse_note((office.public / "periods/1").read_bytes()).text)
    grown = office.verify(before=before)
    assert (True, ()) == (grown.continues, grown.findings)
    other = replace(before, root=bytes(32))
    forked = office.verify(before=other)
    assert (["forked"], True, False) == ([each.key for each in forked.findings], forked.forked, forked.continues)
    longer = replace(before, size=before.size + 1_000)
    shrunk = office.verify(before=longer)
    assert (["shrunk"], True, False) == ([each.key for each in shrunk.findings], shrunk.forked, shrunk.continues)
    assert len(entries) > before.size


def codes(found: object) -> set[str]:
    findings = found.findings  # type: ignore[attr-defined]
    assert all(finding.message and re.search("[가-힣]", where(finding, "ko")) for finding in findings)
    return {finding.code for finding in findings}


def test_untouched_it_holds(office: PublicOffice, entries: list[bytes]) -> None:
    """Nothing is found, by files or by entries; and what cannot be known is said."""
    found = office.verify()
    assert () == found.findings
    assert ["outside-the-desk", "sealed", "sealed", "not-recounted"] == [each.code for each in found.unproven]
    assert [] == Record(entries).recount(office.clock()).findings


def copy(office: PublicOffice, tmp_path: Path) -> Path:
    return Path(shutil.copytree(office.public, tmp_path / "public"))


def bundle(public: Path, size: int) -> Path:
    """The first bundle of entries."""
    return public / next(tile.path for tile in tiles_of(size) if tile.level == ENTRIES)


@pytest.mark.parametrize("what", ["alter", "remove", "reorder", "truncate"])
def test_files_that_were_touched_do_not_hold(
    office: PublicOffice, entries: list[bytes], tmp_path: Path, what: str
) -> None:
    """Whoever serves other bytes than were signed is told so."""
    public = copy(office, tmp_path)
    touched = {
        "alter": [entries[0], entries[1][:-1] + b"?", *entries[2:]],
        "remove": entries[:5] + entries[6:],
        "reorder": [entries[0], entries[1], entries[3], entries[2], *entries[4:]],
        "truncate": entries[:-1],
    }[what]
    bundle(public, len(entries)).write_bytes(encode_bundle(touched))
    assert {"log-broken"} == codes(office.verify(public))


def test_a_period_without_its_checkpoint_is_seen(office: PublicOffice, tmp_path: Path) -> None:
    """Missing, or another period's: the time of that batch is not witnessed."""
    public = copy(office, tmp_path)
    (public / "periods/2").unlink()
    assert {"period-unwitnessed"} == codes(office.verify(public))
    shutil.copy(public / "periods/1", public / "periods/2")
    assert {"period-unwitnessed"} == codes(office.verify(public))


def test_an_older_record_is_overdue(office: PublicOffice, tmp_path: Path) -> None:
    """Serving last week's record leaves the batches since then missing."""
    public = copy(office, tmp_path)
    shutil.copy(public / "periods/1", public / "checkpoint")
    assert "period-late" in codes(office.verify(public))


@pytest.mark.parametrize(
    ("after_s", "found"), [(0, set()), (600, set()), (601, {"period-late"}), (HOUR, {"period-late"})]
)
def test_one_witness_cannot_make_a_period_look_punctual(
    office: PublicOffice, tmp_path: Path, after_s: int, found: set[str]
) -> None:
    """Of a quorum of two every one has to have signed within the window: one who back-dates is not enough."""
    public, other = copy(office, tmp_path), "witness.example/w2"
    for path in (*(public / "periods").iterdir(), public / "checkpoint"):
        note = parse_note(path.read_bytes())
        late_s = after_s if path.name == "2" else 0
        path.write_bytes(note.plus(signatures_of(note.text, witness_signers(other), time_of(note) + late_s)).encode())
    two = policy_text(SIGNERS, [WITNESS, other], quorum=2)
    assert found == codes(office.verify(public, policy=two))


def time_of(note: Note) -> int:
    """When its witness says that it signed."""
    ((_, time_s),) = Policy.parse(POLICY).check(note).witnesses
    return time_s


def test_the_operator_alone_cannot_sign_another_history(
    office: PublicOffice, entries: list[bytes], tmp_path: Path
) -> None:
    """With the log's own keys, a shorter history lacks the witness; with a witness that helps now, the past ones."""
    forged = entries[:-1]
    public = copy(office, tmp_path)
    for tile in tiles_of(len(forged)):
        if tile.level == ENTRIES:
            path = public / tile.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode_bundle(forged))
    root = Frontier().extend(leaf_hashes(forged)).root
    text = Checkpoint(SIGNERS[0].name, len(forged), root).encode()
    (public / "checkpoint").write_bytes(sign_note(text, SIGNERS, office.clock()).encode())
    assert {"log-broken"} == codes(office.verify(public))
    signers = (*SIGNERS, *witness_signers("witness.example/w1"))
    (public / "checkpoint").write_bytes(sign_note(text, signers, office.clock()).encode())
    assert "cadence-broken" in codes(office.verify(public))


Forgery = Callable[[list[bytes]], list[bytes]]
SHAPES: dict[str, tuple[Forgery, str]] = {
    "a slot is missing": (lambda e: e[:4] + e[5:], "cadence-broken"),
    "a slot is doubled": (lambda e: e[:4] + e[3:], "cadence-broken"),
    "two slots change places": (lambda e: [*e[:3], e[4], e[3], *e[5:]], "cadence-broken"),
    "a whole period is missing": (lambda e: e[:10] + e[19:], "cadence-broken"),
    "an entry of no kind": (lambda e: [*e, b"\x09"], "cadence-broken"),
}


@pytest.mark.parametrize(("forge", "code"), SHAPES.values(), ids=SHAPES.keys())
def test_the_shape_is_fixed(office: PublicOffice, entries: list[bytes], forge: Forgery, code: str) -> None:
    """Even if every witness helped, the cadence itself shows it."""
    assert code in codes(Record(entries).recount(office.clock(), forge(entries)))


def drop_one(event: str) -> Callable[[Statement], Statement | None]:
    """Drops the openings of one kind of event."""

    def make(statement: Statement) -> Statement | None:
        assert isinstance(statement, Opening)
        record = statement.record
        return None if isinstance(record, EventRecord) and record.event == event else statement

    return make


@pytest.mark.parametrize("event", ["received", "answered", "handed-over", "notice-barred"])
def test_an_opening_that_is_withheld_is_seen(office: PublicOffice, entries: list[bytes], event: str) -> None:
    """A closed case of which one event is not shown."""
    record = Record(entries)
    assert record.change(Opening, drop_one(event)) > 0
    assert {"case-broken"} <= codes(record.recount(office.clock()))


def test_a_demand_that_is_withheld_whole_contradicts_the_report(office: PublicOffice, entries: list[bytes]) -> None:
    """Dropped openings leave slots sealed, which is allowed until the horizon; and then no longer."""
    record = Record(entries)
    record.change(Opening, lambda _: None)
    assert set() == codes(record.recount(office.clock()))
    late = record.genesis.cadence.settled_by(0) + DAY
    assert {"slot-overdue", "band-broken"} <= codes(record.recount(late))


@pytest.mark.parametrize("field", ["instrument", "outcome", "at", "n", "in_time", "private"])
def test_an_altered_opening_does_not_fit(office: PublicOffice, entries: list[bytes], field: str) -> None:
    """Whatever is said differently than it was committed to."""
    values = {"instrument": "KR.OTHER", "outcome": "refused", "at": 1, "n": 9, "in_time": False, "private": "00" * 32}

    def make(statement: Statement) -> Statement:
        assert isinstance(statement, Opening)
        record = statement.record
        assert isinstance(record, EventRecord)
        return msgspec.structs.replace(statement, record=msgspec.structs.replace(record, **{field: values[field]}))

    record = Record(entries)
    record.change(Opening, make)
    assert {"opening-wrong"} <= codes(record.recount(office.clock()))


def test_an_opening_again_is_refused(office: PublicOffice, entries: list[bytes]) -> None:
    """A slot is opened once."""
    record = Record(entries)
    batch = next(batch for batch in record.batches if any(isinstance(s, Opening) for s in batch.statements))
    twice = (*batch.statements, batch.statements[0])
    at = record.batches.index(batch)
    header = msgspec.structs.replace(batch.header, statements=len(twice))
    record.batches[at] = type(batch)(batch.start, header, batch.slots, twice, batch.end)
    assert {"opening-wrong"} == codes(record.recount(office.clock()))


@pytest.mark.parametrize("change", [-1, 1, 400])
def test_a_report_that_lies_is_seen(office: PublicOffice, entries: list[bytes], change: int) -> None:
    """One demand fewer than the log shows, one more whose outcome is none, or more than can be sealed."""

    def make(statement: Statement) -> Statement:
        assert isinstance(statement, Report)
        row = statement.rows[0]
        more = {"received": row.received + change, "refused": row.refused + min(change, 0)}
        if change == 400:
            more["pending"] = row.pending + change
        return msgspec.structs.replace(statement, rows=(msgspec.structs.replace(row, **more),))

    record = Record(entries)
    assert 1 == record.change(Report, make)
    assert {"report-wrong"} == codes(record.recount(office.clock()))


@pytest.mark.parametrize("field", ["in_time", "notified"])
def test_a_report_says_of_no_more_demands_than_there_are(
    office: PublicOffice, entries: list[bytes], field: str
) -> None:
    """One that is sealed makes room for one more of each, not for any number of them."""

    def make(statement: Statement) -> Statement:
        assert isinstance(statement, Report)
        row = statement.rows[0]
        more = msgspec.structs.replace(row, **{field: getattr(row, field) + 2})
        return msgspec.structs.replace(statement, rows=(more,))

    record = Record(entries)
    assert 1 == record.change(Report, make)
    assert {"report-wrong"} == codes(record.recount(office.clock()))


def test_a_report_without_the_instrument_is_seen(office: PublicOffice, entries: list[bytes]) -> None:
    """Demands that are in the log are in the report."""
    record = Record(entries)
    record.change(Report, lambda report: msgspec.structs.replace(report, rows=(), bands=()))
    assert {"report-wrong"} == codes(record.recount(office.clock()))


def test_back_dating_is_seen(office: PublicOffice, entries: list[bytes]) -> None:
    """A batch that witnesses saw hours later cannot pass for one of its time, nor one from before its end."""
    assert {"period-late"} == codes(Record(entries).recount(office.clock(), late_s=2 * HOUR))
