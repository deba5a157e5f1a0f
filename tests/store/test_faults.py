"""A failing disk: every failure is an error, none is an absence, and every step happened whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from nullabona.client.core.model.errors import (
    ProfileExists,
    ProfileInUse,
    ProfileMissing,
    StoreDamaged,
    StoreFailed,
    WrongPassphrase,
)
from nullabona.client.store import SqliteStore
from nullabona.errors import NullabonaError
from tests.store.faulty import VFS, FaultyDisk, faulty_disk
from tests.store.samples import KEY, ROOM, message

STEPS = 4


@pytest.fixture
def disk() -> Iterator[FaultyDisk]:
    disk = faulty_disk()
    yield disk
    disk.repair()


def make(path: Path) -> Path:
    """A store of many pages with one step done, so that reading it needs the disk."""
    store = SqliteStore.create(path / "store.db", KEY)
    with store.transaction():
        store.set_value("step", b"0")
        for n in range(200):
            store.put_message(message(b"%d" % n, position=n, body=os.urandom(2_000)))
    store.close()
    return path / "store.db"


def step(store: SqliteStore, n: int) -> None:
    """A transaction whose two writes belong together, and reach over several pages."""
    with store.transaction():
        store.set_value("step", b"%d" % n)
        store.put_message(message(b"step-%d" % n, position=1_000 + n, body=bytes([n]) * 9_000))


def steps_done(path: Path) -> int:
    """How many steps the file holds; each must be there whole."""
    store = SqliteStore.open(path, KEY)
    done = int(store.get_value("step") or b"-1")
    assert [b"step-%d" % n for n in range(1, done + 1)] == [m.id for m in store.messages(ROOM, after=1_000)]
    assert len(store.messages(ROOM, limit=500)) == 200 + done
    store.close()
    return done


def test_a_failed_lookup_is_not_an_absence(tmp_path: Path, disk: FaultyDisk) -> None:
    """A read error raises from every kind of lookup; it never answers None or empty."""
    path = make(tmp_path)
    lookups: list[Callable[[SqliteStore], object]] = [
        lambda s: s.get_value("step"),
        lambda s: s.message(ROOM, b"150"),
        lambda s: s.messages(ROOM),
        lambda s: s.mls_generation(b"group"),
        lambda s: s.rooms(),
    ]
    for look in lookups:
        store = SqliteStore.open(path, KEY, vfs=VFS)
        disk.break_at("read")
        with pytest.raises(StoreFailed):
            look(store)
        disk.repair()
        store.close()


def test_a_store_that_cannot_be_read_is_not_opened(tmp_path: Path, disk: FaultyDisk) -> None:
    """Opening raises, and the file is as it was."""
    path = make(tmp_path)
    before = path.read_bytes()
    for after in range(3):
        disk.break_at("read", after=after)
        with pytest.raises((StoreFailed, StoreDamaged)):
            SqliteStore.open(path, KEY, vfs=VFS).get_value("step")
        disk.repair()
    assert before == path.read_bytes()


@pytest.mark.parametrize("late", [False, True], ids=["did-not-happen", "did-happen"])
@pytest.mark.parametrize("kind", ["write", "sync"])
def test_every_failing_write_leaves_whole_steps(tmp_path: Path, disk: FaultyDisk, kind: str, *, late: bool) -> None:
    """Whichever write fails first: steps that returned are kept, and the one that raised is whole or absent."""
    whole = make(tmp_path).read_bytes()
    for after in range(40):
        path = tmp_path / f"{after}.db"
        path.write_bytes(whole)
        returned = _step_until_broken(path, disk, kind, after=after, late=late)
        assert steps_done(path) in (returned, returned + 1)
        if returned == STEPS:
            return


def _step_until_broken(path: Path, disk: FaultyDisk, kind: str, *, after: int, late: bool) -> int:
    """How many steps returned before the disk broke."""
    store = SqliteStore.open(path, KEY, vfs=VFS)
    disk.break_at(kind, after=after, late=late)
    returned = 0
    with suppress(NullabonaError):
        for n in range(1, STEPS + 1):
            step(store, n)
            returned = n
    with suppress(NullabonaError):
        store.close()
    disk.repair()
    return returned


def test_after_a_failed_commit_nothing_more_is_done(tmp_path: Path, disk: FaultyDisk) -> None:
    """Only the file knows whether it happened: the store refuses until it is opened again, even if the disk is well."""
    store = SqliteStore.open(make(tmp_path), KEY, vfs=VFS)
    disk.break_at("sync")
    with pytest.raises(StoreFailed):
        step(store, 1)
    disk.repair()
    with pytest.raises(StoreFailed):
        step(store, 2)
    store.close()
    assert steps_done(tmp_path / "store.db") in (0, 1)


def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    """Opening what is not there says so and leaves it so."""
    with pytest.raises(ProfileMissing):
        SqliteStore.open(tmp_path / "store.db", KEY)
    assert [] == list(tmp_path.iterdir())


def test_a_file_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    """Creating over a store, or anything else, is refused."""
    path = make(tmp_path)
    before = path.read_bytes()
    with pytest.raises(ProfileExists):
        SqliteStore.create(path, KEY)
    assert before == path.read_bytes()


def test_an_empty_file_is_damage(tmp_path: Path) -> None:
    """To SQLite it would be a new database."""
    (tmp_path / "store.db").touch()
    with pytest.raises(StoreDamaged):
        SqliteStore.open(tmp_path / "store.db", KEY)
    assert (tmp_path / "store.db").stat().st_size == 0


def test_a_wrong_key_is_refused(tmp_path: Path) -> None:
    """The file is not changed by trying."""
    path = make(tmp_path)
    before = path.read_bytes()
    with pytest.raises(WrongPassphrase):
        SqliteStore.open(path, bytes(32))
    assert before == path.read_bytes()


@pytest.mark.parametrize("place", [20, 200, 4_200, 300_000, -10], ids=str)
def test_a_changed_byte_is_noticed(tmp_path: Path, place: int) -> None:
    """One flipped bit anywhere in a page in use: an error by the time that page is read, never other content."""
    path = make(tmp_path)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises((StoreDamaged, WrongPassphrase)):
        _read_everything(path)


def test_exchanged_pages_are_noticed(tmp_path: Path) -> None:
    """A page is bound to its place."""
    path = make(tmp_path)
    data = bytearray(path.read_bytes())
    a, b = slice(140 * 4096, 141 * 4096), slice(141 * 4096, 142 * 4096)
    data[a], data[b] = data[b], data[a]
    path.write_bytes(data)
    with pytest.raises(StoreDamaged):
        _read_everything(path)


def test_a_shortened_file_is_noticed(tmp_path: Path) -> None:
    """Half a store is damage."""
    path = make(tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 8192 * 4096])
    with pytest.raises(StoreDamaged):
        _read_everything(path)


def _read_everything(path: Path) -> None:
    store = SqliteStore.open(path, KEY)
    try:
        store._all("PRAGMA integrity_check")
        store.messages(ROOM, limit=1_000)
    finally:
        store.close()


def test_a_second_opening_is_refused(tmp_path: Path) -> None:
    """Even without the profile's lock, SQLite's own keeps a second writer and a second reader out."""
    path = make(tmp_path)
    store = SqliteStore.open(path, KEY)
    with pytest.raises(ProfileInUse):
        SqliteStore.open(path, KEY)
    store.close()
    SqliteStore.open(path, KEY).close()
