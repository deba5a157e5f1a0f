"""A desk of an older version is brought up to date with all it holds, or refused as it is; the rules are today's."""

from __future__ import annotations

import json
import random
import sqlite3
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from nullabona.docket.administration import NoSuchProposal
from nullabona.docket.cases.handover import ReceiptFirst
from nullabona.docket.cases.notices import NoticeOutdated
from nullabona.docket.core import roles
from nullabona.docket.core.acts import ObjectDetails
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.roles import DeskAction, Role
from nullabona.docket.core.states import STEPS, Action
from nullabona.docket.store import versions
from nullabona.docket.store.sqlite import FILE, DeskStore
from nullabona.docket.store.versions import (
    VERSION,
    DeskTooNew,
    DeskUnreadable,
    described,
    migrations,
    text,
)
from tests.docket.desks import Clock
from tests.docket.publishing import PublicOffice

OLD = Path(__file__).parent / "vectors" / "desk-1.tar.xz"
PROGRAMS = ("step", "permit", "apart", "desk_permit")
"""Tables that hold what the program says."""
RULES = {2: "a7c8809092d4d1ada4205ed1d99eff8f85c6303a7032eb7d62a76b656833090b"}
"""For each version, what it writes into a desk."""


class OldOffice(PublicOffice):
    """The people, the witness and the log of a desk of version 1, which today's program opens."""

    def begin(self) -> bytes:
        facts = json.loads((self.root / "facts.json").read_text("utf-8"))
        for name, identity in facts["identities"].items():
            self.people[name] = replace(self.people[name], identity=identity)
        self.cases = {name: bytes.fromhex(case) for name, case in facts["cases"].items()}
        self.waiting = {name: bytes.fromhex(challenge) for name, challenge in facts["pending"].items()}
        self.clock.now_s = facts["now_s"]
        self.chance = random.Random(8).randbytes
        return b""

    def confirm(self, name: str, challenge: bytes) -> None:
        self.sign(name, self.desk.propose_confirm(self.who(name), challenge))


def unpack(folder: Path) -> Path:
    """The files of a desk of version 1."""
    with tarfile.open(OLD) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture
def old_office(tmp_path: Path, clock: Clock) -> Iterator[OldOffice]:
    made = OldOffice(unpack(tmp_path), clock)
    yield made
    made.stop()


def rows_of(file: Path) -> dict[str, list[dict[str, object]]]:
    """Every row of every table that holds data; what the program writes by itself is left out."""
    connection = sqlite3.connect(file)
    connection.row_factory = sqlite3.Row
    tables = [row["name"] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    found = {name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")] for name in tables}
    connection.close()
    return {name: rows for name, rows in found.items() if name not in PROGRAMS}


def everything(connection: sqlite3.Connection) -> dict[str, object]:
    """Tables, indexes and triggers as they were made, the rows that the program writes, and the version."""
    made: dict[str, object] = {
        name: " ".join(sql.split()) for name, sql in connection.execute("SELECT name, sql FROM sqlite_schema") if sql
    }
    rules = {f"rows of {name}": sorted(connection.execute(f"SELECT * FROM {name}")) for name in PROGRAMS}
    return made | rules | {"version": connection.execute("PRAGMA user_version").fetchone()}


def test_migrations_equal_the_fresh_tables() -> None:
    """All steps one after the other give what schema.sql gives; one for each version, from 1."""
    one, other = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")
    one.executescript(text("schema.sql"))
    for sql in migrations().values():
        other.executescript(sql)
    assert described(one) == described(other)
    assert list(range(1, VERSION + 1)) == list(migrations())


def test_an_old_desk_becomes_like_a_fresh_one(tmp_path: Path) -> None:
    """Tables, triggers, the rules in its rows and the version are those of a desk that is founded today."""
    old = DeskStore(unpack(tmp_path / "old") / "desk")
    fresh = DeskStore(tmp_path / "fresh")
    assert everything(fresh.connection) == everything(old.connection)
    old.close()
    fresh.close()


def test_an_old_desk_keeps_every_row(tmp_path: Path) -> None:
    """Nothing is altered but two things: what is new is empty, and a registration that waited is proposed again."""
    folder = unpack(tmp_path) / "desk"
    before = rows_of(folder / FILE)
    DeskStore(folder).close()
    after = rows_of(folder / FILE)
    waiting = [row for row in before.pop("pending") if (row["action"], row["done"]) != ("register-authority", 0)]
    assert [{**row, "objected_by": None} for row in waiting] == after.pop("pending")
    authorities = [str(row["encoded"]) for row in before.pop("authority")]
    assert authorities == [str(row["encoded"]).replace('"recipient":"",', "") for row in after.pop("authority")]
    assert before == after
    assert (2, 4) == (len(after["cases"]), len(after["slot"]))


def test_work_goes_on_at_an_old_desk(old_office: OldOffice, clock: Clock) -> None:
    """Its cases, proposals and journal are there; a key can be objected to, which its version did not know."""
    office = old_office
    assert "2026-9" == office.desk.show(office.who("rea"), office.cases["received"]).content.demand.authority_ref
    office.confirm("cora", office.waiting["grant-role"])
    assert Role.NOTIFIER in office.desk.staff.officer("rea").roles
    office.register("busan-police", "")
    assert ["busan-police", "seoul-police"] == [one.id for one in office.desk.staff.authorities()]
    key = office.waiting["add-key"]
    office.sign("ina", office.desk.propose(office.who("ina"), DeskAction.OBJECT, None, ObjectDetails(key, "not mine")))
    clock.pass_(2 * DAY)
    with pytest.raises(NoSuchProposal):
        office.confirm("ben", key)
    assert office.desk.journal(office.who("aud"))


def test_a_package_that_was_handed_over_before_is_signed_for_again(old_office: OldOffice) -> None:
    """Its form was not signed then; once it is, the package is given as ever."""
    case, rolf = old_office.cases["notified"], old_office.who("rolf")
    with pytest.raises(ReceiptFirst):
        old_office.desk.handed_over(rolf, case)
    old_office.do("rolf", Action.HAND_OVER, case)
    assert "package/manifest.json" in old_office.desk.handed_over(rolf, case).files


def test_a_notice_of_an_older_form_says_so(old_office: OldOffice) -> None:
    """Apps no longer read it. It is not delivered, not lost, and holds up no other."""
    old_office.tick()
    put: list[str] = []
    done = old_office.desk.deliver_notices(old_office.who("nora"), lambda handle, *_: put.append(handle))
    assert ([NoticeOutdated], [], 1) == ([type(one) for one in done.failed], put, old_office.desk.notices_waiting())


def test_an_old_desk_goes_on_in_its_log(old_office: OldOffice) -> None:
    """The next periods follow those of the old program, and whoever verifies finds nothing wrong."""
    before = old_office.verify()
    old_office.tick(2)
    after = old_office.verify()
    assert before.recount
    assert after.recount
    assert ((), len(before.recount.batches) + 2) == (after.findings, len(after.recount.batches))
    assert before.recount.batches == after.recount.batches[: len(before.recount.batches)]


def test_a_newer_desk_is_refused(tmp_path: Path) -> None:
    """It is not changed, so that the newer program can still open it."""
    file = unpack(tmp_path) / "desk" / FILE
    set_version(file, VERSION + 1)
    before = file.read_bytes()
    with pytest.raises(DeskTooNew):
        DeskStore(file.parent)
    assert before == file.read_bytes()


def test_a_desk_with_other_tables_than_its_version_says_is_refused(tmp_path: Path) -> None:
    """It is not changed: what is not known is not guessed at."""
    file = unpack(tmp_path) / "desk" / FILE
    connection = sqlite3.connect(file)
    connection.execute("ALTER TABLE notice ADD COLUMN more BLOB")
    connection.commit()
    connection.close()
    before = rows_of(file)
    with pytest.raises(DeskUnreadable, match="tables of version 1"):
        DeskStore(file.parent)
    assert (before, 1) == (rows_of(file), version_of(file))


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    """It is not filled with a desk."""
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("CREATE TABLE other (a INTEGER)")
    connection.commit()
    connection.close()
    with pytest.raises(DeskUnreadable, match="not a desk's"):
        DeskStore(tmp_path)
    assert 0 == version_of(tmp_path / FILE)


def test_a_step_that_fails_did_not_happen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk is still of its old version, whole, with its rules in force; the right program opens it."""
    folder = unpack(tmp_path) / "desk"
    before = everything_in(folder / FILE)
    broken = {**migrations(), VERSION: f"{migrations()[VERSION]}\nINSERT INTO nowhere VALUES (1);\n"}
    with monkeypatch.context() as patch:
        patch.setattr(versions, "migrations", lambda: broken)
        with pytest.raises(DeskUnreadable):
            DeskStore(folder)
    assert before == everything_in(folder / FILE)
    DeskStore(folder).close()
    assert VERSION == version_of(folder / FILE)


def test_the_rules_hold_at_an_old_desk(old_office: OldOffice) -> None:
    """The database refuses by itself what today's rules forbid: a confirmation that nobody signed."""
    connection = sqlite3.connect(old_office.folder / FILE)
    with pytest.raises(sqlite3.IntegrityError, match="docket-no-act"):
        connection.execute("UPDATE pending SET confirmed_by = 'ben' WHERE done = 0")
    with pytest.raises(sqlite3.IntegrityError, match="docket-append-only"):
        connection.execute("INSERT INTO permit VALUES ('intake', 'decide', 'reviewed')")
    connection.close()


def test_a_change_of_the_rules_needs_a_new_version() -> None:
    """What the program writes into a desk is that of its version: otherwise older desks would keep older rules."""
    told = {
        "steps": [(state or "", action, after) for (state, action), after in STEPS.items()],
        "permits": sorted((role, action, state or "") for role, action, state in roles.permits()),
        "apart": sorted(roles.APART),
        "desk": sorted(roles.desk_permits()),
        "sql": [text("schema.sql"), text("rules.sql")],
    }
    assert RULES[VERSION] == sha256(repr(told).encode()).hexdigest(), "add a step to store/migrations, then this digest"


def set_version(file: Path, version: int) -> None:
    connection = sqlite3.connect(file)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()


def version_of(file: Path) -> int:
    connection = sqlite3.connect(file)
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return found


def everything_in(file: Path) -> tuple[dict[str, object], dict[str, list[dict[str, object]]]]:
    connection = sqlite3.connect(file)
    found = everything(connection)
    connection.close()
    return found, rows_of(file)
