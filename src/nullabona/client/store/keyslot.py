"""How a profile's database key is kept: wrapped by a passphrase, in the system keychain, or openly.

The database key is 32 random bytes and never changes; a slot is one way to it. Opening tries exactly the way that the
profile was protected with: nothing falls back to a weaker one.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from nullabona.client.core.model.errors import KeychainFailed, StoreDamaged, WrongPassphrase, WrongUnlock
from nullabona.client.keys import MAX_COST, STANDARD_COST, TESTING_COST, PassphraseCost, passphrase_key
from nullabona.client.store.connection import KEY_SIZE
from nullabona.client.store.keychain import keychain_delete, keychain_read, keychain_write

Protection = Literal["passphrase", "keychain", "unprotected"]
_NONCE: Final = 12
_SALT: Final = 16
_KEY_SALT: Final = b"nullabona store v1"


@dataclass(frozen=True, slots=True)
class Passphrase:
    """Ask the person. ``cost`` is used when protecting; `TESTING_COST` must also be named to open."""

    text: str = field(repr=False)
    cost: PassphraseCost = STANDARD_COST


@dataclass(frozen=True, slots=True)
class Keychain:
    """Ask the system's keychain, which opens when the person logs in."""


@dataclass(frozen=True, slots=True)
class Unprotected:
    """The key is beside the store, mode 0600: anyone who has the files has everything. For bots and demos."""


Unlock = Passphrase | Keychain | Unprotected


class PassphraseSlot(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="passphrase", tag_field="by"):
    """The database key, AES-256-GCM under Argon2id of the passphrase. ``wrapped`` is nonce ‖ ciphertext ‖ tag."""

    memory_kib: int
    passes: int
    lanes: int
    salt: bytes
    wrapped: bytes


class KeychainSlot(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="keychain", tag_field="by"):
    """The database key is in the system keychain under ``entry``."""

    entry: str


class UnprotectedSlot(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="unprotected", tag_field="by"):
    """The database key itself."""

    key: bytes

    def __repr__(self) -> str:
        return "UnprotectedSlot()"


Slot = PassphraseSlot | KeychainSlot | UnprotectedSlot


def subkey(key: bytes, label: bytes) -> bytes:
    """A key for another purpose of the same profile."""
    return HKDF(SHA256(), 32, _KEY_SALT, label).derive(key)


def key_check(key: bytes) -> bytes:
    """What the header keeps to tell a wrong key from a damaged store; says nothing about a random key."""
    return subkey(key, b"key check")[:16]


def protection(slot: Slot) -> Protection:
    """How the slot is protected: what the person has to be asked for."""
    if isinstance(slot, PassphraseSlot):
        return "passphrase"
    return "keychain" if isinstance(slot, KeychainSlot) else "unprotected"


def protect(key: bytes, unlock: Unlock, profile: str) -> Slot:
    """Keep ``key`` in the way ``unlock`` names. Raises `BadPassphrase` or `KeychainFailed`."""
    if isinstance(unlock, Passphrase):
        salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
        kek = AESGCM(passphrase_key(unlock.text, salt, unlock.cost))
        wrapped = nonce + kek.encrypt(nonce, key, profile.encode())
        return PassphraseSlot(unlock.cost.memory_kib, unlock.cost.passes, unlock.cost.lanes, salt, wrapped)
    if isinstance(unlock, Keychain):
        entry = f"{profile}.{os.urandom(4).hex()}"
        keychain_write(entry, base64.b64encode(key).decode())
        return KeychainSlot(entry)
    return UnprotectedSlot(key)


def discard(slot: Slot) -> None:
    """Forget what a slot keeps outside the header."""
    if isinstance(slot, KeychainSlot):
        keychain_delete(slot.entry)


def recover(slot: Slot, unlock: Unlock, profile: str) -> bytes:
    """The database key. Raises `WrongUnlock`, `WrongPassphrase`, `KeychainFailed` or `StoreDamaged`."""
    if isinstance(slot, PassphraseSlot) and isinstance(unlock, Passphrase):
        key = _unwrap(slot, unlock, profile)
    elif isinstance(slot, KeychainSlot) and isinstance(unlock, Keychain):
        key = _from_keychain(slot)
    elif isinstance(slot, UnprotectedSlot) and isinstance(unlock, Unprotected):
        key = slot.key
    else:
        raise WrongUnlock(f"this profile's protection is: {protection(slot)}")
    if len(key) != KEY_SIZE:
        raise StoreDamaged("the profile's key does not have its size")
    return key


def same_key(check: bytes, key: bytes) -> bool:
    """Whether ``key`` is the one the header was made for."""
    return hmac.compare_digest(check, key_check(key))


def _unwrap(slot: PassphraseSlot, unlock: Passphrase, profile: str) -> bytes:
    cost = _acceptable(PassphraseCost(slot.memory_kib, slot.passes, slot.lanes), unlock)
    if len(slot.salt) != _SALT:
        raise StoreDamaged("the profile's header is damaged")
    kek = AESGCM(passphrase_key(unlock.text, slot.salt, cost))
    try:
        return kek.decrypt(slot.wrapped[:_NONCE], slot.wrapped[_NONCE:], profile.encode())
    except (InvalidTag, ValueError) as error:
        raise WrongPassphrase("the passphrase does not open this profile") from error


def _acceptable(cost: PassphraseCost, unlock: Passphrase) -> PassphraseCost:
    """Refuse a header that would protect nothing, or exhaust the machine."""
    if cost == TESTING_COST == unlock.cost:
        return cost
    fits = STANDARD_COST.memory_kib <= cost.memory_kib <= MAX_COST.memory_kib
    if not (fits and 1 <= cost.passes <= MAX_COST.passes and 1 <= cost.lanes <= MAX_COST.lanes):
        raise StoreDamaged("the profile's header asks for a passphrase cost that is not allowed")
    return cost


def _from_keychain(slot: KeychainSlot) -> bytes:
    kept = keychain_read(slot.entry)
    if kept is None:
        raise KeychainFailed("the system keychain has no key for this profile")
    try:
        return base64.b64decode(kept, validate=True)
    except binascii.Error as error:
        raise KeychainFailed("what the system keychain keeps for this profile is not a key") from error
