"""The keys of a repository, all derived from the account's backup key (spec/repository.md §2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from nullabona.client.archive.agekey import WordsKey

_SALT: Final = b"nullabona repository v1"


@dataclass(frozen=True, slots=True)
class RepositoryKeys:
    """One key for each purpose. They tell nothing of one another, nor of the account's other keys."""

    ids: bytes = field(repr=False)
    """Names plaintexts."""
    chunks: bytes = field(repr=False)
    """Gives each chunk its key."""
    heads: bytes = field(repr=False)
    """Seals heads."""
    cuts: bytes = field(repr=False)
    """Decides where the records are cut."""
    box: bytes = field(repr=False)
    """Gives the secrets of the box at a relay that has the heads."""

    @classmethod
    def of(cls, key: WordsKey, place: bytes) -> Self:
        """The keys that the 24 words, or the text of ``nulla backup key``, give for the repository ``place``.

        Two repositories of an account have no chunk in common: a drive and a relay cannot be compared.
        """
        secret = key.identity.encode()
        labels = (b"ids", b"chunks", b"heads", b"cuts", b"box")
        return cls(*(HKDF(SHA256(), 32, _SALT, label + b" " + place).derive(secret) for label in labels))
