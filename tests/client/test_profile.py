"""A profile's directory: who may open it, what is noticed when it was changed, what is left of a failure."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import msgspec
import pytest

from nullabona.client import profile as profile_module
from nullabona.client.core.errors import (
    BadPassphrase,
    KeychainFailed,
    ProfileExists,
    ProfileExposed,
    ProfileInUse,
    ProfileMissing,
    StaleProfile,
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
    Profile,
    Unlock,
    Unprotected,
    create_profile,
    default_profile_path,
    open_profile,
    profile_protection,
)
from nullabona.client.store.witness import Witness
from nullabona.errors import NullabonaError
from tests.store.keychains import MemoryKeychain, keychain

__all__ = ["keychain"]  # the fixture

OPEN = Unprotected()
QUICK = Passphrase("비밀 번호", TESTING_COST)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a closed profile is, in which ``n`` is 1."""
    path = tmp_path / "profile"
    with create_profile(path, OPEN) as profile:
        put(profile, 1)
    return path


def put(profile: Profile, n: int) -> None:
    with profile.store.transaction():
        profile.store.set_value("n", b"%d" % n)


def visit(path: Path, n: int, unlock: Unlock = OPEN) -> None:
    with open_profile(path, unlock) as profile:
        put(profile, n)


def value(path: Path, unlock: Unlock = OPEN) -> bytes | None:
    with open_profile(path, unlock) as profile:
        return profile.store.get_value("n")


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


@pytest.mark.parametrize("step", ["protect", "_fill", "write_header", "sync_directory"])
def test_a_failed_creation_leaves_nothing(
    tmp_path: Path, keychain: MemoryKeychain, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Neither a half profile, nor a draft, nor an entry in the keychain."""

    def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(profile_module, step, fail)
    with pytest.raises(StoreFailed):
        create_profile(tmp_path / "profile", Keychain())
    if step != "sync_directory":  # by then the profile is in its place, whole
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


# -- restored copies -----------------------------------------------------------------------------------------------
def save(path: Path, *names: str) -> dict[str, bytes]:
    return {name: (path / name).read_bytes() for name in names}


def restore(path: Path, copy: dict[str, bytes]) -> None:
    for name, data in copy.items():
        (path / name).write_bytes(data)


def test_an_old_store_put_back_is_stale(path: Path) -> None:
    """Even one commit older; nothing is changed by refusing it."""
    copy = save(path, "store.db")
    visit(path, 2)
    restore(path, copy)
    for _ in range(2):
        with pytest.raises(StaleProfile):
            open_profile(path, OPEN)
    assert copy == save(path, "store.db")


def test_opening_alone_makes_a_copy_stale(path: Path) -> None:
    """A copy from before the last opening is older, even if nothing was done in between."""
    copy = save(path, "store.db")
    open_profile(path, OPEN).close()
    restore(path, copy)
    with pytest.raises(StaleProfile):
        open_profile(path, OPEN)


def test_a_copy_taken_while_open_is_stale(path: Path) -> None:
    """The witness follows each commit, not only each opening."""
    with open_profile(path, OPEN) as profile:
        put(profile, 2)
        profile.idle()
        copy = save(path, "store.db")
        put(profile, 3)
    restore(path, copy)
    with pytest.raises(StaleProfile):
        open_profile(path, OPEN)


@pytest.mark.parametrize("junk", [None, b"", bytes(40), bytes(41)], ids=["missing", "empty", "zeros", "long"])
def test_a_witness_that_says_nothing_is_stale(path: Path, junk: bytes | None) -> None:
    """A store that came without its witness may be any age."""
    (path / "generation").unlink()
    if junk is not None:
        (path / "generation").write_bytes(junk)
        (path / "generation").chmod(0o600)
    with pytest.raises(StaleProfile):
        open_profile(path, OPEN)


def test_a_stale_profile_stays_stale(path: Path) -> None:
    """Opened to be read or written, however often, it does not catch up by counting."""
    copy = save(path, "store.db")
    visit(path, 2)
    restore(path, copy)
    for _ in range(3):
        with open_profile(path, OPEN, allow_stale=True) as profile:
            assert profile.stale
            for n in range(20):
                put(profile, n)
            profile.idle()
    with pytest.raises(StaleProfile):
        open_profile(path, OPEN)


@pytest.mark.parametrize("missing", [False, True], ids=["older", "no-witness"])
def test_a_healed_profile_is_current(path: Path, *, missing: bool) -> None:
    """And the copy that it was healed from is then stale in its turn."""
    copy = save(path, "store.db")
    visit(path, 2)
    restore(path, copy)
    if missing:
        (path / "generation").unlink()
    with open_profile(path, OPEN, allow_stale=True) as profile:
        profile.heal()
        profile.heal()
        assert not profile.stale
        put(profile, 5)
    assert b"5" == value(path)
    restore(path, copy)
    with pytest.raises(StaleProfile):
        open_profile(path, OPEN)


def test_a_stale_profile_keeps_its_protection(tmp_path: Path, keychain: MemoryKeychain) -> None:
    """The keychain may be the only witness: leaving it would forget that the profile is stale."""
    path = tmp_path / "profile"
    create_profile(path, Keychain()).close()
    copy = save(path, "store.db", "generation")
    visit(path, 2, Keychain())
    restore(path, copy)
    with open_profile(path, Keychain(), allow_stale=True) as profile, pytest.raises(StaleProfile):
        profile.change_protection(OPEN)


def test_the_keychain_notices_a_whole_directory_put_back(tmp_path: Path, keychain: MemoryKeychain) -> None:
    """With the witness file beside it, too."""
    path = tmp_path / "profile"
    create_profile(path, Keychain()).close()
    shutil.copytree(path, tmp_path / "copy")
    visit(path, 2, Keychain())
    shutil.rmtree(path)
    shutil.move(tmp_path / "copy", path)
    with pytest.raises(StaleProfile):
        open_profile(path, Keychain())


def test_a_whole_directory_put_back_is_not_noticed(path: Path) -> None:
    """The limit, written down: without the keychain nothing outside the directory remembers."""
    copy = save(path, "store.db", "generation")
    visit(path, 2)
    restore(path, copy)
    assert b"1" == value(path)


def test_a_store_without_its_wal_is_stale(path: Path) -> None:
    """After a crash the latest commits are in the WAL; without it the store is older than its witness."""
    with open_profile(path, OPEN) as profile:
        put(profile, 2)
        crashed = save(path, "store.db", "generation")
    restore(path, crashed)
    with pytest.raises(StaleProfile):
        open_profile(path, OPEN)


def test_a_crash_is_not_a_restored_copy(path: Path, tmp_path: Path) -> None:
    """A witness behind its store, as a power failure may leave it, is not stale."""
    old = save(path, "generation")
    visit(path, 2)
    restore(path, old)
    assert b"2" == value(path)


def test_a_witness_that_cannot_be_written_stops_the_next_step(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was committed stays and is reported as done; nothing more is done unwitnessed."""

    def fail(*_: object) -> None:
        raise OSError

    with open_profile(path, OPEN) as profile:
        with monkeypatch.context() as patch:
            patch.setattr(Witness, "remember", fail)
            profile.store.count_generations(profile._witness.remember)  # type: ignore[union-attr]
            put(profile, 2)
        with pytest.raises(StoreFailed):
            put(profile, 3)
    assert b"2" == value(path)


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
