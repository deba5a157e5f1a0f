"""What the desk keeps: declared in full, sealed, and erased when its time is over."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from nullabona.docket.cases.retention import KEEP, MOST_DAYS, KeepRefused
from nullabona.docket.core.acts import EnrolDetails, RoleDetails
from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.roles import DeskAction, NotAllowed, Role
from nullabona.docket.keeping.case_files import NoSuchCase
from nullabona.docket.keeping.vault import Locked
from nullabona.docket.store.rows import AppendOnly, DeskStoreFailed
from nullabona.docket.store.schema import COLUMNS, FILES
from nullabona.docket.store.sqlite import FILE
from nullabona.operating.desk_places import DeskPlaces
from tests.docket.desks import DOCUMENT, NOON, REFUSE, Clock, Office, demand, person
from tests.docket.publishing import PublicOffice


def test_every_column_and_file_is_declared(office: Office) -> None:
    """The real tables have exactly the declared columns; only declared files appear, for their owner alone."""
    office.take_in()
    connection = sqlite3.connect(office.folder / FILE)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    real = {(table, row[1]) for table in tables for row in connection.execute(f"PRAGMA table_info({table})")}
    connection.close()
    assert real == {(column.table, column.name) for column in COLUMNS}
    assert {path.name for path in office.folder.iterdir()} <= {file.pattern for file in FILES}
    assert {0o600} == {path.stat().st_mode & 0o777 for path in office.folder.iterdir()}


def test_a_carried_away_desk_says_nothing_of_a_case(office: Office, clock: Clock) -> None:
    """Neither whom it is about, nor who asks, what for, nor the document, in any file of the desk.

    Only the registry is in the clear: one case is of an authority there, the other of somebody who is not.
    """
    office.walk(office.take_in(given=demand(clock, note="urgent: the mayor's cousin")))
    office.walk(office.take_in(given=demand(clock, authority="quiet-police", called_back=False)), REFUSE)
    office.desk.close()
    kept = b"".join(path.read_bytes() for path in office.folder.iterdir())
    office.desk = office.open()
    for secret in ("mina@relay.example", "quiet-police", "2026-1234", "KR.WARRANT", "subscriber", "mayor"):
        assert secret.encode() not in kept
    assert DOCUMENT not in kept


def test_a_new_officer_reads_what_is_shared(office: Office) -> None:
    """Somebody who joined later opens a case only after an officer of it has shared its key."""
    case, eva = office.take_in(), person("eva")
    office.people["eva"] = eva
    office.both("ada", "ben", DeskAction.ENROL, EnrolDetails("eva", "Eva", eva.recipient, eva.enrolment().credentials))
    office.both("ada", "ben", DeskAction.GRANT_ROLE, RoleDetails("eva", Role.REVIEWER))
    with pytest.raises(Locked):
        office.desk.show(eva.acting, case)
    office.desk.share(office.who("rea"), case, "eva")
    assert case == office.desk.show(eva.acting, case).id


MONTHLY = Cadence(start_s=NOON - 60, period_s=31 * DAY, slots=8, horizon_s=400 * DAY, band=4, window_s=600, lag=4)


@pytest.fixture
def slow_office(desk_places: DeskPlaces, tmp_path: Path, clock: Clock) -> Iterator[PublicOffice]:
    """A desk whose periods are a month, so that years are a few batches."""
    made = PublicOffice(tmp_path, clock, MONTHLY, desk_places)
    yield made
    made.stop()


def test_a_closed_case_is_erased_when_its_register_is_over(slow_office: PublicOffice, clock: Clock) -> None:
    """Not before; then its keys, document and signatures are gone too, and the journal and the log stay whole.

    A case that nobody closed is kept, however long: so officers hold one back that a court still needs.
    """
    case = slow_office.whole()
    assert 0 == slow_office.desk.erase_due()
    other = slow_office.take_in()
    with pytest.raises(AppendOnly), slow_office.desk._store.transaction():
        slow_office.desk._store.run("erase_case", other)
    clock.pass_(3 * 365 * DAY + 2 * DAY)
    assert 0 == slow_office.desk.erase_due()  # the last batch is years behind the clock
    slow_office.publish_due()
    assert 1 == slow_office.desk.erase_due()
    assert other == slow_office.desk.show(slow_office.who("rea"), other).id
    with pytest.raises(NoSuchCase):
        slow_office.desk.show(slow_office.who("rea"), case)
    for table in ("case_key", "document", "act", "timer"):
        rows = slow_office.desk._store.connection.execute(
            f"SELECT count(*) FROM {table} WHERE case_id = ?", (case,)
        ).fetchone()
        assert (0,) == rows
    assert slow_office.desk.journal(slow_office.who("aud"))


def test_counsel_keeps_a_closed_case_longer(slow_office: PublicOffice, clock: Clock) -> None:
    """Later than its register, a year at most at once, and never shorter; the journal has who did it."""
    case, desk = slow_office.whole(), slow_office.desk
    (over,) = desk._store.row("erase_day", case) or ()
    opened = slow_office.take_in()
    for who, which, until, why, refusal in (
        ("rea", case, over + 1, "a complaint", NotAllowed),
        ("cora", opened, over + 1, "a complaint", KeepRefused),
        ("cora", case, over, "a complaint", KeepRefused),
        ("cora", case, over + MOST_DAYS + 1, "a complaint", KeepRefused),
        ("cora", case, over + 1, " ", KeepRefused),
    ):
        with pytest.raises(refusal):
            desk.keep_longer(slow_office.who(who), which, until, why)
    desk.keep_longer(slow_office.who("cora"), case, over + 200, "a complaint")
    entered = [each for each in desk.journal(slow_office.who("aud")) if each.kind == KEEP]
    assert [("cora", case)] == [(each.officer, each.case) for each in entered]
    clock.pass_((over - clock() // DAY) * DAY)
    clock.pass_(100 * DAY)
    slow_office.publish_due()
    assert 0 == desk.erase_due()
    clock.pass_(120 * DAY)
    slow_office.publish_due()
    assert 1 == desk.erase_due()


def test_two_desks_do_not_share_a_folder(office: Office, tmp_path: Path) -> None:
    """A second process is refused while the first works."""
    del tmp_path
    with pytest.raises(Exception, match="another process"):
        office.open()


def test_nothing_is_entered_in_a_database_that_was_carried_away(office: Office, tmp_path: Path) -> None:
    """Nobody would find it there; once the file is back, nothing is missing and work goes on."""
    case = office.take_in()
    kept = [(path, tmp_path / path.name) for path in office.folder.glob(f"{FILE}*")]
    for path, aside in kept:
        path.rename(aside)
    with pytest.raises(DeskStoreFailed):
        office.take_in()
    for path, aside in kept:
        aside.rename(path)
    office.take_in()
    numbers = [line.number[-5:] for line in office.desk.cases(office.who("ina"))]
    assert (["00001", "00002"], case) == (numbers, office.desk.show(office.who("ina"), case).id)
