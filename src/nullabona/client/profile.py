"""A profile: the directory with everything one device of an account keeps, and the only way to open it.

::

    profile/            0700
      profile.json      which profile, and how its key is protected (`keyslot`)
      store.db          the encrypted store, with store.db-wal beside it while open
      generation        how far the profile has come (`witness`)
      lock              one writer at a time (`lock`)

Decides who may open it and whether it is older than it should be; never what is in the store.
"""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from nullabona.client.core.model.errors import (
    KeychainFailed,
    ProfileExists,
    ProfileExposed,
    ProfileMissing,
    StaleProfile,
    StoreDamaged,
    StoreFailed,
    StoreTooNew,
    WrongPassphrase,
)
from nullabona.client.store.header import HEADER_VERSION, Header, erase_former, read_header, write_header
from nullabona.client.store.keychain import keychain_delete, keychain_read, keychain_write
from nullabona.client.store.keyslot import (
    Keychain,
    KeychainSlot,
    Passphrase,
    Protection,
    Slot,
    Unlock,
    Unprotected,
    discard,
    key_check,
    protect,
    protection,
    recover,
    same_key,
    subkey,
)
from nullabona.client.store.lock import ProfileLock
from nullabona.client.store.sqlite_store import SqliteStore
from nullabona.client.store.witness import Witness
from nullabona.errors import NullabonaError
from nullabona.system.files import create_private, sync_folder
from nullabona.system.folders import default_profile_path
from nullabona.system.ownership import is_private

__all__ = [
    "Keychain",
    "Passphrase",
    "Profile",
    "Unlock",
    "Unprotected",
    "check_unlock",
    "create_profile",
    "default_profile_path",
    "discard_profile",
    "move_profile",
    "open_profile",
    "profile_protection",
]

_HEADER: Final = "profile.json"
STORE: Final = "store.db"
_WITNESS: Final = "generation"
LOCK: Final = "lock"
_KEY_SIZE: Final = 32


class Profile:
    """An open profile. ``store`` is its store; while ``stale`` is true, nothing may be sent from it."""

    __slots__ = ("_header", "_key", "_lock", "_witness", "path", "stale", "store")

    def __init__(
        self, path: Path, header: Header, key: bytes, *, lock: ProfileLock, store: SqliteStore, witness: Witness | None
    ) -> None:
        self.path = path
        self.store = store
        self.stale = _is_stale(header, store, witness)
        self._header = header
        self._key = key
        self._lock = lock
        self._witness = witness

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Profile({str(self.path)!r}, stale={self.stale})"

    @property
    def protection(self) -> Protection:
        """How the key is protected."""
        return protection(self._header.slot)

    def idle(self) -> None:
        """Erase deleted secrets from the write-ahead log, and note the store's generation with the witnesses.

        Call it while the profile is idle, never inside a transaction.
        """
        self.store.checkpoint()
        if not self.stale:
            self._remember_surely()

    def renew(self) -> None:
        """Declare a stale profile current again, once nothing of its old ratchet state can be used to send.

        The caller has seen to that (every room left or rejoined with a new leaf) and has durably stored it.
        """
        if not self.stale:
            return
        newest = max(_remembered(self._header, self._witness), default=0)
        with self.store.transaction():
            self.store.set_generation(max(newest, self.store.generation) + 1)
        if self._witness is not None:
            self._witness.close()
        (self.path / _WITNESS).unlink(missing_ok=True)
        self._witness = Witness.create(self.path / _WITNESS, _witness_key(self._key), self.store.generation)
        self.stale = False
        self._start_counting()

    def change_protection(self, unlock: Unlock) -> None:
        """Protect the profile in another way, or with another passphrase, from now on.

        The store is not encrypted again: a copy of the old header and its passphrase still open it.
        Raises `BadPassphrase`, `KeychainFailed` or `StaleProfile`; the old protection then still holds. After
        `StoreFailed` it holds too, unless the disk failed at the very end: then the new one does.
        """
        if self.stale:  # the keychain may be the only one to know
            raise StaleProfile("a restored copy cannot change its protection before it is renewed")
        old = self._header
        slot = protect(self._key, unlock, old.profile)
        new = Header(old.format, old.version, old.profile, old.check, slot)
        try:
            _remember_in_keychain(new, self.store.generation)
            write_header(self.path / _HEADER, new)
        except BaseException:
            if _may_say(self.path, new):
                self._header = new
            else:
                with suppress(KeychainFailed):
                    discard(slot)
            raise
        self._header = new
        _forget_slot(old, new.slot)

    def close(self) -> None:
        """Close the store and let another process have the profile, even if this raises. Harmless to repeat."""
        try:
            if self._witness is not None and not self.stale:
                self._remember_surely()
        finally:
            self.store.close()
            if self._witness is not None:
                self._witness.close()
                self._witness = None
            self._lock.release()

    def _start_counting(self) -> None:
        """Count generations; this opening is one, so that a copy from before it is always older."""
        assert self._witness is not None
        self.store.count_generations(self._witness.remember)
        with self.store.transaction():
            self.store.set_generation(self.store.generation)
        self._remember_surely()

    def _remember_surely(self) -> None:
        assert self._witness is not None
        try:
            self._witness.sync()
        except OSError as error:
            raise StoreFailed("the generation file cannot be written") from error
        _remember_in_keychain(self._header, self.store.generation)


def create_profile(path: Path, unlock: Unlock) -> Profile:
    """Create a profile and open it. A failure leaves nothing at ``path``.

    Raises `ProfileExists` if anything but an empty directory is there; `BadPassphrase`, `KeychainFailed`, `StoreFailed`
    """
    if path.is_dir() and not any(path.iterdir()):
        path.rmdir()
    if path.exists() or path.is_symlink():
        raise ProfileExists("there is something at the profile's place already")
    key, name = os.urandom(_KEY_SIZE), secrets.token_hex(16)
    draft = path.with_name(f".{path.name}.{name}.new")
    header: Header | None = None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.mkdir(mode=0o700)
        header = Header("nullabona profile", HEADER_VERSION, name, key_check(key), protect(key, unlock, name))
        _fill(draft, header, key)
        _put(draft, path)
    except BaseException as error:
        _clear_draft(draft, header)
        if isinstance(error, OSError):
            raise StoreFailed("the profile's folder cannot be created") from error
        raise
    return open_profile(path, unlock)


def move_profile(path: Path, place: Path) -> None:
    """Move a closed profile to a place where nothing or an empty directory is, or raise `ProfileExists`."""
    try:
        if place.is_dir() and not place.is_symlink() and not any(place.iterdir()):
            place.rmdir()
        if place.exists() or place.is_symlink():
            raise ProfileExists("there is something at the profile's place already")
        _put(path, place)
    except OSError as error:
        raise StoreFailed("the profile cannot be moved to its place") from error


def discard_profile(path: Path) -> None:
    """Remove a profile that nobody has open, with what the keychain keeps for it; harmless if there is none.

    Raises `ProfileInUse` if somebody has it open.
    """
    if not path.is_dir():
        return
    ProfileLock(path / LOCK).release()
    header: Header | None = None
    with suppress(ProfileMissing, StoreDamaged, StoreFailed, StoreTooNew):
        header = read_header(path / _HEADER)
    _clear_draft(path, header)


def open_profile(path: Path, unlock: Unlock, *, allow_stale: bool = False) -> Profile:
    """Open the profile at ``path`` for this process alone.

    Raises `StaleProfile` if the store is older than what the profile has done, unless ``allow_stale``: the caller then
    looks at ``.stale`` and sends nothing. Raises `ProfileMissing`, `ProfileInUse`, `ProfileExposed`, `WrongUnlock`,
    `WrongPassphrase`, `KeychainFailed`, `StoreDamaged`, `StoreTooNew` or `StoreFailed`; none of them changes
    anything but the count of openings, and nothing is ever created in the place of what is missing.
    """
    must_be_private(path)
    with ExitStack() as undo:
        undo.callback((lock := ProfileLock(path / LOCK)).release)
        erase_former(path / _HEADER)
        header, key = _recover_key(path, unlock)
        store = _open_store(path, key)
        undo.callback(store.close)
        witness = Witness.open(path / _WITNESS, _witness_key(key))
        if witness is not None:
            undo.callback(witness.close)
        profile = Profile(path, header, key, lock=lock, store=store, witness=witness)
        if not profile.stale:
            profile._start_counting()  # noqa: SLF001 — same module; not for others to call
        elif not allow_stale:
            raise StaleProfile("the store is older than what this profile has already done")
        undo.pop_all()
    return profile


def check_unlock(path: Path, unlock: Unlock) -> None:
    """Whether ``unlock`` opens the profile, which may be open already; nothing is opened or changed.

    Raises `ProfileMissing`, `WrongUnlock`, `WrongPassphrase`, `KeychainFailed` or `StoreDamaged`.
    """
    _recover_key(path, unlock)


def profile_protection(path: Path) -> Protection:
    """How the profile at ``path`` is protected, read without opening it; so, what to ask the person for."""
    return protection(read_header(path / _HEADER).slot)


def _fill(draft: Path, header: Header, key: bytes) -> None:
    """Create all files of a profile in ``draft``, durably."""
    store = SqliteStore.create(draft / STORE, key)
    Witness.create(draft / _WITNESS, _witness_key(key), store.generation).close()
    store.close()
    os.close(create_private(draft / LOCK))
    _remember_in_keychain(header, 0)
    write_header(draft / _HEADER, header)


def _put(draft: Path, place: Path) -> None:
    """Rename it durably. On failure it has its old name, and this raises `OSError`."""
    draft.rename(place)
    try:
        sync_folder(place.parent)
    except OSError:
        place.rename(draft)
        raise


def _may_say(path: Path, header: Header) -> bool:
    """Whether the disk may have this header: it has, or no header can be read."""
    try:
        return read_header(path / _HEADER) == header
    except NullabonaError:
        return True


def _clear_draft(draft: Path, header: Header | None) -> None:
    shutil.rmtree(draft, ignore_errors=True)
    if header is not None:
        with suppress(KeychainFailed):
            _forget_slot(header, None)


def must_be_private(path: Path) -> None:
    """Raises `ProfileExposed` if another user of this machine may read or change a file of the profile."""
    for file in (path, *(path / name for name in (_HEADER, STORE, _WITNESS, LOCK))):
        try:
            status = file.stat()
        except FileNotFoundError as error:
            if file.name in (path.name, _HEADER):
                raise ProfileMissing("there is no profile here") from error
            continue  # what is missing is noticed by anyone who needs it
        except OSError as error:
            raise StoreFailed("the profile's files cannot be looked up") from error
        if not is_private(status):
            raise ProfileExposed("other users of this machine may reach the profile's files")


def _recover_key(path: Path, unlock: Unlock) -> tuple[Header, bytes]:
    header = read_header(path / _HEADER)
    key = recover(header.slot, unlock, header.profile)
    if not same_key(header.check, key):
        raise StoreDamaged("the key found is not the one this profile was made with")
    return header, key


def _open_store(path: Path, key: bytes) -> SqliteStore:
    try:
        return SqliteStore.open(path / STORE, key)
    except WrongPassphrase as error:  # the key is known to be right
        raise StoreDamaged("the store's first page is damaged") from error
    except ProfileMissing as error:
        raise StoreDamaged("the profile's store is missing") from error


def _witness_key(key: bytes) -> bytes:
    return subkey(key, b"generation witness")


def _is_stale(header: Header, store: SqliteStore, witness: Witness | None) -> bool:
    """Whether a witness remembers a later generation, or an expected witness remembers none."""
    expected = 2 if isinstance(header.slot, KeychainSlot) else 1
    remembered = _remembered(header, witness)
    return len(remembered) < expected or store.generation < max(remembered)


def _remembered(header: Header, witness: Witness | None) -> list[int]:
    """What the witnesses remember; a witness without a memory is left out, one that fails raises."""
    found = [None if witness is None else witness.recall()]
    if isinstance(header.slot, KeychainSlot):
        kept = keychain_read(_generation_entry(header))
        found.append(int(kept) if kept is not None and kept.isdecimal() else None)
    return [generation for generation in found if generation is not None]


def _remember_in_keychain(header: Header, generation: int) -> None:
    if isinstance(header.slot, KeychainSlot):
        keychain_write(_generation_entry(header), str(generation))


def _forget_slot(old: Header, new: Slot | None) -> None:
    """Forget what the old protection kept in the keychain and the new one does not use."""
    discard(old.slot)
    if isinstance(old.slot, KeychainSlot) and not isinstance(new, KeychainSlot):
        keychain_delete(_generation_entry(old))


def _generation_entry(header: Header) -> str:
    return f"{header.profile}.generation"
