"""A profile's directory: who may open it, what is noticed when it was changed, what is left of a failure."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path

import msgspec
import pytest

from nullabona.client import profile as profile_module
from nullabona.client.core.model.errors import (
    BadPassphrase,
    KeychainFailed,
    ProfileExists,
    ProfileExposed,
    ProfileInUse,
    ProfileMissing,
    StoreDamaged,
    StoreFailed,
    StoreTooNew,
    WrongPassphrase,
    WrongUnlock,
)
from nullabona.client.keys import TESTING_COST
from nullabona.client.profile import (
    Keychain,
    Passphrase,
    Unlock,
    create_profile,
    default_profile_path,
    move_profile,
    open_profile,
    profile_protection,
)
from nullabona.client.store import header
from nullabona.errors import NullabonaError
from tests.client.profiles import OPEN, QUICK, path, put, value
from tests.store.keychains import MemoryKeychain, keychain

__all__ = ["keychain", "path"]  # fixtures


# -- creating and opening ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("unlock", [QUICK, Keychain(), OPEN], ids=lambda u: type(u).__name__)
def test_what_was_kept_is_there_again(tmp_path: Path, keychain: MemoryKeychain, unlock: Unlock) -> None:
    """With every protection, and the directory says which one it has."""
    with create_profile(tmp_path / "deep" / "profile", unlock) as profile:
        put(profile, 1)
    assert b"1" == value(tmp_path / "deep" / "profile", unlock)
    assert profile.protection == profile_protection(tmp_path / "deep" / "profile")


def test_a_profile_is_private(tmp_path: Path) -> None:
    """Directory 0700, every file 0600, whatever the umask."""
    before = os.umask(0)
    try:
        with create_profile(tmp_path / "profile", OPEN) as profile:
            put(profile, 1)
            files = list((tmp_path / "profile").iterdir())
            assert {"generation", "lock", "profile.json", "store.db", "store.db-wal"} == {file.name for file in files}
            assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in files}
            assert stat.S_IMODE((tmp_path / "profile").stat().st_mode) == 0o700
    finally:
        os.umask(before)


@pytest.mark.parametrize("name", [".", "profile.json", "store.db", "generation", "lock"])
def test_an_exposed_profile_is_refused(path: Path, name: str) -> None:
    """One file that others may read is enough."""
    (path / name).chmod((path / name).stat().st_mode | 0o040)
    with pytest.raises(ProfileExposed):
        open_profile(path, OPEN)


def test_nothing_is_created_where_nothing_is(tmp_path: Path) -> None:
    """Opening a missing directory, or one that is no profile, leaves it as it is."""
    (tmp_path / "documents").mkdir(mode=0o700)
    for name in ("missing", "documents"):
        with pytest.raises(ProfileMissing):
            open_profile(tmp_path / name, OPEN)
        with pytest.raises(ProfileMissing):
            profile_protection(tmp_path / name)
    assert [tmp_path / "documents"] == list(tmp_path.rglob("*"))


def test_nothing_is_created_over_anything(path: Path) -> None:
    """A profile, a file, a directory with something in it: each stays."""
    file = path.with_name("file")
    file.touch()
    for place in (path, file):
        with pytest.raises(ProfileExists):
            create_profile(place, OPEN)
    assert b"1" == value(path)


def test_an_empty_directory_may_become_a_profile(tmp_path: Path) -> None:
    """As left by whoever prepared the place."""
    (tmp_path / "profile").mkdir()
    create_profile(tmp_path / "profile", OPEN).close()
    assert stat.S_IMODE((tmp_path / "profile").stat().st_mode) == 0o700


@pytest.mark.parametrize("step", ["protect", "_fill", "write_header", "sync_folder"])
def test_a_failed_creation_leaves_nothing(
    tmp_path: Path, keychain: MemoryKeychain, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Neither a half profile, nor a draft, nor an entry in the keychain."""

    def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(profile_module, step, fail)
    with pytest.raises(StoreFailed):
        create_profile(tmp_path / "profile", Keychain())
    if step != "sync_folder":  # by then the profile is in its place, whole
        assert ([], {}) == (list(tmp_path.iterdir()), keychain.kept)


def test_an_empty_passphrase_creates_nothing(tmp_path: Path) -> None:
    """It would protect nothing."""
    with pytest.raises(BadPassphrase):
        create_profile(tmp_path / "profile", Passphrase("", TESTING_COST))
    assert [] == list(tmp_path.iterdir())


# -- one writer ----------------------------------------------------------------------------------------------------
def test_a_profile_is_open_once(path: Path) -> None:
    """Within one process, too; closing lets the next one in."""
    with open_profile(path, OPEN):
        with pytest.raises(ProfileInUse) as caught:
            open_profile(path, OPEN)
        assert caught.value.hint
    open_profile(path, OPEN).close()


def test_a_failed_opening_lets_go(tmp_path: Path) -> None:
    """A wrong passphrase does not lock the profile."""
    create_profile(tmp_path / "profile", QUICK).close()
    for _ in range(2):
        with pytest.raises(WrongPassphrase):
            open_profile(tmp_path / "profile", Passphrase("wrong", TESTING_COST))
    open_profile(tmp_path / "profile", QUICK).close()


def test_closing_twice_is_harmless(path: Path) -> None:
    """And does not close somebody else's."""
    first = open_profile(path, OPEN)
    first.close()
    with open_profile(path, OPEN) as second:
        first.close()
        put(second, 2)


# -- protection ----------------------------------------------------------------------------------------------------
def test_protection_is_never_downgraded(tmp_path: Path, keychain: MemoryKeychain) -> None:
    """A keychain that fails is an error; nothing else opens the profile, and nothing else is created."""
    create_profile(tmp_path / "profile", Keychain()).close()
    keychain.failing = True
    with pytest.raises(KeychainFailed):
        open_profile(tmp_path / "profile", Keychain())
    with pytest.raises(WrongUnlock):
        open_profile(tmp_path / "profile", OPEN)
    with pytest.raises(KeychainFailed):
        create_profile(tmp_path / "other", Keychain())
    assert [tmp_path / "profile"] == list(tmp_path.iterdir())


@pytest.mark.parametrize("new", [QUICK, Keychain(), OPEN], ids=lambda u: type(u).__name__)
@pytest.mark.parametrize("old", [Passphrase("old", TESTING_COST), Keychain(), OPEN], ids=lambda u: type(u).__name__)
def test_protection_can_be_changed(tmp_path: Path, keychain: MemoryKeychain, old: Unlock, new: Unlock) -> None:
    """From any to any: afterwards the new one opens, the content is the same, and the keychain keeps nothing unused."""
    with create_profile(tmp_path / "profile", old) as profile:
        put(profile, 1)
        profile.change_protection(new)
        put(profile, 2)
    assert b"2" == value(tmp_path / "profile", new)
    assert len(keychain.kept) == (2 if isinstance(new, Keychain) else 0)


def test_the_old_passphrase_no_longer_opens(tmp_path: Path) -> None:
    """Only the new one."""
    with create_profile(tmp_path / "profile", QUICK) as profile:
        profile.change_protection(Passphrase("new", TESTING_COST))
    with pytest.raises(WrongPassphrase):
        open_profile(tmp_path / "profile", QUICK)


def test_a_failed_change_changes_nothing(tmp_path: Path, keychain: MemoryKeychain) -> None:
    """The old protection still opens."""
    with create_profile(tmp_path / "profile", QUICK) as profile:
        keychain.failing = True
        with pytest.raises(KeychainFailed):
            profile.change_protection(Keychain())
        with pytest.raises(BadPassphrase):
            profile.change_protection(Passphrase("", TESTING_COST))
    open_profile(tmp_path / "profile", QUICK).close()
    assert {} == keychain.kept


def failing(path: Path) -> None:
    """A disk that does not say whether it has a directory's names."""
    raise OSError(errno.EIO, path)


@pytest.mark.parametrize("old", [QUICK, Keychain(), OPEN], ids=lambda u: type(u).__name__)
@pytest.mark.parametrize("new", [Passphrase("new", TESTING_COST), Keychain()], ids=lambda u: type(u).__name__)
def test_a_disk_that_fails_at_the_end_of_a_change_does_not_lock_the_profile(
    tmp_path: Path, keychain: MemoryKeychain, monkeypatch: pytest.MonkeyPatch, old: Unlock, new: Unlock
) -> None:
    """What the header names by then is still kept, and protection can be changed again."""
    with create_profile(tmp_path / "profile", old) as profile:
        put(profile, 1)
        with monkeypatch.context() as patched:
            patched.setattr(header, "sync_folder", failing)
            with pytest.raises(StoreFailed):
                profile.change_protection(new)
        put(profile, 2)
    assert b"2" == value(tmp_path / "profile", new)
    with open_profile(tmp_path / "profile", new) as profile:
        profile.change_protection(OPEN)
    assert b"2" == value(tmp_path / "profile", OPEN)


def test_a_disk_that_fails_when_a_profile_is_put_in_its_place_leaves_nothing_there(
    tmp_path: Path, keychain: MemoryKeychain, monkeypatch: pytest.MonkeyPatch
) -> None:
    with create_profile(tmp_path / "one", OPEN) as profile:
        put(profile, 1)
    monkeypatch.setattr(profile_module, "sync_folder", failing)
    with pytest.raises(StoreFailed):
        create_profile(tmp_path / "two", Keychain())
    with pytest.raises(StoreFailed):
        move_profile(tmp_path / "one", tmp_path / "three")
    assert ([tmp_path / "one"], {}) == (list(tmp_path.iterdir()), keychain.kept)
    assert b"1" == value(tmp_path / "one", OPEN)


# -- damage --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["profile.json", "store.db"])
@pytest.mark.parametrize("junk", [b"", b"{}", bytes(8192)], ids=["empty", "braces", "zeros"])
def test_a_damaged_file_is_told_and_kept(path: Path, name: str, junk: bytes) -> None:
    """It is never taken for a new profile, and stays for whoever may repair it."""
    (path / name).write_bytes(junk)
    with pytest.raises(StoreDamaged):
        open_profile(path, OPEN)
    assert junk == (path / name).read_bytes()


def test_a_missing_store_is_damage(path: Path) -> None:
    """Not a reason to make an empty one."""
    (path / "store.db").unlink()
    with pytest.raises(StoreDamaged):
        open_profile(path, OPEN)
    assert not (path / "store.db").exists()


def test_another_profiles_store_is_damage(path: Path) -> None:
    """The key is known to be right, so it is not the passphrase that is wrong."""
    create_profile(path.with_name("other"), OPEN).close()
    shutil.copy(path.with_name("other") / "store.db", path / "store.db")
    with pytest.raises(StoreDamaged):
        open_profile(path, OPEN)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"version": 2, "something": "new"}, StoreTooNew),
        ({"something": "new"}, StoreDamaged),
        ({"check": "AAAAAAAAAAAAAAAAAAAAAA=="}, StoreDamaged),
        ({"slot": {"by": "unprotected", "key": "AAAA"}}, StoreDamaged),
        ({"slot": {"by": "magic"}}, StoreDamaged),
    ],
    ids=["newer", "unknown-key", "other-key", "short-key", "unknown-slot"],
)
def test_a_changed_header_is_refused(path: Path, changes: dict[str, object], expected: type[NullabonaError]) -> None:
    """Unknown keys included; the error does not quote the header."""
    header = msgspec.json.decode((path / "profile.json").read_bytes())
    (path / "profile.json").write_bytes(msgspec.json.encode({**header, **changes}))
    with pytest.raises(expected) as caught:
        open_profile(path, OPEN)
    assert header["slot"]["key"] not in repr(caught.value)
    assert not isinstance(caught.value.__cause__, msgspec.MsgspecError)


# -- where ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {}, "/home/mina/.local/share/nullabona/profiles/default"),
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/nullabona/profiles/default"),
        ("linux", {"XDG_DATA_HOME": "relative"}, "/home/mina/.local/share/nullabona/profiles/default"),
        ("darwin", {"XDG_DATA_HOME": "/data"}, "/home/mina/Library/Application Support/nullabona/profiles/default"),
        ("win32", {}, "/home/mina/AppData/Local/nullabona/profiles/default"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/nullabona/profiles/default"),
    ],
)
def test_the_default_place(platform: str, environment: dict[str, str], expected: str) -> None:
    """Where each system keeps a program's data."""
    found = default_profile_path(environment=environment, home=Path("/home/mina"), platform=platform)
    assert Path(expected) == found
