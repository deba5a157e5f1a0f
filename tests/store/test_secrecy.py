"""What the disk learns: nothing of what is kept, and no longer than it is kept."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from nullabona.client.store import SqliteStore
from tests.store.faulty import VFS, faulty_disk
from tests.store.samples import KEY, ROOM, contact, device, message

SECRETS = [b"planted-message-text", "심어 둔 비밀".encode(), b"planted-ratchet-secret", KEY, KEY.hex().encode()]
NAMES = [b"mina@relay.example", "미나".encode(), b"sqlite_autoindex", b"CREATE TABLE", b"SQLite format 3"]


def plant(store: SqliteStore) -> None:
    """Put every secret into the store, in rows large and small, and some into rows deleted again."""
    with store.transaction():
        store.mls_write([(b"s", b"k", SECRETS[2]), (b"s", b"gone", SECRETS[2] * 400)], [])
        store.put_contact(contact())
        store.put_devices([device()])
        for n in range(300):
            store.put_message(message(b"%d" % n, position=n, body=SECRETS[n % 2] * (1 + n % 90)))
    with store.transaction():
        store.mls_write([], [(b"s", b"gone")])


def found(data: bytes) -> list[bytes]:
    return [planted for planted in SECRETS + NAMES if planted in data]


def test_no_file_shows_anything(tmp_path: Path) -> None:
    """Neither the store, nor its WAL, nor anything else in the directory, while open and when closed."""
    store = SqliteStore.create(tmp_path / "store.db", KEY)
    plant(store)
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {"store.db", "store.db-wal"} == set(files)
    assert [] == found(b"".join(files.values()))
    store.close()
    assert ["store.db"] == [path.name for path in tmp_path.iterdir()]
    assert [] == found((tmp_path / "store.db").read_bytes())


def test_no_write_shows_anything(tmp_path: Path) -> None:
    """Nothing that SQLite ever hands to the disk, temporary files and sorting included, shows what is kept."""
    SqliteStore.create(tmp_path / "store.db", KEY).close()
    disk = faulty_disk()
    disk.written.clear()
    store = SqliteStore.open(tmp_path / "store.db", KEY, vfs=VFS)
    plant(store)
    store._all("SELECT body FROM message ORDER BY body")
    store.close()
    assert len(disk.written) > 300
    assert [] == found(b"".join(disk.written))


def test_the_same_text_never_looks_the_same(tmp_path: Path) -> None:
    """Two stores with one key and one content share no page: every write has its own nonce."""
    pages: list[set[bytes]] = []
    for name in ("one.db", "two.db"):
        store = SqliteStore.create(tmp_path / name, KEY)
        plant(store)
        store.close()
        data = (tmp_path / name).read_bytes()
        pages.append({data[at : at + 64] for at in range(0, len(data), 4096)})
    assert set() == pages[0] & pages[1]


def test_files_are_private(tmp_path: Path) -> None:
    """Mode 0600, the WAL too."""
    store = SqliteStore.create(tmp_path / "store.db", KEY)
    plant(store)
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    store.close()


@pytest.mark.parametrize(
    ("pragma", "expected"),
    [
        ("secure_delete", 1),
        ("temp_store", 2),
        ("synchronous", 2),
        ("journal_mode", "wal"),
        ("locking_mode", "exclusive"),
        ("cell_size_check", 1),
        ("cipher", "chacha20"),
    ],
)
def test_settings_hold(tmp_path: Path, pragma: str, expected: object) -> None:
    """When created and when opened."""
    store = SqliteStore.create(tmp_path / "store.db", KEY)
    created = store._connection.pragma(pragma)
    store.close()
    store = SqliteStore.open(tmp_path / "store.db", KEY)
    assert (expected, expected) == (created, store._connection.pragma(pragma))
    store.close()


def test_what_is_deleted_is_overwritten(tmp_path: Path) -> None:
    """Inside the decrypted pages, after a checkpoint, no deleted secret is left: not in free pages, not in slack."""
    store = SqliteStore.create(tmp_path / "store.db", KEY)
    with store.transaction():
        rows = [(b"s", b"%d" % n, SECRETS[2] + os.urandom(n * 7)) for n in range(500)]
        store.mls_write(rows, [])
        store.put_message(message(body=SECRETS[0]))
    assert SECRETS[2] in store._connection.serialize("main")
    with store.transaction():
        store.mls_write([(b"s", b"7", b"")], [(b"s", b"%d" % n) for n in range(500) if n != 7])
        store.put_message(message(body=b""))
    store.checkpoint()
    decrypted = store._connection.serialize("main")
    assert [] == [secret for secret in SECRETS[:3] if secret in decrypted]
    store.close()


def test_a_checkpoint_empties_the_wal(tmp_path: Path) -> None:
    """Old pages do not wait there, even encrypted."""
    store = SqliteStore.create(tmp_path / "store.db", KEY)
    plant(store)
    store.checkpoint()
    assert (tmp_path / "store.db-wal").stat().st_size == 0
    store.close()


def test_records_do_not_show_in_reprs(tmp_path: Path) -> None:
    """Neither the store's repr nor an error's text shows a key or a text."""
    store = SqliteStore.create(tmp_path / "store.db", KEY)
    plant(store)
    shown = repr(store) + repr(store.messages(ROOM)) + repr(store.transaction())
    assert [] == [secret for secret in ("planted", KEY.hex(), repr(KEY)) if secret in shown]
    store.close()
