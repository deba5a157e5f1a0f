"""A backup as a file: what is told of it, what is checked, what it needs besides, and what it leaves where it fails."""

from __future__ import annotations

import io
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from nullabona.client.account import Account
from nullabona.client.archive import PassphraseKey, encode_stream, words_key
from nullabona.client.archive import backup as backups
from nullabona.client.archive.backup import Blocks, Progress, check_backup, read_backup, read_earlier, write_backup
from nullabona.client.archive.errors import (
    ArchiveDamaged,
    ArchiveTruncated,
    BackupEmpty,
    BackupMissing,
    BackupOfOther,
    BackupOutOfLine,
)
from nullabona.client.archive.index import Earlier, message_key
from nullabona.client.archive.records import VERSION, Begin, Dropped, Identity, Marker, Message, Piece, Record
from nullabona.client.archive.restoring import in_line, peek_identity
from nullabona.client.archive.sealing import seal
from nullabona.client.keys import AccountRoot
from nullabona.client.store import SqliteStore
from tests.archive.filled import NOW, with_account
from tests.archive.making import ME, ROOM, YOU, file, merged, message, piece, with_file

KEY = PassphraseKey("x", 1)
ROOT = bytes(range(32))
BEGIN = Begin(1, ME, "mina@relay.example", 7, b"whole", b"")
IDENTITY = Identity(ROOT, "mina@relay.example", "https://relay.example", b"card")
WHOLE: list[Record] = [BEGIN, IDENTITY, message(), with_file(id=b"n" * 16), file(), piece(), Marker(ROOM, YOU, 5)]


def written(path: Path, *records: Record) -> Path:
    write_backup(path, encode_stream(records), KEY, verify=False)
    return path


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return written(tmp_path / "whole.age", *WHOLE)


# -- making ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def account() -> Iterator[tuple[SqliteStore, Account]]:
    store = SqliteStore.testing_in_memory()
    made = with_account(store)
    merged(store, message(), with_file(id=b"n" * 16), file(message=b"n" * 16), piece(message=b"n" * 16))
    yield store, made
    store.close()


def test_a_backup_begins_with_whose_it_is(account: tuple[SqliteStore, Account]) -> None:
    """And with a number of its own, that the next one names."""
    store, made = account
    first, second = (list(backups.backup_records(store, made, NOW, None)) for _ in range(2))
    begin, identity = first[0], first[1]
    assert isinstance(begin, Begin)
    assert isinstance(identity, Identity)
    assert (VERSION, made.local.account, "mina@relay.example", NOW, 16, b"") == (
        *(begin.version, begin.account, begin.handle, begin.made_at, len(begin.id), begin.after),
    )
    assert (made.record.root, "mina@relay.example", made.relay, made.record.card) == (
        *(identity.root, identity.handle, identity.relay, identity.card),
    )
    assert second[0] != begin
    assert second[1:] == first[1:]
    later = next(backups.backup_records(store, made, NOW, Earlier(begin.id)))
    assert begin.id == (later.after if isinstance(later, Begin) else b"")
    assert Begin(VERSION, made.local.account, "mina@relay.example", 5) == backups.begin_of(made, 5)


def test_a_backup_after_another_has_what_that_has_not(account: tuple[SqliteStore, Account]) -> None:
    """And names what is gone."""
    store, made = account
    earlier = Earlier(b"first")
    for record in backups.backup_records(store, made, NOW, None):
        earlier.add(record)
    earlier.add(message(id=b"gone"))
    found = list(backups.backup_records(store, made, NOW, earlier))
    assert [Dropped(message_key(ROOM, b"gone"))] == [one for one in found if isinstance(one, Dropped)]
    assert not [one for one in found if isinstance(one, Message | Piece)]


def test_a_backup_weighs_its_messages_and_its_files(account: tuple[SqliteStore, Account]) -> None:
    """So much for each message, and one more for all else."""
    store, _ = account
    chunk = store.chunk(file().pieces[0][0])
    assert chunk is not None
    assert 3 * 512 + len(chunk) == backups.weigh(store)
    assert 512 == backups.weigh(SqliteStore.testing_in_memory())


def test_whoever_watches_is_told_every_thousand_records() -> None:
    """What was written by then, never more than there is; the records are the same without."""
    records: list[Record] = [BEGIN, message(), piece(b"x" * 100), Marker(ROOM, YOU, 5)] * 500
    told: list[Progress] = []
    assert records == list(backups.watched(iter(records), 10**9, told.append))
    assert [Progress("writing", done, 10**9) for done in (0, 250 * 612)] == told
    told = []
    list(backups.watched(iter([*records, BEGIN]), 200, told.append))
    assert [Progress("writing", done, 200) for done in (0, 200, 200)] == told
    assert records == list(backups.watched(iter(records), 10, None))


def test_blocks_are_read_as_a_file_is() -> None:
    """In parts of any size, to their end, with the hash of all of them."""
    blocks = Blocks(iter([b"abc", b"defg", b"h"]))
    assert [b"ab", b"c", b"defg", b"h", b"", b""] == [blocks.read(size) for size in (2, 2, -1, 100, 5, -1)]
    assert sha256(b"abcdefgh").digest() == blocks.digest


def test_a_backup_is_read_back_before_it_takes_its_place(tmp_path: Path) -> None:
    """What is told of it is what is in it; who does not want that is told nothing."""
    path = tmp_path / "whole.age"
    told: list[Progress] = []
    info = write_backup(path, encode_stream(WHOLE), KEY, watch=told.append)
    assert info == check_backup(path, KEY)
    assert info is not None
    assert ("mina@relay.example", ME, 7, b"whole", b"") == (
        *(info.handle, info.account, info.made_at, info.id, info.after),
    )
    assert (2, 1, 1, 7, path.stat().st_size) == (info.messages, info.files, info.pieces, info.records, info.size)
    assert write_backup(path, encode_stream(WHOLE), KEY, verify=False) is None
    bare = check_backup(written(path, BEGIN, IDENTITY), KEY)
    assert (0, 0, 0, 2) == (bare.messages, bare.files, bare.pieces, bare.records)
    assert [path] == list(tmp_path.iterdir())


def test_a_backup_that_was_not_kept_takes_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was there stays."""
    path = written(tmp_path / "whole.age", *WHOLE)
    before = path.read_bytes()
    other = written(tmp_path / "other.age", BEGIN, IDENTITY)
    data = other.read_bytes()

    def lossy(source: Blocks, sink: io.BytesIO, key: PassphraseKey) -> None:
        seal(source, io.BytesIO(), key)
        sink.write(data)

    monkeypatch.setattr(backups, "seal", lossy)
    with pytest.raises(ArchiveDamaged, match="did not keep"):
        write_backup(path, encode_stream(WHOLE), KEY)
    assert before == path.read_bytes()
    assert {path, other} == set(tmp_path.iterdir())


# -- reading -----------------------------------------------------------------------------------------------------------


def test_a_backup_is_read_block_by_block(whole: Path) -> None:
    """Its records in their order, and the hash of what they were written as."""
    found: list[Record] = []
    assert sha256(b"".join(encode_stream(WHOLE))).digest() == read_backup(whole, KEY, found.extend)
    assert WHOLE == found


def test_a_stream_that_ends_early_in_a_whole_file_is_noticed(tmp_path: Path) -> None:
    """The file is whole, what is in it is not."""
    path = tmp_path / "cut.age"
    *blocks, _ = encode_stream(WHOLE)
    write_backup(path, iter(blocks), KEY, verify=False)
    with pytest.raises(ArchiveTruncated):
        read_backup(path, KEY, lambda _: None)
    with pytest.raises(BackupMissing):
        read_backup(tmp_path / "none.age", KEY, lambda _: None)


def test_whoever_watches_a_reading_is_told_every_mebibyte() -> None:
    """How far in the file it is."""
    told: list[Progress] = []
    counted = backups._Counted(io.BytesIO(bytes(3 << 20)), 3 << 20, told.append)
    for size in (1 << 19, (1 << 19) - 1, 1, 1 << 20, 1 << 19, 1 << 20, 5):
        counted.read(size)
    assert [Progress("reading", at, 3 << 20) for at in (1 << 20, 2 << 20, 3 << 20)] == told
    assert (5, b"\0" * 5) == (counted.seek(5), counted.read(5))
    assert b"\0" * 5 == backups._Counted(io.BytesIO(bytes(5)), 5, None).read()


def test_what_an_earlier_backup_has_is_read(whole: Path) -> None:
    """If it is a whole one, and of this account."""
    earlier = read_earlier(whole, KEY, ME)
    assert (b"whole", True, False) == (earlier.id, earlier.has(message()), earlier.has(message(edited_at=9)))
    with pytest.raises(BackupOfOther):
        read_earlier(whole, KEY, YOU)


@pytest.mark.parametrize(("id", "after"), [(b"", b""), (b"later", b"whole"), (b"", b"whole")])
def test_what_has_only_what_changed_is_no_earlier_backup(id: bytes, after: bytes, tmp_path: Path) -> None:
    """Nor is one that has no number."""
    begin = Begin(1, ME, "mina@relay.example", 7, id, after)
    path = written(tmp_path / "later.age", begin, IDENTITY)
    with pytest.raises(BackupOutOfLine):
        read_earlier(path, KEY, ME)


# -- restoring: which files belong together ----------------------------------------------------------------------------


def test_a_backup_tells_whose_it_is(whole: Path, tmp_path: Path) -> None:
    """One that holds no account does not."""
    assert (BEGIN, IDENTITY) == peek_identity(whole, KEY)
    empty: list[list[Record]] = [[BEGIN], [BEGIN, message()], [BEGIN, Marker(ROOM, YOU, 1), IDENTITY]]
    for number, records in enumerate(empty):
        with pytest.raises(BackupEmpty):
            peek_identity(written(tmp_path / f"{number}.age", *records), KEY)


def test_two_backups_are_put_in_line(whole: Path, tmp_path: Path) -> None:
    """In whatever order they are given; whose the later one is counts."""
    renamed = Identity(ROOT, "new@relay.example", "https://relay.example", b"card")
    later = written(tmp_path / "later.age", Begin(1, ME, "new@relay.example", 9, b"later", b"whole"), renamed)
    for given in ([whole, later], [later, whole]):
        assert ([whole, later], renamed) == in_line(given, KEY)
    assert ([whole], IDENTITY) == in_line([whole], KEY)
    for wrong in ([], [whole, later, whole]):
        with pytest.raises(BackupOutOfLine):
            in_line(wrong, KEY)


@pytest.mark.parametrize(("root", "good"), [(ROOT, True), (bytes(32), False)])
def test_words_open_their_own_account_alone(root: bytes, tmp_path: Path, *, good: bool) -> None:
    """Whoever knows what is encrypted to them may have made another one."""
    key = words_key(AccountRoot(ROOT))
    identity = Identity(root, "mina@relay.example", "https://relay.example", b"card")
    path = tmp_path / "words.age"
    write_backup(path, encode_stream([BEGIN, identity]), key)
    if good:
        assert ([path], identity) == in_line([path], key)
    else:
        with pytest.raises(BackupOfOther):
            in_line([path], key)
