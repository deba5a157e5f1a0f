"""The small files beside the store when the system refuses them: an error each time, never a way around."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nullabona.client.core.model.errors import ProfileExists, ProfileInUse, StoreFailed
from nullabona.client.store.header import HEADER_VERSION, Header, read_header, write_header
from nullabona.client.store.keyslot import UnprotectedSlot
from nullabona.client.store.lock import ProfileLock
from nullabona.client.store.witness import SIZE, Witness
from tests.store.samples import KEY

HEADER = Header("nullabona profile", HEADER_VERSION, "profile", b"check", UnprotectedSlot(KEY))


def refuse(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let a call of the system fail."""

    def fail(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, name, fail)


# -- the lock ------------------------------------------------------------------------------------------------------
def test_a_lock_is_held_until_it_is_released(tmp_path: Path) -> None:
    """By one at a time; releasing twice does not release the next one's."""
    first = ProfileLock(tmp_path / "lock")
    with pytest.raises(ProfileInUse):
        ProfileLock(tmp_path / "lock")
    first.release()
    second = ProfileLock(tmp_path / "lock")
    first.release()
    with pytest.raises(ProfileInUse):
        ProfileLock(tmp_path / "lock")
    second.release()


def test_a_lock_that_cannot_be_had_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file, no lock; no support for locks, no lock."""
    with pytest.raises(StoreFailed):
        ProfileLock(tmp_path / "missing" / "lock")
    fcntl = pytest.importorskip("fcntl")

    def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(StoreFailed):
        ProfileLock(tmp_path / "lock")


# -- the witness ---------------------------------------------------------------------------------------------------
def test_a_witness_remembers_the_last_generation(tmp_path: Path) -> None:
    """In 40 bytes, across closing."""
    witness = Witness.create(tmp_path / "generation", KEY, 1)
    witness.remember(7)
    witness.close()
    witness.close()
    again = Witness.open(tmp_path / "generation", KEY)
    assert again is not None
    assert (7, SIZE) == (again.recall(), (tmp_path / "generation").stat().st_size)
    again.close()


@pytest.mark.parametrize("place", range(SIZE))
def test_no_byte_of_a_witness_can_change(tmp_path: Path, place: int) -> None:
    """It then says nothing, rather than another generation."""
    Witness.create(tmp_path / "generation", KEY, 258).close()
    data = bytearray((tmp_path / "generation").read_bytes())
    data[place] ^= 1
    (tmp_path / "generation").write_bytes(data)
    witness = Witness.open(tmp_path / "generation", KEY)
    assert witness is not None
    assert witness.recall() is None
    witness.close()


def test_a_witness_of_another_profile_says_nothing(tmp_path: Path) -> None:
    """Its key is the profile's own."""
    Witness.create(tmp_path / "generation", KEY, 1).close()
    witness = Witness.open(tmp_path / "generation", bytes(32))
    assert witness is not None
    assert witness.recall() is None
    witness.close()


def test_only_a_missing_witness_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that cannot be opened or read raises."""
    assert Witness.open(tmp_path / "generation", KEY) is None
    witness = Witness.create(tmp_path / "generation", KEY, 1)
    with monkeypatch.context() as patch:
        refuse(patch, "read")
        with pytest.raises(StoreFailed):
            witness.recall()
    witness.close()
    refuse(monkeypatch, "open")
    with pytest.raises(StoreFailed):
        Witness.open(tmp_path / "generation", KEY)


@pytest.mark.parametrize("call", ["open", "write", "fsync"])
def test_a_witness_that_cannot_be_made_is_not_made_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Every step of making one must succeed."""
    refuse(monkeypatch, call)
    with pytest.raises(StoreFailed):
        Witness.create(tmp_path / "generation", KEY, 1)


def test_a_witness_is_never_replaced(tmp_path: Path) -> None:
    """Creating over one is refused."""
    Witness.create(tmp_path / "generation", KEY, 5).close()
    with pytest.raises(ProfileExists):
        Witness.create(tmp_path / "generation", KEY, 1)


# -- the header ----------------------------------------------------------------------------------------------------
def test_a_header_replaces_the_old_one_whole(tmp_path: Path) -> None:
    """And leaves no draft, not even one of an earlier crash."""
    (tmp_path / "profile.json.new").write_bytes(b"half")
    write_header(tmp_path / "profile.json", HEADER)
    assert HEADER == read_header(tmp_path / "profile.json")
    assert [tmp_path / "profile.json"] == list(tmp_path.iterdir())


@pytest.mark.parametrize("call", ["open", "fsync"])
def test_a_header_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Whatever fails before it takes the old one's place."""
    write_header(tmp_path / "profile.json", HEADER)
    with monkeypatch.context() as patch:
        refuse(patch, call)
        with pytest.raises(StoreFailed):
            write_header(tmp_path / "profile.json", Header(HEADER.format, 1, "other", b"", HEADER.slot))
    assert HEADER == read_header(tmp_path / "profile.json")


def test_a_header_that_cannot_be_read_is_not_missing(tmp_path: Path) -> None:
    """A directory in its place, for one."""
    (tmp_path / "profile.json").mkdir()
    with pytest.raises(StoreFailed):
        read_header(tmp_path / "profile.json")
