"""Sealing to an inbox: HPKE base mode over X-Wing, so that only the inbox's owner can open (spec/directory.md §5).

Says nothing of who sealed: what is inside must name and prove its sender. Randomness is drawn inside the HPKE
implementation; everything else is a pure function.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256, shake_256
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from msgspec import Meta

from nullabona.errors import Bug, Malformed
from nullabona.wire.address import Address, box_address
from nullabona.wire.endpoint import MAX_RELAY_URL
from nullabona.wire.message import Digest
from nullabona.wire.messages import POLICY_INBOX, Secret
from nullabona.wire.padding import BUCKETS, fits, pad, unpad

SEED_SIZE: Final = 32
PUBLIC_KEY_SIZE: Final = 1_216
ENCAPSULATION_SIZE: Final = 1_120
OVERHEAD: Final = ENCAPSULATION_SIZE + 16
"""Bytes of a sealed text beyond its plaintext."""
INBOX_LEAST: Final = 16_384
"""Bytes of the smallest frame that is put into an inbox, so that its size does not tell what is in it."""
ITEM_DIRECT: Final = b"\x00"
ITEM_INDIRECT: Final = b"\x01"
"""First byte of what an inbox frame carries: the item itself, or a reference to a blob on the inbox's relay."""

_MLKEM_PUBLIC_SIZE: Final = 1_184
_MLKEM_SEED_SIZE: Final = 64
_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_DOMAIN: Final = b"nullabona inbox v1"
_ANSWER_DOMAIN: Final = b"nullabona room answer v1"


class Inbox(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """Where and to which key to write to an account. Public: it is in the card."""

    read_hash: Digest
    """SHA-256 of the inbox's read secret, which only the owner knows."""
    write_secret: Secret
    hpke_key: Annotated[bytes, Meta(min_length=PUBLIC_KEY_SIZE, max_length=PUBLIC_KEY_SIZE)]
    relay: Annotated[str, Meta(max_length=MAX_RELAY_URL, pattern=r"^[!-~]*\Z")] = ""
    """URL of the relay that keeps the inbox; empty: the relay of the handle's host."""

    @property
    def address(self) -> Address:
        return box_address(POLICY_INBOX, self.read_hash, sha256(self.write_secret).digest())


@dataclass(frozen=True, slots=True)
class InboxKeypair:
    """An X-Wing key pair; ``public`` is what the card carries."""

    private: MLKEM768X25519PrivateKey = field(repr=False)
    public: bytes = field(repr=False)


def inbox_keypair(seed: bytes) -> InboxKeypair:
    """The X-Wing key pair of a 32-byte seed (draft-connolly-cfrg-xwing-kem §5.2)."""
    if len(seed) != SEED_SIZE:
        raise Bug("an inbox seed has 32 bytes")
    expanded = shake_256(seed).digest(_MLKEM_SEED_SIZE + 32)
    mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_SIZE])
    x25519 = X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_SIZE:])
    public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
    return InboxKeypair(MLKEM768X25519PrivateKey(mlkem, x25519), public)


def check_public_key(public_key: bytes) -> None:
    """Raises `Malformed` unless ``public_key`` is an X-Wing public key."""
    _load_public(public_key)


def seal_to(public_key: bytes, info: bytes, plaintext: bytes) -> bytes:
    """``plaintext`` for the holder of ``public_key`` and nobody else. Raises `Malformed` if the key is not one."""
    key = _load_public(public_key)
    try:
        return _SUITE.encrypt(plaintext, key, info)
    except ValueError:
        raise Malformed("an inbox key cannot be used") from None


def open_sealed(seed: bytes, info: bytes, sealed: bytes) -> bytes:
    """The plaintext of ``sealed``. Raises `Malformed` if it was not sealed to this seed's key with this ``info``."""
    try:
        return _SUITE.decrypt(sealed, inbox_keypair(seed).private, info)
    except (InvalidTag, ValueError):
        raise Malformed("a sealed item does not open with this inbox's key") from None


def inbox_item_fits(length: int) -> bool:
    """Whether an item of ``length`` bytes fits an inbox frame; a longer one goes into blobs."""
    return fits(length, OVERHEAD)


def seal_to_inbox(inbox: Inbox, plaintext: bytes) -> bytes:
    """The frame, of 16,384 or 65,536 bytes, that puts ``plaintext`` into ``inbox``; it opens in no other inbox."""
    return seal_to_place(inbox.hpke_key, inbox.address, plaintext, INBOX_LEAST)


def seal_to_place(hpke_key: bytes, place: Address, plaintext: bytes, least: int = BUCKETS[0]) -> bytes:
    """The same for the holder of an inbox's key who reads the box at ``place``; it opens in no other box. The frame has
    a bucket's size, of at least ``least`` bytes.
    """
    return seal_to(hpke_key, _DOMAIN + place, pad(plaintext, OVERHEAD, least))


def open_inbox_frame(seed: bytes, inbox: Address, frame: bytes) -> bytes:
    """What ``frame`` in the box ``inbox`` carries. Raises `Malformed` if its size, key, box or padding is wrong."""
    if len(frame) not in BUCKETS:
        raise Malformed("an inbox frame's size is not a padding bucket")
    return unpad(open_sealed(seed, _DOMAIN + inbox, frame))


def seal_answer(hpke_key: bytes, box: Address, plaintext: bytes) -> bytes:
    """``plaintext`` for a device that asked in the room's box ``box``; a frame of that box pads it (spec/room.md §7.1).

    Raises `Malformed` if the key is not one.
    """
    return seal_to(hpke_key, _ANSWER_DOMAIN + box, plaintext)


def open_answer(seed: bytes, box: Address, sealed: bytes) -> bytes:
    """What an answer in the room's box ``box`` says. Raises `Malformed` if it is not for this seed's key and box."""
    return open_sealed(seed, _ANSWER_DOMAIN + box, sealed)


def _load_public(public_key: bytes) -> MLKEM768X25519PublicKey:
    if len(public_key) != PUBLIC_KEY_SIZE:
        raise Malformed("an inbox key has the wrong size")
    try:
        mlkem = MLKEM768PublicKey.from_public_bytes(public_key[:_MLKEM_PUBLIC_SIZE])
        x25519 = X25519PublicKey.from_public_bytes(public_key[_MLKEM_PUBLIC_SIZE:])
    except ValueError:
        raise Malformed("an inbox key is not an X-Wing public key") from None
    return MLKEM768X25519PublicKey(mlkem, x25519)
