"""A desk and its log are of one time, or nothing is added to the log."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from nullabona.docket.core.instrument import HOUR
from nullabona.docket.ports import Publication
from nullabona.docket.publishing.batches import LogElsewhere
from nullabona.sequencer import Status
from tests.docket.publishing import ORIGIN, POLICY, PublicOffice


def stopped(office: PublicOffice, work: Callable[[], object]) -> None:
    """Do ``work`` on the files while neither desk nor log is open."""
    office.desk.close()
    office.loop.run(office.log.close())
    work()
    office.log = office.open_log(office.root)
    office.publication = Publication(office.log, ORIGIN, POLICY)
    office.desk = office.open()


def batches(office: PublicOffice) -> int:
    """How many periods the desk has fixed."""
    found: int = office.desk._store.connection.execute("SELECT count(*) FROM batch").fetchone()[0]
    return found


def refused(office: PublicOffice) -> tuple[int, Status, int, Status]:
    """What desk and log had before a batch that is refused, and after it."""
    before = batches(office), office.log.status()
    office.clock.pass_(HOUR)
    with pytest.raises(LogElsewhere, match=r"entries, and this desk has put"):
        office.publish_due()
    return *before, batches(office), office.log.status()


def test_both_from_one_copy_go_on(public_office: PublicOffice, tmp_path: Path) -> None:
    """A copy of the whole folder that nothing was published after."""
    office, copy = public_office, tmp_path / "copy"
    office.take_in()
    office.tick()
    stopped(office, lambda: [shutil.copytree(office.root / name, copy / name) for name in ("desk", "log")])

    def back() -> None:
        for name in ("desk", "log"):
            shutil.rmtree(office.root / name)
            shutil.copytree(copy / name, office.root / name)

    stopped(office, back)
    office.tick()
    assert () == office.verify().findings


@pytest.mark.parametrize("name", ["desk", "log"])
def test_one_of_them_put_back_alone_is_refused(public_office: PublicOffice, tmp_path: Path, name: str) -> None:
    """Before a period is fixed or an entry staged; the sentence says how long both are."""
    office, copy = public_office, tmp_path / "copy"
    office.tick()
    stopped(office, lambda: shutil.copytree(office.root / name, copy))
    office.tick()

    def back() -> None:
        shutil.rmtree(office.root / name)
        shutil.copytree(copy, office.root / name)

    stopped(office, back)
    fixed, status, fixed_then, status_then = refused(office)
    assert (fixed, status) == (fixed_then, status_then)


def test_a_log_that_is_gone_is_not_begun_anew(public_office: PublicOffice) -> None:
    """An empty folder is another log."""
    public_office.tick()
    stopped(public_office, lambda: shutil.rmtree(public_office.root / "log"))
    fixed, status, fixed_then, status_then = refused(public_office)
    assert (fixed, status) == (fixed_then, status_then)
