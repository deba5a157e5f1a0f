"""The auditor reads the public log with the pointer key alone, and a receipt is checked by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from nullabona.cli.docket.group import docket
from nullabona.docket.core.audit import audit, reported_wrong
from nullabona.docket.core.journal import BEGIN, READ, encode_journal, event_hash
from nullabona.docket.core.pointers import seal_pointer
from nullabona.docket.core.records import Event
from nullabona.docket.core.recount import Recount
from nullabona.docket.core.terms import term_of
from nullabona.docket.keeping import slots as keeping
from nullabona.machine.keyfile import write_key_file
from nullabona.operating.desk_places import DeskPlaces
from nullabona.wire.canonical import canonical
from nullabona.wire.slots import EventRecord, NullRecord, Record, case_tag
from tests.docket.desks import DOCUMENT, NOON, Clock
from tests.docket.publishing import POLICY, PublicOffice

TERM = term_of(NOON)


@pytest.fixture
def office(desk_places: DeskPlaces, tmp_path: Path) -> Iterator[PublicOffice]:
    made = PublicOffice(tmp_path / "office", Clock(), store=desk_places)
    yield made
    made.stop()


def recounted(office: PublicOffice) -> Recount:
    found = office.verify()
    assert found.recount is not None
    return found.recount


def audited(office: PublicOffice, folder: Path, *more: str) -> Result:
    """The command, as an auditor runs it far from the desk."""
    (folder / "policy").write_text(POLICY)
    (folder / "pointer").unlink(missing_ok=True)
    write_key_file(folder / "pointer", [office.pointer_key.hex()])
    names = ["--policy", str(folder / "policy"), "--pointer-key", str(folder / "pointer")]
    return CliRunner().invoke(docket, ["audit", str(office.public), *names, *more], standalone_mode=False)


def test_sealed_slots_are_read_and_counted(office: PublicOffice, tmp_path: Path) -> None:
    """Two demands, of which one is open: the auditor finds both, each with its slots, and the rest is empty."""
    shown, sealed = office.whole(), office.answer(office.take_in())
    office.tick()
    done = audited(office, tmp_path, "--json")
    assert 0 == done.return_value, done.output
    said = json.loads(done.stdout)
    assert ({TERM: 2}, {case_tag(shown), case_tag(sealed)}) == (said["demands"], set(said["cases"]))
    assert [5, 3] == [len(said["cases"][case_tag(case)]) for case in (shown, sealed)]
    assert said["slots"] == said["empty"] + said["events"] == len(recounted(office).slots)
    plain = audited(office, tmp_path, "--lang", "ko")
    assert f"{TERM}: 접수한 요청 2건, 그 가운데 공개된 것 1건." in plain.stdout


def test_a_demand_that_is_hidden_from_the_auditor_is_found(
    office: PublicOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pointer says *empty*, or opens with no key: either is named with its slot, and the command fails."""

    def lying(key: bytes, nonce: bytes, blind: bytes, record: Record) -> bytes:
        return seal_pointer(key, nonce, blind, NullRecord() if isinstance(record, EventRecord) else record)

    def mute(key: bytes, nonce: bytes, blind: bytes, record: Record) -> bytes:
        return seal_pointer(key if isinstance(record, NullRecord) else bytes(32), nonce, blind, record)

    monkeypatch.setattr(keeping, "seal_pointer", lying)
    office.take_in()
    office.tick()
    monkeypatch.setattr(keeping, "seal_pointer", mute)
    office.take_in()
    office.tick()
    result = audit(recounted(office), office.pointer_key)
    assert (1, 1, {}) == (len(result.false()), len(result.unreadable), result.cases())
    done = audited(office, tmp_path, "--lang", "en")
    assert 3 == done.return_value
    assert 2 == done.stdout.count("✗")


def test_a_demand_that_the_report_leaves_out_or_counts_twice_is_found(office: PublicOffice) -> None:
    """However much of the log is sealed: the auditor counts more, or fewer, than were reported."""
    office.take_in()
    office.report(TERM)
    office.tick()
    found = recounted(office)
    result = audit(found, office.pointer_key)
    assert [] == list(reported_wrong(result, found))
    period, report = found.reports[TERM]
    result.pointed.clear()
    found.reports[TERM] = (period, report)
    assert [(TERM, 0, 1, 1000)] == list(reported_wrong(result, found))


def test_a_receipt_is_checked_by_itself(office: PublicOffice, tmp_path: Path) -> None:
    """Of this document it holds; of another one, or altered, it does not."""
    case = office.answer(office.take_in())
    receipt = office.desk.receipt(office.who("rolf"), case)
    for name, data in (("receipt", canonical(receipt)), ("document", DOCUMENT), ("other", b"x"),
                       ("policy", POLICY.encode())):  # fmt: skip
        (tmp_path / name).write_bytes(data)
    command = ["check-receipt", str(tmp_path / "receipt"), "--policy", str(tmp_path / "policy"), "--document"]
    done = CliRunner().invoke(docket, [*command, str(tmp_path / "document"), "--lang", "en"])
    assert (0, True) == (done.exit_code, "2026-00001" in done.output and "2026-1234" in done.output), done.output
    other = CliRunner().invoke(docket, [*command, str(tmp_path / "other")])
    assert "docket-receipt-invalid" == getattr(other.exception, "code", None)
    (tmp_path / "receipt").write_bytes(canonical(receipt).replace(b"2026-1234", b"2026-9999"))
    altered = CliRunner().invoke(docket, [*command, str(tmp_path / "document")])
    assert "docket-receipt-invalid" == getattr(altered.exception, "code", None)


def compared(office: PublicOffice, folder: Path, journal: bytes) -> Result:
    """An exported journal against the public log, as an auditor does it far from the desk."""
    (folder / "policy").write_text(POLICY)
    (folder / "journal.jsonl").write_bytes(journal)
    names = ["check-journal", str(folder / "journal.jsonl"), str(office.public), "--policy", str(folder / "policy")]
    return CliRunner().invoke(docket, [*names, "--json"], standalone_mode=False)


def test_the_log_proves_an_exported_journal(office: PublicOffice, tmp_path: Path) -> None:
    """All of it up to the last batch; what was done since is said to be unproven."""
    office.whole()
    office.tick()
    before = office.desk.journal(office.who("aud"))
    office.take_in()
    after = office.desk.journal(office.who("aud"))
    done = compared(office, tmp_path, encode_journal(after))
    assert 0 == done.return_value, done.output
    said = json.loads(done.stdout)
    assert (len(after), len(before), []) == (said["events"], said["proven"], said["periods_missing"])
    assert len(after) > len(before)


def test_a_journal_with_a_reading_taken_out_is_another_one(office: PublicOffice, tmp_path: Path) -> None:
    """Chained anew it is whole by itself, and no head in the log from there on is its own."""
    office.desk.show(office.who("cora"), office.whole())
    office.tick()
    kept: list[Event] = []
    head, gone = BEGIN, False
    for event in office.desk.journal(office.who("aud")):
        if event.kind == READ and not gone:
            gone = True
            continue
        kept.append(msgspec.structs.replace(event, seq=len(kept), previous=head))
        head = event_hash(kept[-1])
    assert gone
    done = compared(office, tmp_path, encode_journal(kept))
    assert 3 == done.return_value
    assert json.loads(done.stdout)["periods_missing"]


def test_an_older_log_with_a_younger_journal_of_another_desk(office: PublicOffice, tmp_path: Path) -> None:
    """Nothing of an empty journal is proven, and every batch says so."""
    office.tick()
    done = compared(office, tmp_path, b"")
    assert 3 == done.return_value
    assert 0 == json.loads(done.stdout)["proven"]


def test_a_journal_of_yesterday_is_old_and_not_wrong(office: PublicOffice, tmp_path: Path) -> None:
    """What is newer in the log is named, so that an end that was cut off is seen as well; it is no accusation."""
    office.tick()
    yesterday = office.desk.journal(office.who("aud"))
    office.take_in()
    office.tick()
    office.tick()
    done = compared(office, tmp_path, encode_journal(yesterday))
    said = json.loads(done.stdout)
    assert (0, [], 2) == (done.return_value, said["periods_missing"], len(said["periods_newer"]))
    assert len(yesterday) == said["proven"]


def test_an_end_that_was_written_anew_is_wrong(office: PublicOffice, tmp_path: Path) -> None:
    """Its batches have heads that no batch of the log has."""
    office.tick()
    office.desk.show(office.who("cora"), office.take_in())
    office.tick()
    whole = office.desk.journal(office.who("aud"))
    first = next(event.seq for event in whole if event.kind == "batch")
    kept = list(whole[: first + 1])
    for event in whole[first + 1 :]:
        if event.kind != READ:
            kept.append(msgspec.structs.replace(event, seq=len(kept), previous=event_hash(kept[-1])))
    assert len(whole) > len(kept)
    done = compared(office, tmp_path, encode_journal(kept))
    assert (3, first + 1) == (done.return_value, json.loads(done.stdout)["proven"])
