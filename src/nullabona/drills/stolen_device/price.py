"""What it costs to try a passphrase on a stolen profile: read in its header, and paid by hand, without its program."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from nullabona.client.store.header import read_header
from nullabona.client.store.keyslot import PassphraseSlot

LEAST_KIB: Final = 65_536
LEAST_PASSES: Final = 3
"""What RFC 9106 recommends where memory is short; the product's own constants are not asked."""
_NONCE: Final = 12


@dataclass(frozen=True, slots=True)
class Price:
    """Of one try. Nothing is known where the profile has no passphrase."""

    memory_kib: int = 0
    passes: int = 0
    paid: bool = False
    """Whether the right passphrase opens the profile for that, and so a try costs no less."""

    @property
    def enough(self) -> bool:
        """Whether it is what spec/threat-model.md says."""
        return self.paid and self.memory_kib >= LEAST_KIB and self.passes >= LEAST_PASSES


def price_of(profile: Path, passphrase: str) -> Price:
    """The price that a profile's header names. ``passphrase`` is the right one."""
    header = read_header(profile / "profile.json")
    slot = header.slot
    if not isinstance(slot, PassphraseSlot):
        return Price()
    text = unicodedata.normalize("NFKC", passphrase).encode()
    kdf = Argon2id(salt=slot.salt, length=32, iterations=slot.passes, lanes=slot.lanes, memory_cost=slot.memory_kib)
    try:
        AESGCM(kdf.derive(text)).decrypt(slot.wrapped[:_NONCE], slot.wrapped[_NONCE:], header.profile.encode())
    except InvalidTag:
        return Price(slot.memory_kib, slot.passes)
    return Price(slot.memory_kib, slot.passes, paid=True)
