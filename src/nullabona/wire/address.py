"""Box addresses: self-certifying, so nobody can squat one or open it with other secrets (spec/relay.md §3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import NewType

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from nullabona.wire.messages import POLICY_ROOM

Address = NewType("Address", bytes)
"""32 bytes; where a box is."""

_DOMAIN = b"nullabona box v1"


def box_address(policy: int, read_hash: bytes, write_hash: bytes) -> Address:
    """The address of the box whose secrets have these SHA-256 hashes."""
    return Address(sha256(_DOMAIN + bytes((policy,)) + read_hash + write_hash).digest())


@dataclass(frozen=True, slots=True)
class BoxSecrets:
    """Both secrets of a box. Everybody who holds them may read and append; the relay keeps only hashes."""

    policy: int
    read_secret: bytes = field(repr=False)
    write_secret: bytes = field(repr=False)

    @property
    def read_hash(self) -> bytes:
        return sha256(self.read_secret).digest()

    @property
    def write_hash(self) -> bytes:
        return sha256(self.write_secret).digest()

    @property
    def address(self) -> Address:
        return _address(self)


@lru_cache(maxsize=8_192)
def _address(box: BoxSecrets) -> Address:
    return box_address(box.policy, box.read_hash, box.write_hash)


@dataclass(frozen=True, slots=True)
class EpochKeys:
    """What one epoch's exporter secret yields: its box, the secret of its wake tokens, the key of its frames
    (spec/room.md §2).
    """

    box: BoxSecrets
    frame_key: bytes = field(repr=False)
    wake_secret: bytes = field(repr=False)


@lru_cache(maxsize=4_096)
def epoch_keys(room_secret: bytes) -> EpochKeys:
    """Derive what belongs to an epoch from the 32-byte MLS exporter output."""

    def derive(label: bytes) -> bytes:
        return HKDFExpand(SHA256(), 32, b"nullabona room v1 " + label).derive(room_secret)

    box = BoxSecrets(POLICY_ROOM, derive(b"read"), derive(b"write"))
    return EpochKeys(box, derive(b"frame"), derive(b"bells"))
