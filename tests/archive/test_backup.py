"""Backups as files: opened by the standard format's other implementation, whole or refused."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyrage
import pytest

from nullabona.client.account import load_account
from nullabona.client.archive import BackupKey, PassphraseKey, words_key
from nullabona.client.archive import backup as backups
from nullabona.client.archive.errors import (
    ArchiveDamaged,
    ArchiveTruncated,
    BackupLocked,
    BackupMissing,
    BackupNotAge,
    BackupOfOther,
    BackupOutOfLine,
    BackupUnwritable,
)
from nullabona.client.archive.index import Earlier, KeyIndex
from nullabona.client.archive.records import Dropped, Message, Piece, Record
from nullabona.client.archive.restoring import in_line, restore_profile
from nullabona.client.archive.scrypted import MAX_WORK
from nullabona.client.archive.sealing import seal, unseal
from nullabona.client.archive.stream import decode_stream, encode_stream
from nullabona.client.core.model.errors import BadPassphrase, ProfileExists
from nullabona.client.core.model.state import REJOINING, decode_state
from nullabona.client.keys import AccountRoot
from nullabona.client.mls import SUITE
from nullabona.client.profile import Unprotected, create_profile, open_profile
from nullabona.client.store import SqliteStore
from tests.archive.filled import NOW, SECRET, TODAY, Life, edit, fill, put_file, rows, talk

WORDS = words_key(AccountRoot(bytes(range(32))))
OTHER = words_key(AccountRoot(bytes(32)))
PASSPHRASE = PassphraseKey("비밀 암호 one", 8)
KEYS = pytest.mark.parametrize("key", [WORDS, PASSPHRASE], ids=["words", "passphrase"])
SIZES = (0, 1, 65_535, 65_536, 65_537, 200_000)


@pytest.fixture(scope="module")
def kept() -> Iterator[Life]:
    """A profile that no test changes."""
    store = SqliteStore.testing_in_memory()
    yield fill(store, 3)
    store.close()


def made(life: Life, path: Path, key: BackupKey, after: Path | None = None) -> backups.BackupInfo:
    """A backup of a profile."""
    earlier = None if after is None else backups.read_earlier(after, key, life.me)
    records = backups.backup_records(life.store, life.account, NOW, earlier)
    info = backups.write_backup(path, encode_stream(records), key)
    assert info is not None
    return info


def restored(path: Path, key: BackupKey, *files: Path) -> list[object]:
    """What is in a profile restored at ``path``."""
    restore_profile(path, Unprotected(), files, key, card=None, today=TODAY, suite=SUITE)
    with open_profile(path, Unprotected()) as profile:
        return list(rows(profile.store))


# -- the age format -------------------------------------------------------------------------------------------------


def opened_by_pyrage(data: bytes, key: BackupKey) -> bytes:
    """What the other implementation makes of a file, all at once."""
    if isinstance(key, PassphraseKey):
        return pyrage.passphrase.decrypt(data, key.text)
    return pyrage.decrypt(data, [pyrage.x25519.Identity.from_str(key.identity)])


@KEYS
@pytest.mark.parametrize("size", SIZES)
def test_age_files_open_with_another_implementation(key: BackupKey, size: int) -> None:
    """What is written opens with the Rust implementation and here; around every border of a chunk."""
    data = random.Random(size).randbytes(size)
    out = io.BytesIO()
    seal(io.BytesIO(data), out, key)
    again = io.BytesIO()
    unseal(io.BytesIO(out.getvalue()), again, key)
    assert (data, data) == (opened_by_pyrage(out.getvalue(), key), again.getvalue())


@pytest.mark.slow  # the other implementation takes a second of scrypt to write one, and as long to open it
@pytest.mark.parametrize("size", [0, 65_536, 200_000])
def test_age_files_of_another_implementation_open_here(size: int) -> None:
    """A passphrase file that the Rust implementation wrote, with its own work factor."""
    data = random.Random(size).randbytes(size)
    out = io.BytesIO()
    unseal(io.BytesIO(pyrage.passphrase.encrypt(data, "비밀")), out, PassphraseKey("비밀"))
    assert data == out.getvalue()


def test_the_words_key_is_the_accounts_own_and_fixed() -> None:
    """Derived under its own label, a valid identity of age, the same for ever (vector)."""
    assert "age1gx222tuk5al7yyfc4xrp0vatkmmhhhdy4ty2jskccwmwcfwlkyjspw6cxr" == WORDS.recipient
    assert WORDS.identity == str(pyrage.x25519.Identity.from_str(WORDS.identity))
    assert ("WordsKey()", False) == (repr(WORDS), "비밀" in repr(PASSPHRASE))
    assert OTHER.recipient != WORDS.recipient


@KEYS
def test_a_changed_or_cut_file_is_refused(key: BackupKey, kept: Life, tmp_path: Path) -> None:
    """Any byte of the head, some of the rest, any cut: a clear error."""
    path = tmp_path / "backup"
    made(kept, path, key)
    data = path.read_bytes()
    rng = random.Random(5)
    places = [*range(0, 160, 7), *(rng.randrange(len(data)) for _ in range(10)), len(data) - 1]
    for place in places:
        path.write_bytes(data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :])
        with pytest.raises((ArchiveDamaged, ArchiveTruncated, BackupLocked, BackupNotAge)):
            backups.check_backup(path, key)
        path.write_bytes(data[:place])
        with pytest.raises((ArchiveDamaged, ArchiveTruncated, BackupNotAge)):
            backups.check_backup(path, key)


def test_the_wrong_key_says_so(kept: Life, tmp_path: Path) -> None:
    """Other words, another passphrase, or one for the other: locked, not damaged. No passphrase at all is refused."""
    words, phrase = tmp_path / "words", tmp_path / "phrase"
    made(kept, words, WORDS)
    made(kept, phrase, PASSPHRASE)
    wrong: list[tuple[Path, BackupKey]] = [
        (words, OTHER), (words, PASSPHRASE), (phrase, WORDS), (phrase, PassphraseKey("비밀 암호 two"))
    ]  # fmt: skip
    for path, key in wrong:
        with pytest.raises(BackupLocked):
            backups.check_backup(path, key)
    with pytest.raises(BadPassphrase):
        made(kept, tmp_path / "none", PassphraseKey(""))
    with pytest.raises(BackupNotAge):
        unseal(io.BytesIO(b"PK\x03\x04"), io.BytesIO(), WORDS)
    with pytest.raises(BackupMissing):
        backups.check_backup(tmp_path / "nothing", WORDS)


def test_a_head_that_asks_for_too_much_work_is_not_tried() -> None:
    """A file cannot make this machine spend gigabytes on its passphrase."""
    out = io.BytesIO()
    seal(io.BytesIO(b"x"), out, PASSPHRASE)
    head, _, rest = out.getvalue().partition(b" 8\n")
    with pytest.raises(BackupNotAge, match="more work"):
        unseal(io.BytesIO(head + b" %d\n" % (MAX_WORK + 1) + rest), io.BytesIO(), PASSPHRASE)


# -- the file -------------------------------------------------------------------------------------------------------


def failing(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The first blocks, then a disk that gives up."""
    yield next(blocks)
    yield next(blocks)
    raise OSError(28, "no space left")


@KEYS
def test_a_good_file_never_makes_way_for_a_partial_one(key: BackupKey, kept: Life, tmp_path: Path) -> None:
    """The making fails: the file that was there is as it was, nothing lies beside it, and it is private."""
    path = tmp_path / "backup"
    made(kept, path, key)
    before = path.read_bytes()
    assert 0o600 == path.stat().st_mode & 0o777
    records = backups.backup_records(kept.store, kept.account, NOW, None)
    with pytest.raises(BackupUnwritable):
        backups.write_backup(path, failing(encode_stream(records)), key)
    assert (before, [path]) == (path.read_bytes(), list(tmp_path.iterdir()))
    with pytest.raises(BackupUnwritable):
        made(kept, tmp_path / "no" / "such" / "folder", key)


def test_what_the_disk_did_not_keep_is_noticed(kept: Life, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is read back before it takes its place: a disk that changes a byte is found out."""
    path = tmp_path / "backup"
    path.write_bytes(b"an earlier one")
    check = backups.check_backup

    def rotten(draft: Path, *rest: object, **more: object) -> backups.BackupInfo:
        data = bytearray(draft.read_bytes())
        data[len(data) // 2] ^= 1
        draft.write_bytes(bytes(data))
        return check(draft, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(backups, "check_backup", rotten)
    with pytest.raises(ArchiveDamaged):
        made(kept, path, WORDS)
    assert (b"an earlier one", [path]) == (path.read_bytes(), list(tmp_path.iterdir()))


# -- restoring ------------------------------------------------------------------------------------------------------


@KEYS
def test_a_restored_profile_is_the_one_that_was_kept(key: BackupKey, kept: Life, tmp_path: Path) -> None:
    """Same account, same rows; another device, whose card takes the place of the old; no secret of the old one."""
    path = tmp_path / "backup"
    info = made(kept, path, key)
    assert (kept.sent, kept.account.record.handle, b"") == (info.messages, info.handle, info.after)
    assert list(rows(kept.store)) == restored(tmp_path / "new", key, path)
    with open_profile(tmp_path / "new", Unprotected()) as profile:
        account = load_account(profile.store)
        assert account is not None
        assert (kept.account.record.root, kept.me) == (account.record.root, account.local.account)
        assert kept.account.record.device_seed != account.record.device_seed
        assert [account.record.device_id] == [d.certificate.device_id for d in account.card.devices]
        assert kept.account.card.hash == account.card.previous
        with profile.store.transaction():
            phases = [decode_state(profile.store.load_room(room) or b"").phase for room in profile.store.rooms()]
        assert REJOINING in phases
    plain = b"".join(plain_of(path, key))
    assert SECRET not in plain
    assert kept.account.record.device_seed not in plain


def plain_of(path: Path, key: BackupKey) -> Iterator[bytes]:
    """What a backup says, record by record."""
    out = io.BytesIO()
    unseal(io.BytesIO(path.read_bytes()), out, key)
    return (msgspec.msgpack.encode(record) for record in decode_stream([out.getvalue()]))


def test_a_failed_restore_leaves_nothing(kept: Life, tmp_path: Path) -> None:
    """A cut backup, wrong words, something in the way: no profile, nothing beside it, what was there untouched."""
    path, place = tmp_path / "backup", tmp_path / "profiles" / "new"
    made(kept, path, WORDS)
    data = path.read_bytes()
    place.parent.mkdir()
    for content, key, error in (
        (data[: len(data) * 2 // 3], WORDS, (ArchiveDamaged, ArchiveTruncated)),
        (data, OTHER, BackupLocked),
        (b"", WORDS, BackupNotAge),
    ):
        path.write_bytes(content)
        with pytest.raises(error):
            restored(place, key, path)
        assert [] == list(place.parent.iterdir())
    path.write_bytes(data)
    place.mkdir()
    (place / "mine").write_text("mine")
    with pytest.raises(ProfileExists):
        restored(place, WORDS, path)
    assert ["mine"] == [each.name for each in place.iterdir()]


def test_what_an_interrupted_restore_left_is_swept_away(kept: Life, tmp_path: Path) -> None:
    """The power failed in the middle: the next restore begins anew in the same place."""
    path = tmp_path / "backup"
    made(kept, path, WORDS)
    create_profile(tmp_path / ".new.restoring", Unprotected()).close()
    assert list(rows(kept.store)) == restored(tmp_path / "new", WORDS, path)
    assert {"backup", "new"} == {each.name for each in tmp_path.iterdir()}


# -- after another --------------------------------------------------------------------------------------------------


def test_a_backup_after_another_has_only_what_changed(tmp_path: Path) -> None:
    """New, edited, erased and forgotten messages come with it, no old piece does; together they restore what is now."""
    life = fill(SqliteStore.testing_in_memory(), 11)
    store, room = life.store, life.rooms[0]
    with store.transaction():
        line = talk(life, room)
        put_file(life, room, life.people[0], data=bytes(3_000_000))
    whole, later = tmp_path / "whole", tmp_path / "later"
    first = made(life, whole, WORDS)
    with store.transaction():
        for _ in range(20):
            talk(life, room)
        edit(life, line, "이제는 다르게")
        forgotten = store.message_page(0, 1)[0][1]
        store.drop_message(forgotten.room, forgotten.id)
        store.drop_file(forgotten.room, forgotten.id)
        store.drop_contact(life.people[1])
    second = made(life, later, WORDS, after=whole)
    assert (first.id, 21) == (second.after, second.messages)
    assert second.size < first.size / 2
    records = records_of(later)
    assert 1 == sum(isinstance(record, Dropped) for record in records)
    assert list(rows(store)) == restored(tmp_path / "new", WORDS, whole, later)


def records_of(path: Path) -> list[Record]:
    found: list[Record] = []
    backups.read_backup(path, WORDS, found.extend)
    return found


def test_backups_that_do_not_belong_together_are_refused(kept: Life, tmp_path: Path) -> None:
    """A later one alone, in the wrong order, after another whole one, or of another account: nothing is made."""
    whole, again, later = tmp_path / "whole", tmp_path / "again", tmp_path / "later"
    made(kept, whole, WORDS)
    made(kept, again, WORDS)
    made(kept, later, WORDS, after=whole)
    for files in ([later], [later, whole], [again, later], [whole, whole], [whole, later, later], []):
        with pytest.raises(BackupOutOfLine):
            restored(tmp_path / "new", WORDS, *files)
    with pytest.raises(BackupOutOfLine):
        backups.read_earlier(later, WORDS, kept.me)
    with pytest.raises(BackupOfOther):
        backups.read_earlier(whole, WORDS, bytes(32))
    assert not (tmp_path / "new").exists()


def test_words_open_no_other_account(kept: Life, tmp_path: Path) -> None:
    """Whoever knows what a backup is encrypted to could make one of an account that is theirs; a passphrase tells."""
    path, own = tmp_path / "backup", words_key(kept.account.root)
    made(kept, path, WORDS)
    with pytest.raises(BackupOfOther):
        in_line([path], WORDS)
    for key in (own, PASSPHRASE):
        made(kept, path, key)
        assert kept.account.root.secret == in_line([path], key)[1].root


def test_an_index_of_keys_forgets_nothing_and_makes_nothing_up() -> None:
    """As a set, for keys that share their beginnings and overlap one another."""
    rng = random.Random(1)
    keys = [bytes(16), bytes(15) + b"\x01", *(bytes(rng.randrange(2) for _ in range(16)) for _ in range(2_000))]
    index, model = KeyIndex(), set[bytes]()
    for key in keys:
        (index.discard if rng.randrange(3) == 0 else index.add)(key)
        (model.discard if key not in index else model.add)(key)
    assert (sorted(model), len(model)) == (sorted(index), len(index))
    assert [key in model for key in keys] == [key in index for key in keys]


def test_what_an_earlier_backup_has_is_told_apart() -> None:
    """The same message again is had; with another word it is not; a piece is known by its place."""
    earlier = Earlier(b"id")
    message = Message(b"r", b"m", b"", b"", 1, 1, 1, "sent", b"x", "text", shown=True, unread=0)
    earlier.add(message)
    earlier.add(Piece(b"r", b"m", 0, b"data"))
    assert [True, True, False] == [
        earlier.has(message),
        earlier.has(Piece(b"r", b"m", 0, b"")),
        earlier.has(Piece(b"r", b"m", 1, b"")),
    ]
    assert [] == list(earlier.dropped())
