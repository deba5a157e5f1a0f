"""Old copies of a profile: which are noticed, which are not, and what a stale profile may do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nullabona.client.core.model.errors import StaleProfile, StoreFailed
from nullabona.client.profile import (
    Keychain,
    create_profile,
    open_profile,
)
from nullabona.client.store.witness import Witness
from tests.client.profiles import OPEN, path, put, value, visit
from tests.store.keychains import MemoryKeychain, keychain

__all__ = ["keychain", "path"]  # fixtures


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
def test_a_renewed_profile_is_current(path: Path, *, missing: bool) -> None:
    """And the copy that it was renewed from is then stale in its turn."""
    copy = save(path, "store.db")
    visit(path, 2)
    restore(path, copy)
    if missing:
        (path / "generation").unlink()
    with open_profile(path, OPEN, allow_stale=True) as profile:
        profile.renew()
        profile.renew()
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
