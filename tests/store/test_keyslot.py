"""How the database key is kept: only the named way opens it, and nothing weaker is ever used instead."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import keyring
import msgspec
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.errors import PasswordDeleteError

from nullabona.client.core.model.errors import BadPassphrase, KeychainFailed, StoreDamaged, WrongPassphrase, WrongUnlock
from nullabona.client.keys import TESTING_COST
from nullabona.client.store.keychain import keychain_delete, keychain_read, keychain_write
from nullabona.client.store.keyslot import (
    Keychain,
    KeychainSlot,
    Passphrase,
    PassphraseSlot,
    Slot,
    Unlock,
    Unprotected,
    discard,
    key_check,
    protect,
    protection,
    recover,
    same_key,
)
from tests.store.keychains import MemoryKeychain, keychain
from tests.store.samples import KEY

__all__ = ["keychain"]  # the fixture

QUICK = Passphrase("비밀 번호", TESTING_COST)
UNLOCKS: list[Unlock] = [QUICK, Keychain(), Unprotected()]


@pytest.mark.parametrize("unlock", UNLOCKS, ids=lambda u: type(u).__name__)
def test_a_kept_key_comes_back(keychain: MemoryKeychain, unlock: Unlock) -> None:
    """Through the header's encoding, too."""
    slot = msgspec.json.decode(msgspec.json.encode(protect(KEY, unlock, "profile")), type=Slot)
    assert KEY == recover(slot, unlock, "profile")


@pytest.mark.parametrize("unlock", UNLOCKS, ids=lambda u: type(u).__name__)
def test_only_its_own_way_opens_a_slot(keychain: MemoryKeychain, unlock: Unlock) -> None:
    """Another way is refused, and the refusal says which one it is."""
    slot = protect(KEY, unlock, "profile")
    for other in UNLOCKS:
        if other is not unlock:
            with pytest.raises(WrongUnlock, match=protection(slot)):
                recover(slot, other, "profile")


def test_a_wrong_passphrase_is_refused() -> None:
    """One sign off is as wrong as any."""
    slot = protect(KEY, QUICK, "profile")
    with pytest.raises(WrongPassphrase):
        recover(slot, Passphrase("비밀번호", TESTING_COST), "profile")


def test_a_slot_belongs_to_its_profile() -> None:
    """Moved into another profile's header it does not open."""
    slot = protect(KEY, QUICK, "profile")
    with pytest.raises(WrongPassphrase):
        recover(slot, QUICK, "other")


def test_a_passphrase_may_come_decomposed() -> None:
    """Keyboards that type jamo give the same key as those that type syllables."""
    slot = protect(KEY, QUICK, "profile")
    typed = Passphrase(unicodedata.normalize("NFD", QUICK.text), TESTING_COST)
    assert typed.text != QUICK.text
    assert KEY == recover(slot, typed, "profile")


def test_an_empty_passphrase_protects_nothing() -> None:
    """It is refused rather than used."""
    with pytest.raises(BadPassphrase):
        protect(KEY, Passphrase("", TESTING_COST), "profile")


def test_the_testing_cost_must_be_named_again() -> None:
    """A profile made for a test does not open as if it were protected."""
    slot = protect(KEY, QUICK, "profile")
    with pytest.raises(StoreDamaged):
        recover(slot, Passphrase(QUICK.text), "profile")


@pytest.mark.parametrize(
    "changes",
    [{"memory_kib": 1 << 40}, {"memory_kib": 32_768}, {"passes": 0}, {"passes": 1 << 20}, {"lanes": 0}, {"salt": b""}],
    ids=str,
)
def test_a_header_cannot_ask_for_anything(changes: dict[str, object]) -> None:
    """Costs that protect nothing or exhaust the machine are refused before they are tried."""
    slot = PassphraseSlot(65_536, 3, 4, bytes(16), bytes(60))
    with pytest.raises(StoreDamaged):
        recover(msgspec.structs.replace(slot, **changes), Passphrase("x"), "profile")


@pytest.mark.slow
def test_the_standard_cost_opens() -> None:
    """Made and opened with the cost that people get."""
    slot = protect(KEY, Passphrase("passphrase"), "profile")
    assert isinstance(slot, PassphraseSlot)
    assert (65_536, 3, 4) == (slot.memory_kib, slot.passes, slot.lanes)
    assert KEY == recover(slot, Passphrase("passphrase"), "profile")


def test_the_check_tells_one_key_from_another() -> None:
    """Without being the key."""
    assert same_key(key_check(KEY), KEY)
    assert not same_key(key_check(KEY), bytes(32))


def test_reprs_and_errors_show_nothing(keychain: MemoryKeychain) -> None:
    """Neither passphrase nor key."""
    slots = [protect(KEY, unlock, "profile") for unlock in UNLOCKS]
    with pytest.raises(WrongPassphrase) as caught:
        recover(slots[0], Passphrase("비밀", TESTING_COST), "profile")
    shown = repr(slots) + repr(UNLOCKS) + repr(caught.value) + caught.value.render()
    assert [] == [secret for secret in ("비밀", repr(KEY), KEY.hex()) if secret in shown]


# -- the keychain --------------------------------------------------------------------------------------------------
def test_a_discarded_slot_leaves_the_keychain_empty(keychain: MemoryKeychain) -> None:
    """And may be discarded again."""
    slot = protect(KEY, Keychain(), "profile")
    discard(slot)
    discard(slot)
    assert {} == keychain.kept


def test_a_key_that_is_gone_is_an_error(keychain: MemoryKeychain) -> None:
    """Not a new key."""
    slot = protect(KEY, Keychain(), "profile")
    keychain.kept.clear()
    with pytest.raises(KeychainFailed):
        recover(slot, Keychain(), "profile")


@pytest.mark.parametrize("junk", ["not base64!", "AAAA"])
def test_junk_in_the_keychain_is_an_error(keychain: MemoryKeychain, junk: str) -> None:
    """It is neither used nor replaced."""
    slot = protect(KEY, Keychain(), "profile")
    assert isinstance(slot, KeychainSlot)
    keychain.kept["nullabona", slot.entry] = junk
    with pytest.raises((KeychainFailed, StoreDamaged)):
        recover(slot, Keychain(), "profile")
    assert junk == keychain.kept["nullabona", slot.entry]


def test_a_failing_keychain_is_an_error(keychain: MemoryKeychain) -> None:
    """Reading, writing and deleting each raise; a failed reading is not an absence."""
    keychain.failing = True
    with pytest.raises(KeychainFailed):
        keychain_read("entry")
    with pytest.raises(KeychainFailed):
        keychain_write("entry", "value")
    with pytest.raises(KeychainFailed):
        keychain_delete("entry")


def test_a_forgetful_keychain_is_an_error(keychain: MemoryKeychain) -> None:
    """What was written is read back before anything relies on it."""
    keychain.forgetful = True
    with pytest.raises(KeychainFailed):
        protect(KEY, Keychain(), "profile")


class PlaintextKeychain(MemoryKeychain):
    """Stands for a keychain that is an ordinary file."""


PlaintextKeychain.__module__ = "keyrings.alt.file"


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring, PlaintextKeychain])
def test_what_is_no_keychain_is_refused(keychain: MemoryKeychain, backend: Callable[[], KeyringBackend]) -> None:
    """No keychain, one that drops everything, or one that writes into an ordinary file."""
    keyring.set_keyring(backend())
    with pytest.raises(KeychainFailed):
        protect(KEY, Keychain(), "profile")


def test_the_systems_keychain_keeps_a_key() -> None:
    """On a machine that has one."""
    try:
        slot = protect(KEY, Keychain(), "nullabona-test")
    except KeychainFailed:
        pytest.skip("this machine has no keychain")
    try:
        assert KEY == recover(slot, Keychain(), "nullabona-test")
    finally:
        discard(slot)


def test_deleting_what_is_not_there_is_harmless(keychain: MemoryKeychain) -> None:
    """The backend complains, we do not."""
    with pytest.raises(PasswordDeleteError):
        keychain.delete_password("nullabona", "entry")
    keychain_delete("entry")
