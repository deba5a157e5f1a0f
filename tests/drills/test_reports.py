"""Warrant and seizure on data directories made by hand: what is there is told, and a planted leak makes them fail."""

from __future__ import annotations

import json
import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from nullabona.cli.drill import drill
from nullabona.cli.settings import language_of
from nullabona.directory.core.records import Keep, Place, StoredCard
from nullabona.directory.service import read_producible
from nullabona.directory.store import schema as directory_schema
from nullabona.directory.store.sqlite import SqliteCardStore
from nullabona.drills.expert.connections import connected_addresses
from nullabona.drills.expert.inventory import DataUnreadable, take_inventory
from nullabona.drills.registry import DRILLS
from nullabona.drills.reporting.report import Report, Verdict
from nullabona.drills.search import Kind, MemoryDenied, Secret, save_secrets
from nullabona.drills.seizure import report as seizure_module
from nullabona.drills.seizure.report import Scene, run_seizure
from nullabona.drills.warrant import report as warrant_module
from nullabona.drills.warrant.report import run_warrant
from nullabona.relay.core.boxes import SEQ_BITS, Batch, NewBox
from nullabona.relay.store.sqlite import SqliteBoxStore
from nullabona.wire.data_held import Column
from nullabona.wire.lookalikes import skeleton
from nullabona.words.columns import pad
from tests.drills.holder import child
from tests.drills.plants import KOREAN, SECRETS, noise
from tests.wire.cards import MINA, TODAY, card_bytes, inbox_of

TEXT = Secret.text(Kind.TEXT, "message 1", KOREAN)


@pytest.fixture
def data(tmp_path: Path, looked_below: None) -> Path:
    """A relay's directory with one card, its inbox with two items (of three ever put in), and one more box."""
    path = tmp_path / "relay"
    path.mkdir()
    store = SqliteCardStore(path)
    encoded = card_bytes()
    with store.transaction():
        card = StoredCard(MINA.name, skeleton(MINA.name), encoded, TODAY)
        store.apply(Keep(card, bytes(32)), Place(noise(32), noise(16)))
    store.close()
    boxes = SqliteBoxStore(path)
    batch = Batch()
    batch.boxes = [
        NewBox(5, inbox_of("mina").address, bytes(8), TODAY + 30),
        NewBox(9, noise(32), bytes(8), TODAY + 30),
    ]
    batch.frames = [
        *((5 << SEQ_BITS | seq, TODAY + 30, noise(2_048, seq)) for seq in (1, 2, 3)),
        (9 << SEQ_BITS | 1, TODAY + 30, noise(512)),
    ]
    boxes.commit(batch)
    trim = Batch()
    trim.trims = [(5, 1, 4)]
    boxes.commit(trim)
    boxes.close()
    (path / "lock").touch()
    return path


def verdicts(report: Report) -> dict[str, Verdict]:
    return {check.id: check.verdict for check in report.checks}


def unproven(report: Report) -> set[str]:
    return {id for id, verdict in verdicts(report).items() if verdict is Verdict.UNPROVEN}


def failed(report: Report) -> set[str]:
    return {id for id, verdict in verdicts(report).items() if verdict is Verdict.FAILED}


# -- warrant ------------------------------------------------------------------------------------------------------


def test_a_warrant_yields_card_day_and_inbox(data: Path) -> None:
    """Exactly what the threat model admits: the public record, and the shape of the inbox that it names."""
    report = run_warrant(data, str(MINA))
    assert (True, set(DRILLS["warrant"].proves)) == (report.held, set(verdicts(report)))
    assert {"waiting": 2, "sizes": [2_048, 2_048], "expire": ["2024-11-03"], "number": 3} == report.data["inbox"]
    fields = {"handle", "name", "skeleton", "encoded", "registered_day", "label", "epoch", "entries"}
    assert fields == set(report.data["produced"])
    assert "2024-10-04" in report.render("en")


def test_a_warrant_for_nobody_yields_nothing(data: Path) -> None:
    """An unknown handle: nothing is held, and nothing is claimed to be proven."""
    report = run_warrant(data, "nobody-here@relay.example")
    assert {Verdict.UNPROVEN} == set(verdicts(report).values())
    assert {"handle": "nobody-here@relay.example"} == report.data["produced"]


def test_a_warrant_for_a_namesake_elsewhere_yields_nothing(data: Path) -> None:
    """Another operator's user of the same name is not registered here, and nothing of ours is shown."""
    report = run_warrant(data, f"{MINA.name}@elsewhere.example")
    assert {Verdict.UNPROVEN} == set(verdicts(report).values())
    assert {"handle": f"{MINA.name}@elsewhere.example"} == report.data["produced"]


@pytest.mark.parametrize("mark", ["identity key", "handle", "device"])
def test_a_trace_elsewhere_fails_the_warrant(data: Path, mark: str) -> None:
    """Anything of the account in another file is found, and the claim fails."""
    body = take_inventory(data).cards[0].card.body
    planted = {"identity key": body.identity_key, "handle": str(MINA).encode(), "device": body.devices[0].certificate}
    blob = data / "blobs/20030/ab" / ("cd" * 31)
    blob.parent.mkdir(parents=True)
    blob.write_bytes(noise(100) + planted[mark])
    assert {"W-14"} == failed(run_warrant(data, str(MINA)))


def test_what_was_not_there_to_see_is_not_proven(data: Path) -> None:
    """An admission counts as shown only where something was seen: items in the inbox, entries, their periods."""
    assert {"W-06", "W-16"} == unproven(run_warrant(data, str(MINA)))
    with closing(sqlite3.connect(data / "cards.db")) as cards, cards:
        cards.execute("INSERT INTO epoch VALUES (0, zeroblob(32), 1728000000, 1)")
    report = run_warrant(data, str(MINA))
    assert {"W-16"} == unproven(report)
    assert "after 2024-10-04 00:00 UTC" in report.render("en")
    with closing(sqlite3.connect(data / "boxes.db")) as boxes, boxes:
        boxes.execute("DELETE FROM frame")
    with closing(sqlite3.connect(data / "cards.db")) as cards, cards:
        cards.execute("DELETE FROM entry")
    assert {"W-02", "W-03", "W-06", "W-16"} == unproven(run_warrant(data, str(MINA)))
    (data / "boxes.db").unlink()
    assert {"W-02", "W-03", "W-06", "W-16"} == unproven(run_warrant(data, str(MINA)))


@pytest.mark.parametrize("ordered", ["num", "incarnation"])
def test_a_number_that_was_not_drawn_fails_the_warrant(data: Path, ordered: str) -> None:
    """When a box was made, or how many were before it, where a random number should stand; of few nothing is said."""
    boxes, draw = SqliteBoxStore(data), random.Random(11)

    def box(n: int) -> NewBox:
        num = 100 + n if ordered == "num" else draw.getrandbits(40)
        made = 1_790_000_000_000_000_000 + n * 977_000_000
        return NewBox(
            num, draw.randbytes(32), made.to_bytes(8, "big") if ordered != "num" else draw.randbytes(8), TODAY
        )

    batch = Batch()
    batch.boxes = [box(n) for n in range(20)]
    boxes.commit(batch)
    boxes.close()
    assert {"W-13"} == failed(run_warrant(data, str(MINA)))
    assert f"boxes.db: box.{ordered}" in run_warrant(data, str(MINA)).render("en")
    with closing(sqlite3.connect(data / "boxes.db")) as db, db:
        db.execute(f"UPDATE box SET {ordered} = " + ("abs(random()) >> 23" if ordered == "num" else "randomblob(8)"))
    assert set() == failed(run_warrant(data, str(MINA)))


def test_a_second_in_the_place_of_a_day_fails_the_warrant(data: Path) -> None:
    """No date has that number: it is shown as it is, and the line says where it stands."""
    with closing(sqlite3.connect(data / "cards.db")) as db, db:
        db.execute("UPDATE card SET registered_day = 1790000000")
    report = run_warrant(data, str(MINA))
    assert {"W-13"} == failed(report)
    text = " ".join(report.render("en").split())
    assert "1790000000" in text
    assert "cards.db: card.registered_day" in text


def test_a_field_that_nobody_knows_fails_the_warrant(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is handed over is compared with a list of the drill's own."""
    record = read_producible(data, str(MINA))
    monkeypatch.setattr(warrant_module, "read_producible", lambda *_: record | {"last_seen": 1})
    report = run_warrant(data, str(MINA))
    assert {"W-01"} == failed(report)
    assert "FOUND: last_seen" in report.render("en")


def test_a_handle_that_cannot_be_looked_for_is_not_proven_to_be_nowhere(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three bytes turn up by chance."""
    marks = [Secret.text(Kind.NAME, "handle", "ab@")]
    monkeypatch.setattr(warrant_module, "_marks", lambda _: iter(marks))
    assert "W-14" in unproven(run_warrant(data, str(MINA)))


@pytest.mark.parametrize(
    ("column", "fails"),
    [
        ("last_seen INTEGER", {"W-11", "W-12", "W-13"}),
        ("note TEXT", {"W-10", "W-11", "W-12", "W-13"}),
        ("friends BLOB", {"W-10", "W-11", "W-12", "W-13"}),
    ],
)
@pytest.mark.parametrize("declared", [True, False])
def test_a_new_column_fails_the_warrant(
    data: Path, monkeypatch: pytest.MonkeyPatch, column: str, fails: set[str], *, declared: bool
) -> None:
    """Declared by the product or not: the drill's own lists count. A number may be a time or somebody's; no message."""
    name = column.partition(" ")[0]
    with closing(sqlite3.connect(data / "cards.db")) as cards, cards:
        cards.execute(f"ALTER TABLE card ADD COLUMN {column}")
    if declared:
        more = Column("card", name, "whatever", "for good", "none at all")
        monkeypatch.setattr(directory_schema, "COLUMNS", (*directory_schema.COLUMNS, more))
    report = run_warrant(data, str(MINA))
    assert fails == failed(report)
    assert f"FOUND: cards.db: card.{name}" in report.render("en")
    assert (set() if declared else {"S-17"}) == failed(run_seizure(Scene(data=data, secrets=SECRETS)))


@pytest.mark.parametrize("change", ["CREATE TABLE seen (account, at)", "CREATE VIEW seen AS SELECT num AS at FROM box"])
def test_a_new_table_fails_the_warrant(data: Path, change: str) -> None:
    """One that is not strict might hold anything, whatever it says."""
    with closing(sqlite3.connect(data / "boxes.db")) as boxes, boxes:
        boxes.execute(change)
    assert {"W-10", "W-11", "W-12", "W-13"} == failed(run_warrant(data, str(MINA)))


@pytest.mark.parametrize("name", ["contacts", "boxes.db: box.num", "blobs/20030/ab/name"])
def test_a_new_file_fails_the_warrant(data: Path, name: str) -> None:
    """Even one that is called as a column is here."""
    with planted(data / name, b""):
        assert {"W-10", "W-11", "W-12", "W-13"} == failed(run_warrant(data, str(MINA)))


def test_a_directory_of_something_else_is_refused(tmp_path: Path) -> None:
    """No half report on what is not a relay's data."""
    (tmp_path / "boxes.db").write_bytes(noise(9_000))
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(DataUnreadable):
            take_inventory(path)


# -- seizure ------------------------------------------------------------------------------------------------------


def test_a_clean_seizure_says_what_is_there_instead(data: Path) -> None:
    """Boxes, frames, sizes and cards are counted; memory that was not given is not proven."""
    report = run_seizure(Scene(data=data, secrets=SECRETS))
    assert set() == failed(report)
    assert set(DRILLS["seizure"].proves) == set(verdicts(report))
    assert {"S-04", "S-05", "S-11", "S-14", "S-16"} == unproven(report)
    held = report.data["held"]
    assert (2, 1, 3, 1, []) == (held["boxes"], held["inboxes"], held["frames"], held["cards"], held["undeclared"])


def test_the_order_of_the_last_writes_is_read_in_the_log(data: Path) -> None:
    """While a relay runs, its log has whole pages one behind the other; once it is emptied, none."""
    store, batch = SqliteBoxStore(data), Batch()
    batch.frames = [(9 << SEQ_BITS | seq, TODAY + 30, noise(4_096, seq)) for seq in (2, 3, 4)]
    store.commit(batch)
    try:
        assert "S-04" not in unproven(run_seizure(Scene(data=data, secrets=SECRETS)))
        assert take_inventory(data).log_writes > 3
    finally:
        store.close()
    assert "S-04" in unproven(run_seizure(Scene(data=data, secrets=SECRETS)))


def test_an_empty_directory_proves_nothing(tmp_path: Path) -> None:
    """Neither what the page admits, nor that secrets are not there."""
    below_the_files = {"S-29"}  # looked at on an image of the drill's own making, whatever the folder holds
    assert set(DRILLS["seizure"].proves) - below_the_files == unproven(
        run_seizure(Scene(data=tmp_path, secrets=SECRETS))
    )


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.ROOM, Kind.PHRASE, Kind.KEY, Kind.ADDRESS, Kind.NAME])
def test_a_line_is_proven_only_if_every_kind_it_names_was_planted(data: Path, kind: Kind) -> None:
    """A phrase alone says nothing of keys; a leak of what was planted fails the line all the same."""
    lines = {
        "S-10": {Kind.TEXT},
        "S-12": {Kind.ROOM},
        "S-13": {Kind.PHRASE, Kind.KEY},
        "S-15": {Kind.ADDRESS},
        "S-17": {Kind.NAME},
    }
    rest = [secret for secret in SECRETS if secret.kind is not kind]
    lacking = unproven(run_seizure(Scene(data=data, secrets=rest))) & set(lines)
    assert {id for id, kinds in lines.items() if kind in kinds} == lacking
    phrase = next(secret for secret in SECRETS if secret.kind is Kind.PHRASE)
    with planted(data / "blobs/20030/ab" / ("cd" * 31), phrase.value):
        assert {"S-13"} == failed(run_seizure(Scene(data=data, secrets=[phrase])))


def test_what_is_too_short_to_look_for_is_not_counted(data: Path) -> None:
    """Named by its label; and if nothing else was planted, nothing is proven."""
    short = [Secret.text(Kind.TEXT, "message 2", "ok"), Secret.text(Kind.NAME, "name 1", "준")]
    report = run_seizure(Scene(data=data, secrets=[*SECRETS, *short]))
    assert ({"text": 3, "name": 1}, ["message 2", "name 1"]) == (
        {kind: report.data["secrets"][kind] for kind in ("text", "name")},
        report.data["too_short"],
    )
    assert "2 more not searched for and not counted" in report.render("en")
    assert {"S-10", "S-11", "S-17"} <= unproven(run_seizure(Scene(data=data, secrets=short)))


@contextmanager
def planted(where: Path, content: bytes) -> Iterator[None]:
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_bytes(content)
    yield
    where.unlink()


@pytest.mark.timeout(300)
def test_leaks_in_files_fail_the_seizure(data: Path, tmp_path: Path) -> None:
    """Each kind of secret fails its own claim; an undeclared file fails another."""
    secrets = {secret.label: secret for secret in SECRETS}
    blob = data / "blobs/20030/ab" / ("cd" * 31)
    log = tmp_path / "relay.log"
    log.touch()
    scene = Scene(data=data, secrets=SECRETS, also=[log])
    for label, id in {"korean": "S-10", "room": "S-12", "phrase": "S-13", "key": "S-13", "address": "S-15"}.items():
        for where in (blob, log):
            with planted(where, b"..." + secrets[label].value + b"..."):
                assert {id} == failed(run_seizure(scene)), (label, where.name)
            log.touch()
    with planted(data / "access.log", b"nothing of interest"):
        assert {"S-17"} == failed(run_seizure(scene))


def test_a_line_and_a_temporary_file_that_nobody_declared_fail_the_seizure(data: Path, tmp_path: Path) -> None:
    """Though nothing that is looked for is in them; and the report does not say what is."""
    log, temporary = tmp_path / "relay.log", tmp_path / "relay-tmp"
    temporary.mkdir()
    scene = Scene(data=data, secrets=SECRETS, logs=[log], temporary=[temporary])
    log.write_text("nullabona.relay: started\nnullabona.relay: stopped\n")
    assert set() == failed(run_seizure(scene))
    with planted(temporary / "diary", b"1790000000 Read 1"):
        assert {"S-17"} == failed(run_seizure(scene))
    log.write_text("nullabona.relay: started\nnullabona.relay: Read at 1790000000 on 7\n")
    report = run_seizure(scene)
    assert {"S-17"} == failed(report)
    assert "relay.log: 1 lines" in report.render("en")
    assert "1790000000" not in report.render("en")


def test_a_leak_in_memory_fails_the_seizure(data: Path) -> None:
    """A process that holds the secret stands in for a relay that leaks."""
    with child("bytes", KOREAN) as pid:
        report = run_seizure(Scene(data=data, secrets=[TEXT], pid=pid))
    assert "S-11" in failed(report)
    assert "LEAK: message 1 in memory" in report.render("en")
    assert KOREAN not in report.render("ko") + json.dumps(report.encode(), ensure_ascii=False)


def test_memory_without_permission_is_not_proven(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report says so plainly, and it is no failure."""

    def deny(pid: int) -> None:
        raise MemoryDenied("no")

    monkeypatch.setattr(seizure_module, "memory_chunks", deny)
    report = run_seizure(Scene(data=data, secrets=[TEXT], pid=os.getpid()))
    assert Verdict.UNPROVEN is verdicts(report)["S-11"]
    assert "NOT searched" in report.render("en")


# -- the command --------------------------------------------------------------------------------------------------


def test_the_commands_speak_json_and_exit_by_the_outcome(data: Path, tmp_path: Path) -> None:
    """0 when all held, 1 when a claim failed or the drill could not be played."""
    save_secrets(tmp_path / "secrets", [TEXT])
    run = CliRunner().invoke
    found = run(drill, ["warrant", "--data", str(data), "--handle", str(MINA), "--json"])
    assert (0, True) == (found.exit_code, json.loads(found.stdout)["held"])
    seize = ["seizure", "--data", str(data), "--secrets", str(tmp_path / "secrets"), "--json"]
    assert 0 == run(drill, seize).exit_code
    (data / "cards.db-wal").write_bytes(KOREAN.encode())
    (data / "cards.db-wal").rename(data / "stray")
    found = run(drill, seize)
    assert (1, ["message 1"]) == (found.exit_code, [leak["label"] for leak in json.loads(found.stdout)["leaks"]])
    assert 1 == run(drill, [*seize[:4], "none"]).exit_code


@pytest.mark.parametrize(
    ("environment", "language"),
    [({"LANG": "ko_KR.UTF-8"}, "ko"), ({"LANG": "ko", "LC_ALL": "C"}, "en"), ({}, "en"), ({"LC_ALL": "KO"}, "ko")],
)
def test_the_language_is_the_locales(environment: dict[str, str], language: str) -> None:
    """LC_ALL before LANG."""
    assert language == language_of(environment)


def test_hangul_is_two_columns_wide() -> None:
    """Tables line up."""
    assert ("미나  |", "Sora  |") == (pad("미나", 6) + "|", pad("Sora", 6) + "|")


def test_connections_of_nobody_are_none() -> None:
    """A process that is gone has no connections."""
    assert [] == connected_addresses(2**22 + 1)
