"""A witness says nothing that is not on its disk: whichever write fails, or whenever it is killed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Final

import pytest

from nullabona.log.note import parse_note
from nullabona.machine.lock import FolderInUse
from nullabona.witness.core.judging import log_id
from nullabona.witness.core.limits import Limits
from nullabona.witness.cosigner import CLOCK_STEP_S, Cosigner
from nullabona.witness.run import open_store
from nullabona.witness.store.evidence import EvidenceFolder
from nullabona.witness.store.rows import NotAWitness
from nullabona.witness.store.schema import COLUMNS, FILES
from nullabona.witness.store.sqlite import WitnessStore
from tests.witness.growing import ORIGIN, Growing, add
from tests.witness.running import START, RunningWitness, watched, witness_signers

_WRITES: Final = ("BEGIN", "INSERT", "COMMIT")


class Failing(sqlite3.Connection):
    """A connection whose n-th write fails, before or after it happened."""

    left: ClassVar[int] = -1
    happens: ClassVar[bool] = False

    def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:  # noqa: ANN401 - sqlite3's signature
        if not sql.startswith(_WRITES):
            return super().execute(sql, *rest)
        Failing.left -= 1
        if Failing.left == 0 and not Failing.happens:
            raise sqlite3.OperationalError("disk I/O error")
        cursor = super().execute(sql, *rest)
        if Failing.left == 0:
            raise sqlite3.OperationalError("disk I/O error")
        return cursor


def cosigner(store: WitnessStore, folder: Path, grown: Growing) -> Cosigner:
    """A witness without sockets."""
    logs = [watched(grown.signers)]
    return Cosigner(
        store, EvidenceFolder(folder / "evidence", 10), witness_signers("witness.example/w"), logs, Limits()
    )


@pytest.mark.parametrize("happens", [False, True], ids=["did-not-happen", "did-happen"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_no_answer_without_its_row(tmp_path: Path, grown: Growing, number: int, *, happens: bool) -> None:
    """Whichever write fails, the answer is 503; then no fork is cosigned, whether the row is there or not."""
    Failing.left = -1
    store = WitnessStore(tmp_path, Failing)
    witness = cosigner(store, tmp_path, grown)
    assert 200 == witness.add(grown.request(0, 3), START).status
    Failing.left, Failing.happens = number, happens
    assert 503 == witness.add(grown.request(3, 5), START).status
    Failing.left = -1
    held = store.find(ORIGIN)
    assert held is not None
    assert (5 if happens and number == 3 else 3) == held.size
    assert 422 == witness.add(Growing(branch=b"!", branch_at=2).request(held.size, 5), START).status
    assert 200 == witness.add(grown.request(held.size, 5), START).status
    store.close()


def test_the_database_itself_refuses_to_forget(tmp_path: Path) -> None:
    """Going back, another root for a size, and deleting are refused by the schema."""
    store = WitnessStore(tmp_path)
    store._db.execute("INSERT INTO cosigned VALUES ('x', 5, zeroblob(32), x'00')")
    for sql in (
        "UPDATE cosigned SET size = 4",
        "UPDATE cosigned SET root = randomblob(32)",
        "DELETE FROM cosigned",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            store._db.execute(sql)
    store._db.execute("UPDATE cosigned SET size = 6, root = randomblob(32)")
    store.close()


def test_a_broken_store_is_said_and_opened_anew(tmp_path: Path, grown: Growing) -> None:
    """If the database fails, readers and logs are told so, nothing is cosigned, and the next request finds it open."""
    store = WitnessStore(tmp_path)
    witness = cosigner(store, tmp_path, grown)
    store.close()
    assert 503 == witness.latest(log_id(ORIGIN)).status
    assert 503 == witness.add(grown.request(0, 1), START).status
    assert 200 == witness.add(grown.request(0, 1), START).status
    store.close()


def carry_away(folder: Path, aside: Path, *, replace: bool) -> None:
    """Take the database from a running witness, and perhaps put an older one in its place."""
    aside.mkdir()
    for path in folder.glob("witness.db*"):
        path.rename(aside / path.name)
    if replace:
        WitnessStore(folder).close()


@pytest.mark.parametrize("replace", [False, True], ids=["gone", "replaced"])
def test_nothing_is_cosigned_into_a_database_that_was_carried_away(
    tmp_path: Path, grown: Growing, *, replace: bool
) -> None:
    """Nobody would find there what was cosigned: 503, until the database is back."""
    store = WitnessStore(tmp_path)
    witness = cosigner(store, tmp_path, grown)
    assert 200 == witness.add(grown.request(0, 3), START).status
    carry_away(tmp_path, tmp_path / "aside", replace=replace)
    assert [503, 503] == [witness.add(grown.request(3, 5), START).status for _ in range(2)]
    for path in (tmp_path / "aside").iterdir():
        path.replace(tmp_path / path.name)
    assert 200 == witness.add(grown.request(3, 5), START).status
    store.close()


@pytest.mark.parametrize("replace", [False, True], ids=["gone", "replaced"])
def test_a_broken_store_that_is_gone_is_not_begun_anew(tmp_path: Path, grown: Growing, *, replace: bool) -> None:
    """An empty one would have forgotten what was cosigned, and another history of the log would be cosigned."""
    store = WitnessStore(tmp_path)
    witness = cosigner(store, tmp_path, grown)
    assert 200 == witness.add(grown.request(0, 5), START).status
    carry_away(tmp_path, tmp_path / "aside", replace=replace)
    store.close()
    fork = Growing(branch=b"!", branch_at=2).request(0, 6)
    assert [503, 503, 503] == [witness.add(fork, START).status for _ in range(3)]
    assert replace == (tmp_path / "witness.db").exists()
    store.close()


@pytest.mark.parametrize("content", [b"not a database" * 100, None], ids=["garbage", "another-program"])
def test_a_foreign_database_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """A file that is not this program's database is left alone."""
    path = tmp_path / "witness.db"
    if content is None:
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE person (name TEXT)")
        db.close()
    else:
        path.write_bytes(content)
    with pytest.raises(NotAWitness):
        WitnessStore(tmp_path)


def test_evidence_that_cannot_be_kept_is_no_reason_to_cosign(tmp_path: Path, grown: Growing) -> None:
    """Without room for evidence a fork is refused all the same."""
    store = WitnessStore(tmp_path)
    witness = cosigner(store, tmp_path, grown)
    witness.add(grown.request(0, 5), START)
    (tmp_path / "evidence").write_bytes(b"in the way")
    assert 422 == witness.add(Growing(branch=b"!").request(5, 5), START).status
    store.close()


def test_two_witnesses_never_share_a_folder(run: Callable[..., RunningWitness]) -> None:
    """A second process under the same key would forget what the first has cosigned."""
    first = run()
    with pytest.raises(FolderInUse):
        open_store(first.config)


def test_what_is_kept_is_what_is_declared(run: Callable[..., RunningWitness], grown: Growing) -> None:
    """Every column and every file of a witness is declared, with what it is for; nothing else exists."""
    witness = run()
    add(witness, grown.request(0, 5))
    add(witness, Growing(branch=b"!").request(5, 5))
    db = sqlite3.connect(witness.config.data / "witness.db")
    real = {
        (table, column)
        for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        for _, column, *_ in db.execute(f"PRAGMA table_info({table})").fetchall()
    }
    db.close()
    assert {(column.table, column.name) for column in COLUMNS} == real
    files = {
        path.relative_to(witness.config.data).parts[0] for path in witness.config.data.rglob("*") if path.is_file()
    }
    assert {file.pattern.partition("/")[0] for file in FILES} == files
    assert {0o600} == {path.stat().st_mode & 0o777 for path in witness.config.data.glob("witness.db*")}


# -- the clock ----------------------------------------------------------------------------------------------------


def times_of(store: WitnessStore) -> set[int]:
    """When the witness cosigned what it holds, by its own word."""
    held = store.find(ORIGIN)
    assert held is not None
    own = {(each.name, each.key_id) for each in witness_signers("witness.example/w")}
    lines = parse_note(held.note).signatures
    return {int.from_bytes(line.blob[:8], "big") for line in lines if (line.name, line.key_id) in own}


@pytest.mark.parametrize("back", [0, 1, CLOCK_STEP_S])
def test_a_small_step_back_is_not_seen_in_the_cosignatures(tmp_path: Path, grown: Growing, back: int) -> None:
    """A cosignature's time is never earlier than the last one for that log: the clock is waited for, meanwhile."""
    store = WitnessStore(tmp_path)
    witness = cosigner(store, tmp_path, grown)
    assert 200 == witness.add(grown.request(0, 3), START).status
    assert (200, {START}) == (witness.add(grown.request(3, 5), START - back).status, times_of(store))
    assert (200, {START + 1}) == (witness.add(grown.request(5, 6), START + 1).status, times_of(store))
    store.close()


def test_a_clock_that_went_back_stops_cosigning(tmp_path: Path, grown: Growing) -> None:
    """Neither an earlier time nor a false one is signed: 503, counted, nothing kept; also after a restart; then on."""
    store = WitnessStore(tmp_path)
    assert 200 == cosigner(store, tmp_path, grown).add(grown.request(0, 3), START).status
    witness = cosigner(store, tmp_path, grown)
    answer = witness.add(grown.request(3, 5), START - CLOCK_STEP_S - 1)
    held = store.find(ORIGIN)
    assert held is not None
    assert (503, 60, 1, 3) == (answer.status, answer.retry_after_s, witness.counts["clock-back"], held.size)
    assert b"clock went back" in answer.body
    assert 200 == witness.add(grown.request(3, 5), START + 1).status
    store.close()
