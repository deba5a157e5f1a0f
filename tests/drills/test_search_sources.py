"""A leak planted in each layer of a machine is found there: files, SQLite's leftovers, open files, process memory."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from nullabona.drills.search import (
    Hunt,
    Kind,
    MemoryDenied,
    NoProcess,
    Searched,
    Secret,
    files_below,
    load_secrets,
    memory_chunks,
    open_files,
    save_secrets,
)
from nullabona.drills.search.secret import SecretsUnreadable
from tests.drills.holder import child
from tests.drills.plants import KOREAN, SECRETS, noise

TEXT = Secret.text(Kind.TEXT, "text", KOREAN)


def places(root: Path) -> set[tuple[str, str]]:
    """Label and file of everything found below ``root``."""
    return {(found.label, found.source) for found in Hunt(SECRETS).search(files_below(root), Searched())}


def connect(path: Path, *pragmas: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in pragmas:
        db.execute(f"PRAGMA {pragma}").fetchall()
    return db


def test_a_text_in_a_table_is_found(tmp_path: Path) -> None:
    """A live row, behind an index and among others."""
    with closing(connect(tmp_path / "boxes.db")) as db:
        db.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, body)")
        db.executemany("INSERT INTO note (body) VALUES (?)", [(noise(200, seed),) for seed in range(50)])
        db.execute("INSERT INTO note (body) VALUES (?)", (KOREAN,))
    assert {("korean", "boxes.db")} == places(tmp_path)


@pytest.mark.parametrize("secure", [False, True], ids=["left on free pages", "erased"])
def test_a_deleted_row_is_found_unless_it_was_erased(tmp_path: Path, *, secure: bool) -> None:
    """Without ``secure_delete`` a deleted text stays on a free page and is found; with it, nothing is."""
    with closing(connect(tmp_path / "boxes.db", f"secure_delete = {int(secure)}")) as db:
        db.execute("CREATE TABLE note (body)")
        db.executemany("INSERT INTO note VALUES (?)", [(KOREAN,), *((noise(3_000, seed),) for seed in range(9))])
        db.execute("DELETE FROM note")
        assert 0 < db.execute("PRAGMA freelist_count").fetchone()[0]
    assert (set() if secure else {("korean", "boxes.db")}) == places(tmp_path)


def test_a_text_that_only_the_log_remembers_is_found(tmp_path: Path) -> None:
    """A row that was overwritten before it ever reached the database file is still in the write-ahead log."""
    with closing(connect(tmp_path / "boxes.db", "journal_mode = WAL", "secure_delete = 1")) as db:
        db.execute("CREATE TABLE note (body)")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        db.execute("INSERT INTO note VALUES (?)", (KOREAN,))
        db.execute("DELETE FROM note")
        assert {("korean", "boxes.db-wal")} == places(tmp_path)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        assert set() == places(tmp_path)


def test_a_log_a_temporary_file_and_a_file_name_are_searched(tmp_path: Path) -> None:
    """Files in folders, hidden ones included, and what files are called."""
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "access.log").write_text("127.77.41.9 - GET /", "utf-8")
    (tmp_path / ".tmp1234").write_bytes(noise(5_000) + KOREAN.encode("utf-16-le"))
    (tmp_path / "주말 등산 모임.txt").touch()
    assert {("address", "log/access.log"), ("korean", ".tmp1234"), ("room", "file names")} == places(tmp_path)


def test_links_pipes_and_files_that_vanish_do_not_stop_a_search(tmp_path: Path) -> None:
    """A dangling link and a pipe without a writer are passed over."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert set() == places(tmp_path)


def test_a_deleted_file_that_a_process_holds_open_is_found(tmp_path: Path) -> None:
    """What has no name any more is read through the process that still has it."""
    path = tmp_path / "gone"
    path.write_text(KOREAN, "utf-8")
    with path.open("rb"):
        path.unlink()
        chunks = list(open_files(os.getpid()))
    assert ["text"] == [found.label for found in Hunt([TEXT]).search(chunks, Searched())]


@pytest.mark.parametrize("way", "str bytes fragment nfd base64 hex zlib gzip mapped".split())
def test_a_text_in_the_memory_of_a_process_is_found(way: str) -> None:
    """However the process holds it."""
    with child(way, KOREAN) as pid:
        findings = Hunt([TEXT]).search(memory_chunks(pid), Searched())
    assert {"text"} == {found.label for found in findings}
    assert all(found.source.startswith("memory ") for found in findings)


def test_a_process_without_the_text_is_clean() -> None:
    """The control: same program, other text. Its memory is searched in full and nothing is found."""
    searched = Searched()
    with child("bytes", "완전히 다른 이야기") as pid:
        assert [] == Hunt([TEXT]).search(memory_chunks(pid), searched)
    assert searched.bytes > 1_000_000


def test_memory_that_may_not_be_read_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    """No permission is an error of its own, raised before anything is searched."""

    def deny(path: str, flags: int) -> int:
        raise PermissionError(path)

    monkeypatch.setattr(os, "open", deny)
    with pytest.raises(MemoryDenied):
        memory_chunks(os.getpid())


def test_a_process_that_is_gone_is_said_plainly() -> None:
    """A process id of nobody."""
    with pytest.raises(NoProcess):
        memory_chunks(2**22 + 1)


def test_secrets_survive_their_file(tmp_path: Path) -> None:
    """What is saved is loaded, and only its owner may read the file."""
    save_secrets(tmp_path / "secrets", SECRETS)
    assert list(SECRETS) == load_secrets(tmp_path / "secrets")
    assert 0o600 == (tmp_path / "secrets").stat().st_mode & 0o777


@pytest.mark.parametrize("line", ["[]", "{", '{"kind": "rumour", "label": "x", "value": "y"}', '{"kind": "key"}'])
def test_a_file_of_anything_else_is_refused(tmp_path: Path, line: str) -> None:
    """Never half a hunt: a line that is not a secret is an error."""
    (tmp_path / "secrets").write_text(line, "utf-8")
    with pytest.raises(SecretsUnreadable):
        load_secrets(tmp_path / "secrets")
