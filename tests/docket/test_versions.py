"""A desk of an older version is brought up to date with all it holds, or refused as it is; the rules are today's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from nullabona.docket.cases.notices import NoticeOutdated
from nullabona.docket.core import roles
from nullabona.docket.core.acts import RoleDetails
from nullabona.docket.core.roles import DeskAction, Role
from nullabona.docket.core.states import STEPS, Action
from nullabona.docket.keeping.vault import seal
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
from nullabona.wire.seal import Inbox
from tests.docket.desks import Clock
from tests.docket.publishing import PublicOffice

PROGRAMS = ("step", "permit", "apart", "desk_permit")
"""Tables that hold what the program says."""
RULES = {1: "952ba972fb8e609fdca59c392d480d513bf05b1996dddf1e01e4218e2f229ec6"}
"""For each version, what it writes into a desk."""
STEP = "ALTER TABLE notice ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;\nUPDATE notice SET seen = 1;\n"
"""A made-up way to the version after today's."""


# Of SQLite alone: steps from one version to the next are written for its file, and PostgreSQL has none.
class OldOffice(PublicOffice):
    """A desk of today, with a notice and two proposals that wait, which the program of a later day opens again."""

    def begin(self) -> bytes:
        if (self.folder / FILE).exists():
            return b""
        return super().begin()

    def work(self) -> None:
        """Two cases, one answered; two periods in the log."""
        self.register()
        self.received = self.take_in()
        self.notified = self.answer(self.take_in())
        self.do("nora", Action.NOTIFY, self.notified)
        details = RoleDetails("rea", Role.NOTIFIER)
        self.role = self.sign("ada", self.desk.propose(self.who("ada"), DeskAction.GRANT_ROLE, None, details)).challenge
        self.tick()
        self.desk.close()
        self.is_open = False

    def reopen(self) -> None:
        self.desk = self.open()
        self.is_open = True


@pytest.fixture
def old_office(tmp_path: Path, clock: Clock) -> Iterator[OldOffice]:
    """It is closed."""
    made = OldOffice(tmp_path, clock)
    made.work()
    yield made
    if not made.is_open:
        made.reopen()
    made.stop()


@pytest.fixture
def later(old_office: OldOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program knows one version more."""
    know(monkeypatch, STEP)


def know(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    steps = {**migrations(), VERSION + 1: step}
    monkeypatch.setattr(versions, "migrations", lambda: steps)
    monkeypatch.setattr(versions, "VERSION", VERSION + 1)


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


@pytest.mark.usefixtures("later")
def test_an_old_desk_gets_tables_and_rules_of_today(old_office: OldOffice) -> None:
    """What it held is there, the new column is filled, and a rule that it lacked is in force."""
    with sqlite3.connect(old_office.desk_file) as before:
        rules = everything(before)
        before.execute("DROP TRIGGER act_stays")
    before.close()
    held = rows_of(old_office.desk_file)
    old_office.reopen()
    found, rows = everything_in(old_office.desk_file)
    assert {name: made for name, made in rules.items() if name not in {"notice", "version"}} == {
        name: made for name, made in found.items() if name not in {"notice", "version"}
    }
    assert ((VERSION + 1,), True) == (found["version"], "seen INTEGER NOT NULL DEFAULT 0" in str(found["notice"]))
    held["notice"] = [{**row, "seen": 1} for row in held["notice"]]
    assert held == rows
    assert (1, 2) == (len(rows["notice"]), len(rows["cases"]))


@pytest.mark.usefixtures("later")
def test_work_goes_on_at_an_old_desk(old_office: OldOffice, clock: Clock) -> None:
    """Its cases, proposals, notices and journal are there, and it goes on in its log."""
    office = old_office
    before = office.verify()
    office.reopen()
    assert "2026-1234" == office.desk.show(office.who("rea"), office.received).content.demand.authority_ref
    office.sign("ben", office.desk.propose_confirm(office.who("ben"), office.role))
    assert Role.NOTIFIER in office.desk.staff.officer("rea").roles
    assert ["seoul-police"] == [one.id for one in office.desk.staff.authorities()]
    office.tick(2)
    after = office.verify()
    assert before.recount
    assert after.recount
    assert ((), len(before.recount.batches) + 2) == (after.findings, len(after.recount.batches))
    assert before.recount.batches == after.recount.batches[: len(before.recount.batches)]
    assert office.desk.journal(office.who("aud"))


def test_a_notice_of_an_older_form_says_so(old_office: OldOffice) -> None:
    """Apps no longer read it. It is not delivered, not lost, and holds up no other."""
    with sqlite3.connect(old_office.desk_file) as connection:
        (recipient,) = connection.execute("SELECT recipient FROM cases WHERE id = ?", (old_office.notified,)).fetchone()
        connection.execute("UPDATE notice SET sealed = ?", (seal(b'{"bodies":[]}', [recipient]),))
    connection.close()
    old_office.reopen()
    old_office.tick()
    put: list[tuple[str, Inbox, bytes]] = []
    done = old_office.deliver(put)
    assert ([NoticeOutdated], [], 1) == ([type(one) for one in done.failed], put, old_office.desk.notices_waiting())


def test_a_newer_desk_is_refused(old_office: OldOffice) -> None:
    """It is not changed, so that the newer program can still open it."""
    file = old_office.desk_file
    set_version(file, VERSION + 1)
    before = file.read_bytes()
    with pytest.raises(DeskTooNew):
        DeskStore(file.parent)
    assert before == file.read_bytes()
    set_version(file, VERSION)


@pytest.mark.usefixtures("later")
def test_a_desk_with_other_tables_than_its_version_says_is_refused(old_office: OldOffice) -> None:
    """It is not changed: what is not known is not guessed at."""
    file = old_office.desk_file
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


def test_a_step_that_fails_did_not_happen(old_office: OldOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk is still of its old version, whole, with its rules in force; the right program opens it."""
    file = old_office.desk_file
    before = everything_in(file)
    with monkeypatch.context() as patch:
        know(patch, f"{STEP}INSERT INTO nowhere VALUES (1);\n")
        with pytest.raises(DeskUnreadable):
            DeskStore(file.parent)
    assert before == everything_in(file)
    DeskStore(file.parent).close()
    assert VERSION == version_of(file)


@pytest.mark.usefixtures("later")
def test_the_rules_hold_at_an_old_desk(old_office: OldOffice) -> None:
    """The database refuses by itself what today's rules forbid: a confirmation that nobody signed."""
    old_office.reopen()
    connection = sqlite3.connect(old_office.desk_file)
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
