"""A legal desk whose rows, log and console are in PostgreSQL: by its commands, and through a failover."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from nullabona.docket.core.states import Action
from nullabona.docket.keeping.vault import new_identity
from nullabona.docket.ports import Publication
from nullabona.docket.store.rows import DeskStoreFailed
from nullabona.log.checkpoint import Checkpoint, parse_checkpoint
from nullabona.log.note import parse_note
from nullabona.machine.postgres.durability import MayForget
from nullabona.operating.desk_places import DeskPlaces
from nullabona.processes.program import nulla as nulla_command
from nullabona.processes.program import run
from tests.docket.desks import Clock
from tests.docket.publishing import CADENCE, ORIGIN, POLICY, PublicOffice
from tests.docket_console.place import Place
from tests.postgres.server import STANDBY, programs
from tests.postgres.test_standby import Pair

pytestmark = [
    pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed: tools/need_programs.sh"),
    pytest.mark.timeout(240),  # two servers start, on a machine that may be busy
]
ENVIRONMENT = {"PATH": os.environ["PATH"], "LANG": "en", "NULLA_DOCKET": "desk"}


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A primary and its standby."""
    made = Pair()
    yield made
    made.remove()


def nulla(folder: Path, *words: str, fails: bool = False) -> str:
    """What a command prints; with ``fails`` what it says on standard error."""
    done = run(nulla_command(*words), cwd=folder, env=ENVIRONMENT | {"HOME": str(folder)}, patience_s=120)
    assert fails == bool(done.code), done.err + done.out
    assert "postgresql://" not in done.err + done.out
    return done.err + done.out if fails else done.out.strip()


def prepared(folder: Path, url: str) -> tuple[str, ...]:
    """The folder of a desk before it is founded, and the command that founds it."""
    (folder / "desk").mkdir()
    keys = nulla(folder, "log", "keygen", ORIGIN, "desk/log.keys")
    (folder / "desk/policy").write_text("".join(f"log {line}\n" for line in keys.splitlines()) + "quorum none\n")
    (folder / "desk/docket.toml").write_text(
        f'operator = "x"\norigin = "{ORIGIN}"\ndirectory = "../relay"\nlog_keys = "log.keys"\npolicy = "policy"\n'
        f'store = "{url}"\n'
    )
    for name in ("ada", "ben"):
        nulla(folder, "docket", "officer", "new", name, "-o", f"{name}.officer")
    first = [word for name in ("ada", "ben") for word in ("--first", f"{name}.officer:admin")]
    return "docket", "init", "--outside", new_identity()[1], "--pointer-key", "pointer", *first


class Served(Place):
    """The console as the command serves it."""

    def __enter__(self) -> Self:
        command = nulla_command("docket", "serve", "--origin", self.origin, "--listen", f"127.0.0.1:{self.port}")
        return self.begin(command, f"ready {self.origin}", ENVIRONMENT, self.folder)


@pytest.mark.slow
def test_the_commands_use_it(pair: Pair, tmp_path: Path) -> None:
    """init, check, officers, serve, invite, status, drain, backup and restore; no row of them is in a file."""
    init = prepared(tmp_path, pair.first.url(pair.name))
    assert "docket-not-founded" in nulla(tmp_path, "docket", "officer", "list", fails=True)
    nulla(tmp_path, *init)
    assert "docket-founding-refused" in nulla(tmp_path, *init, fails=True)
    nulla(tmp_path, "docket", "check")
    place = Served(tmp_path)
    with place:
        invited = ("docket", "invite", "ada", "--name", "Ada", "--origin", place.origin, "--known")
        assert nulla(tmp_path, *invited).startswith(f"{place.origin}/enrol#")
        nulla(tmp_path, "docket", "status", "--listen", f"127.0.0.1:{place.port}")
        assert "in-use" in nulla(tmp_path, "docket", "officer", "list", fails=True)
        nulla(tmp_path, "docket", "drain")
        assert 0 == place._process.wait().code
    assert [] == [*(tmp_path / "desk").rglob("*.db*")]
    officers = nulla(tmp_path, "docket", "officer", "list")
    assert 2 == len(officers.splitlines())
    key, recipient = new_identity()
    (tmp_path / "backup.key").write_text(key)
    (tmp_path / "backup.key").chmod(0o600)
    nulla(tmp_path, "docket", "backup", "desk.age", "--recipient", recipient)
    nulla(tmp_path, "docket", "--data", "again", "restore", "desk.age", "--identity", "backup.key")
    assert officers == nulla(tmp_path, "docket", "--data", "again", "officer", "list")
    pair.first.sql("DROP SCHEMA desk CASCADE", pair.name)
    assert "no desk was founded in this database" in nulla(tmp_path, "docket", "check", fails=True)


def head(office: PublicOffice) -> Checkpoint:
    """What everybody can see of the record."""
    note = office.log.checkpoint()
    assert note
    return parse_checkpoint(parse_note(note).text)


def move(office: PublicOffice, folder: Path, url: str) -> None:
    """The desk goes on from another machine, with another server."""
    office.store = DeskPlaces(folder, url)
    office.place = office.store.desk()
    office.log = office.open_log(folder)
    office.publication = Publication(office.log, ORIGIN, POLICY)
    office.desk = office.open()


def test_a_promoted_standby_has_the_case_and_the_record(pair: Pair, tmp_path: Path) -> None:
    """The primary is killed in the middle of a case: what was signed and published is there, and the case goes on.

    The act that met the failure may be there or not; it was not reported as done. Nothing goes on without a standby.
    """
    store = DeskPlaces(tmp_path / "first", pair.first.url(pair.name))
    office = PublicOffice(tmp_path / "first", Clock(), CADENCE, store)
    case = office.walk(office.take_in())
    office.tick(2)
    seen, journal = head(office), office.desk.journal(office.who("aud"))
    pair.first.kill()
    with pytest.raises(DeskStoreFailed):
        office.do("cora", Action.RECEIPT, case)
    office.desk.close()
    office.loop.run(office.log.close())
    pair.second.promote()
    third = None
    try:
        with pytest.raises(MayForget):
            move(office, tmp_path / "second", pair.second.url(pair.name))
        third = pair.second.copy()
        pair.second.set("synchronous_standby_names", STANDBY)
        move(office, tmp_path / "second", pair.second.url(pair.name))
        assert seen == head(office)
        assert journal == office.desk.journal(office.who("aud"))[: len(journal)]
        office.do("cora", Action.RECEIPT, case)
        office.do("rolf", Action.HAND_OVER, case)
        office.tick()
        kinds = [event.kind for event in office.desk.journal(office.who("aud"))[len(journal) :]]
        assert {Action.RECEIPT, Action.HAND_OVER} <= set(kinds)
        assert head(office).size > seen.size
        assert () == office.verify(before=seen).findings
    finally:
        office.stop()
        if third is not None:
            third.remove()


@pytest.mark.slow
def test_an_earlier_pointer_key_is_still_on_the_disk(pair: Pair, tmp_path: Path) -> None:
    """PostgreSQL overwrites no row in its place (threat model, K-28); SQLite does."""
    kept: dict[str, bool] = {}
    for name, store in (("sqlite", None), ("postgres", pair.first.url(pair.name))):
        office = PublicOffice(tmp_path / name, Clock(), CADENCE, DeskPlaces(tmp_path / name, store))
        office.tick(2)
        office.stop()
        folder = office.folder if store is None else pair.first.data
        kept[name] = any(office.pointer_key in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert {"sqlite": False, "postgres": True} == kept
