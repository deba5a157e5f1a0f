"""The account's root secret and the passphrase: what a person can write down or remember, turned into keys.

The root is 32 random bytes, shown as 24 words (BIP39). Every key of the account is derived from it with HKDF-SHA256,
each under its own label, so that no key tells anything of another:

======================  ==============================================================
identity (Ed25519)      HKDF(root, salt = "nullabona account v1", info = "identity ed25519")
inbox HPKE seed         … info = "inbox hpke"  ‖ index (4 bytes, big-endian)
inbox read secret       … info = "inbox read"  ‖ index
inbox write secret      … info = "inbox write" ‖ index
backup key              … info = "backup age x25519"
ids of imported lines   … info = "imported lines", the first 16 bytes
======================  ==============================================================

Keeps nothing and asks nobody. The words are BIP39's; its wallet seed (PBKDF2, the optional 25th word) is not used.
"""

from __future__ import annotations

import functools
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from mnemonic import Mnemonic

from nullabona.client.core.model.errors import BadPassphrase, BadPhrase

Language = Literal["english", "korean"]
LANGUAGES: Final[tuple[Language, ...]] = ("english", "korean")
ROOT_SIZE: Final = 32
PHRASE_WORDS: Final = 24
_ROOT_SALT: Final = b"nullabona account v1"


@dataclass(frozen=True, slots=True)
class InboxSecrets:
    """What the owner of an inbox holds. ``index`` counts the account's inboxes: a new one replaces an abused one."""

    index: int
    hpke_seed: bytes = field(repr=False)
    read_secret: bytes = field(repr=False)
    write_secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AccountRoot:
    """The 32 bytes from which an account's keys are derived. Anyone who has them is the account."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != ROOT_SIZE:
            raise ValueError("an account's root is 32 bytes")

    @classmethod
    def generate(cls) -> Self:
        """A new account, from the system's randomness."""
        return cls(os.urandom(ROOT_SIZE))

    @classmethod
    def from_phrase(cls, phrase: str) -> Self:
        """The account of 24 words in English or Korean; any spacing, capitals and Unicode form.

        Raises `BadPhrase`, which names the place of the first unknown word and never a word.
        """
        words = _normalised(phrase).split()
        if len(words) != PHRASE_WORDS:
            raise BadPhrase(f"a recovery phrase has {PHRASE_WORDS} words, not {len(words)}")
        language = _language(words)
        try:
            return cls(bytes(_wordlist(language).to_entropy(words)))
        except ValueError:
            raise BadPhrase("the words do not belong together: one is wrong, or their order is") from None

    def phrase(self, language: Language = "english") -> str:
        """The 24 words, composed (NFC) so that they can be typed and compared as shown."""
        return unicodedata.normalize("NFC", _wordlist(language).to_mnemonic(self.secret))

    def derive(self, label: bytes, size: int = 32) -> bytes:
        """Key material for one purpose; see the table above for the labels in use."""
        return HKDF(SHA256(), size, _ROOT_SALT, label).derive(self.secret)

    def identity_seed(self) -> bytes:
        """The seed of the identity key, as Ed25519 takes it."""
        return self.derive(b"identity ed25519")

    def identity_key(self) -> Ed25519PrivateKey:
        """The account's identity key."""
        return Ed25519PrivateKey.from_private_bytes(self.identity_seed())

    def inbox(self, index: int = 0) -> InboxSecrets:
        """The secrets of the account's ``index``-th inbox, the same on every device that has the words."""
        number = index.to_bytes(4, "big")
        seed, read, write = (self.derive(b"inbox " + part + number) for part in (b"hpke", b"read", b"write"))
        return InboxSecrets(index, seed, read, write)


@functools.cache
def _wordlist(language: Language) -> Mnemonic:
    return Mnemonic(language)


@functools.cache
def _places(language: Language) -> Mapping[str, int]:
    return {_normalised(word): place for place, word in enumerate(_wordlist(language).wordlist)}


def _normalised(phrase: str) -> str:
    return unicodedata.normalize("NFKD", phrase).lower()


def _language(words: list[str]) -> Language:
    """The language all words are in; otherwise the complaint of the language that fits the most of them."""
    unknown = {
        language: [place for place, word in enumerate(words, 1) if word not in _places(language)]
        for language in LANGUAGES
    }
    best = min(LANGUAGES, key=lambda language: len(unknown[language]))
    if unknown[best]:
        raise BadPhrase(f"word {unknown[best][0]} of the recovery phrase is not in the {best.capitalize()} list")
    return best


@dataclass(frozen=True, slots=True)
class PassphraseCost:
    """What one guess at a passphrase costs (Argon2id): memory in KiB, passes over it, lanes."""

    memory_kib: int
    passes: int
    lanes: int


STANDARD_COST: Final = PassphraseCost(memory_kib=64 * 1024, passes=3, lanes=4)
TESTING_COST: Final = PassphraseCost(memory_kib=8, passes=1, lanes=1)
"""No protection at all; a profile made with it is refused unless the caller names it again."""
MAX_COST: Final = PassphraseCost(memory_kib=2 * 1024 * 1024, passes=64, lanes=64)


def passphrase_key(passphrase: str, salt: bytes, cost: PassphraseCost) -> bytes:
    """The 32-byte key of a passphrase: Argon2id over its NFKC form, so that every keyboard gives the same bytes.

    Raises `BadPassphrase` if it is empty. Takes about 0.15 s at `STANDARD_COST`.
    """
    text = unicodedata.normalize("NFKC", passphrase).encode()
    if not text:
        raise BadPassphrase("the passphrase is empty")
    kdf = Argon2id(salt=salt, length=32, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib)
    return kdf.derive(text)
