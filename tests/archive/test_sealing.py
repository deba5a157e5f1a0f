"""Which key opens which file, and what is said where one of the two ends fails; drafts that leave nothing behind."""

from __future__ import annotations

import fcntl
import io
import os
import stat
from pathlib import Path

import pyrage
import pytest

from nullabona.client.archive.agekey import BackupKey, PassphraseKey, words_key
from nullabona.client.archive.draft import draft_of, finish
from nullabona.client.archive.errors import (
    ArchiveDamaged,
    ArchiveTruncated,
    BackupLocked,
    BackupNotAge,
    BackupUnwritable,
)
from nullabona.client.archive.sealing import needs_passphrase, seal, unseal
from nullabona.client.keys import AccountRoot

WORDS, OTHERS = words_key(AccountRoot(bytes(range(32)))), words_key(AccountRoot(bytes(32)))
PHRASE = PassphraseKey("비밀", 1)
FDS = Path("/proc/self/fd")
BOTH = pytest.mark.parametrize("key", [WORDS, PHRASE], ids=["words", "passphrase"])


def sealed(key: BackupKey, data: bytes = b"hello") -> bytes:
    out = io.BytesIO()
    seal(io.BytesIO(data), out, key)
    return out.getvalue()


def opened(data: bytes, key: BackupKey) -> bytes:
    out = io.BytesIO()
    unseal(io.BytesIO(data), out, key)
    return out.getvalue()


@pytest.mark.parametrize("root", [bytes(32), b"\xff" * 32, bytes(range(32)), b"\x01" + bytes(31), bytes(31) + b"\x01"])
def test_the_key_of_any_words_is_one_of_age(root: bytes) -> None:
    """As the other implementation writes it; of other words it is another one."""
    key = words_key(AccountRoot(root))
    assert key.identity == str(pyrage.x25519.Identity.from_str(key.identity))
    assert b"hello" == opened(sealed(key), key)
    assert key != words_key(AccountRoot(b"\x07" * 32))


@BOTH
def test_a_file_tells_what_opens_it(key: BackupKey) -> None:
    """Wherever it was read to; afterwards it is at its start."""
    source = io.BytesIO(sealed(key))
    source.seek(7)
    assert (key is PHRASE) is needs_passphrase(source)
    assert 0 == source.tell()
    assert b"hello" == opened(source.getvalue(), key)
    for end in (22, 39):
        with pytest.raises(ArchiveTruncated):
            needs_passphrase(io.BytesIO(source.getvalue()[:end]))
    assert (key is PHRASE) is needs_passphrase(io.BytesIO(source.getvalue()[:40]))
    for data in (b"", b"hello", source.getvalue()[1:]):
        with pytest.raises(BackupNotAge):
            needs_passphrase(io.BytesIO(data))


def test_another_key_does_not_open_it() -> None:
    """Of the other kind, or of the same."""
    for made, tried in ((WORDS, PHRASE), (PHRASE, WORDS), (WORDS, OTHERS), (PHRASE, PassphraseKey("other", 1))):
        with pytest.raises(BackupLocked):
            opened(sealed(made), tried)


@pytest.mark.parametrize("place", [60, 150, -1])
def test_a_file_that_was_changed_or_cut_is_damaged(place: int) -> None:
    """In its head or behind it."""
    data = bytearray(sealed(WORDS))
    data[place] ^= 1
    with pytest.raises((ArchiveDamaged, BackupLocked)):
        opened(bytes(data), WORDS)
    with pytest.raises(ArchiveDamaged):
        opened(sealed(WORDS)[:-1], WORDS)


class Broken(Exception):
    """What an end of a test raises."""


class Breaking(io.BytesIO):
    """An end that breaks after so many calls."""

    def __init__(self, data: bytes = b"", calls: int = 0) -> None:
        super().__init__(data)
        self.calls = calls

    def _call(self) -> None:
        self.calls -= 1
        if self.calls < 0:
            raise Broken(str(self.calls))

    def read(self, size: int | None = -1, /) -> bytes:
        self._call()
        return super().read(size)

    def write(self, data: object, /) -> int:
        self._call()
        return super().write(data)  # type: ignore[arg-type]


@BOTH
def test_what_an_end_raises_is_what_is_raised(key: BackupKey) -> None:
    """From the first call on that fails, whichever end it is."""
    for calls in (0, 1):
        with pytest.raises(Broken, match="-1"):
            seal(Breaking(b"x" * 300_000, calls), io.BytesIO(), key)
        with pytest.raises(Broken, match="-1"):
            seal(io.BytesIO(b"x" * 300_000), Breaking(calls=calls), key)
    data = sealed(key, b"x" * 300_000)
    with pytest.raises(Broken, match="-1"):
        unseal(Breaking(data, 2), io.BytesIO(), key)
    for calls in (0, 1):
        with pytest.raises(Broken, match="-1"):
            unseal(io.BytesIO(data), Breaking(calls=calls), key)


# -- drafts ------------------------------------------------------------------------------------------------------------


def test_a_draft_takes_its_place_when_it_is_finished(tmp_path: Path) -> None:
    """Private, beside it, and nothing else is left there."""
    path = tmp_path / "backup.age"
    path.write_bytes(b"old")
    with draft_of(path) as (draft, out):
        assert (tmp_path, b"old") == (draft.parent, path.read_bytes())
        assert draft.name.startswith(".backup.age.")
        assert 0o600 == stat.S_IMODE(draft.stat().st_mode)
        out.write(b"new")
        out.flush()
        finish(draft, path)
    assert ([path], b"new") == (list(tmp_path.iterdir()), path.read_bytes())


def test_a_finished_file_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its folder was written through, and nothing is held open."""
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(str((FDS / str(fd)).readlink())))
    (tmp_path / "draft").write_bytes(b"new")
    open_before = len(list(FDS.iterdir()))
    finish(tmp_path / "draft", tmp_path / "backup.age")
    assert ([str(tmp_path)], open_before) == (synced, len(list(FDS.iterdir())))


@pytest.mark.parametrize("error", [Broken, KeyboardInterrupt])
def test_a_draft_that_fails_leaves_nothing(error: type[BaseException], tmp_path: Path) -> None:
    """What was there is as it was; what was raised is raised."""
    path = tmp_path / "backup.age"
    path.write_bytes(b"old")
    with pytest.raises(error), draft_of(path):
        raise error
    assert ([path], b"old") == (list(tmp_path.iterdir()), path.read_bytes())


def test_a_place_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """Whether at the beginning or in the middle."""
    with pytest.raises(BackupUnwritable), draft_of(tmp_path / "none" / "backup.age"):
        pass
    with pytest.raises(BackupUnwritable), draft_of(tmp_path / "backup.age"):
        raise OSError("full")
    assert [] == list(tmp_path.iterdir())


def test_drafts_that_nobody_writes_are_swept_away(tmp_path: Path) -> None:
    """Of this place alone; none that is still written, no folder, no link, nothing that only looks like one."""
    path = tmp_path / "a.b"
    stale, live = tmp_path / f".a.b.{'0' * 16}.new", tmp_path / f".a.b.{'1' * 16}.new"
    names = [f".a.b.{'2' * 15}.new", f".axb.{'2' * 16}.new", f".a.b.{'2' * 16}.newer", f"x.a.b.{'2' * 16}.new"]
    names += [f".a.b.{'G' * 16}.new", f".other.{'2' * 16}.new"]
    for each in (stale, live, *(tmp_path / name for name in names)):
        each.write_bytes(b"x")
    (tmp_path / f".a.b.{'3' * 16}.new").mkdir()
    (tmp_path / f".a.b.{'4' * 16}.new").symlink_to(live)
    before = set(tmp_path.iterdir())
    with live.open("rb") as held:
        fcntl.flock(held.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        with draft_of(path) as (draft, _):
            assert before - {stale} | {draft} == set(tmp_path.iterdir())
            draft.unlink()
    with draft_of(path) as (draft, _):
        draft.unlink()
    assert before - {stale, live} == set(tmp_path.iterdir())


def test_a_draft_is_locked_while_it_is_written(tmp_path: Path) -> None:
    """Whoever begins anew for the same place leaves it alone."""
    path = tmp_path / "backup.age"
    with draft_of(path) as (first, _), draft_of(path) as (second, _):
        assert {first, second} == set(tmp_path.iterdir())
        fd = os.open(first, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(fd)
