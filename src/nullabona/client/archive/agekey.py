"""What opens a backup: a passphrase, or the key that the account's 24 words give (spec/archive.md §5).

The words' key is an X25519 identity of age, derived from the account's root under its own label. Its text, which
`nulla backup key` shows, is all that the standard age tool needs; it tells nothing of any other key of the account.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pyrage

from nullabona.client.keys import AccountRoot

LABEL: Final = b"backup age x25519"
_HRP: Final = "age-secret-key-"
_CHARS: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


@dataclass(frozen=True, slots=True)
class WordsKey:
    """The key of an account's words. ``identity`` begins with ``AGE-SECRET-KEY-1``."""

    identity: str = field(repr=False)

    @property
    def recipient(self) -> str:
        """What backups are encrypted to; begins with ``age1``."""
        return str(pyrage.x25519.Identity.from_str(self.identity).to_public())


@dataclass(frozen=True, slots=True)
class PassphraseKey:
    """What a person remembers. ``work`` is age's work factor: 2**work rounds of scrypt.

    A file is read several times while a profile is made from it: ``stretched`` keeps what was worked out, by salt and
    work, for as long as the passphrase itself is kept.
    """

    text: str = field(repr=False)
    work: int = 18
    stretched: dict[tuple[bytes, int], bytes] = field(default_factory=dict, repr=False, compare=False)


BackupKey = WordsKey | PassphraseKey


def words_key(root: AccountRoot) -> WordsKey:
    """The backup key of an account."""
    return WordsKey(_bech32(root.derive(LABEL)).upper())


def shown_key(text: str) -> WordsKey | None:
    """The key that ``nulla backup key`` showed; None: the text is no such key, or was not copied whole."""
    text = text.strip().upper()
    if not text.startswith(_HRP.upper()):
        return None
    try:
        pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError:
        return None
    return WordsKey(text)


def _bech32(data: bytes) -> str:
    """BIP 173 with the prefix of an age identity."""
    bits = int.from_bytes(data, "big") << (-len(data) * 8 % 5)
    count = -(-len(data) * 8 // 5)
    values = [bits >> 5 * (count - 1 - place) & 31 for place in range(count)]
    known = [ord(char) >> 5 for char in _HRP] + [0] + [ord(char) & 31 for char in _HRP]
    rest = _polymod([*known, *values, *[0] * 6]) ^ 1
    values += [rest >> 5 * (5 - place) & 31 for place in range(6)]
    return f"{_HRP}1" + "".join(_CHARS[value] for value in values)


def _polymod(values: list[int]) -> int:
    rest = 1
    for value in values:
        top = rest >> 25
        rest = (rest & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATOR):
            if top >> place & 1:
                rest ^= generator
    return rest
