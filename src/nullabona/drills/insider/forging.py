"""MLS messages that say they are somebody's: every member of an epoch can unseal who sent them (RFC 9420 §6.3.2).

Nothing here needs anybody's signature key: it is what a member can do to the sender data, no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

_PRIVATE_MESSAGE: Final = bytes.fromhex("00010002")
_NONCE: Final = 12
_SUITES: Final[tuple[tuple[HashAlgorithm, int], ...]] = ((SHA384(), 32), (SHA256(), 16))
"""Hash and key size of the product's suite, and of the classical one."""


@dataclass(frozen=True, slots=True)
class SenderForger:
    """What a member finds in its own store and one message of its own: enough to name any leaf as a sender."""

    about: bytes
    """Group, epoch and kind, as in each message."""
    secret: bytes = field(repr=False)
    algorithm: HashAlgorithm
    key_size: int

    @classmethod
    def found(cls, rows: Sequence[tuple[bytes, bytes, bytes]], sample: bytes) -> Self | None:
        """With the rows of an epoch's MLS state and a message that was made in it; None if they do not match."""
        about, hidden, body = _parts(sample)
        values = [value for _, key, value in rows if key.startswith(b"secrets")]
        for algorithm, key_size in _SUITES:
            for secret in _secrets(values, algorithm.digest_size):
                made = cls(about, secret, algorithm, key_size)
                try:
                    made._cipher(body).decrypt(made._nonce(body), hidden, about)
                except InvalidTag:
                    continue
                return made
        return None

    def in_the_name_of(self, leaf: int, generation: int, body: bytes) -> bytes:
        """A message that says it is the ``generation``-th of ``leaf``. ``body``, its ciphertext, is noise."""
        named = leaf.to_bytes(4, "big") + generation.to_bytes(4, "big") + bytes(4)
        hidden = self._cipher(body).encrypt(self._nonce(body), named, self.about)
        return _PRIVATE_MESSAGE + self.about + _vector(b"") + _vector(hidden) + _vector(body)

    def _cipher(self, body: bytes) -> AESGCM:
        return AESGCM(self._derived(b"key", body, self.key_size))

    def _nonce(self, body: bytes) -> bytes:
        return self._derived(b"nonce", body, _NONCE)

    def _derived(self, label: bytes, body: bytes, size: int) -> bytes:
        context = body[: self.algorithm.digest_size]
        info = size.to_bytes(2, "big") + _vector(b"MLS 1.0 " + label) + _vector(context)
        return HKDFExpand(self.algorithm, size, info).derive(self.secret)


def _secrets(values: Sequence[bytes], size: int) -> Iterator[bytes]:
    """Whatever may be a secret of so many bytes, wherever it stands: its size stands before it."""
    for value in values:
        for at in range(1, len(value) - size + 1):
            if value[at - 1] == size:
                yield bytes(value[at : at + size])


def _parts(message: bytes) -> tuple[bytes, bytes, bytes]:
    """Of a private message: what its sender data are bound to, these, and the ciphertext."""
    group, rest = _take(message[len(_PRIVATE_MESSAGE) :])
    about, rest = _vector(group) + rest[:9], rest[9:]
    _, rest = _take(rest)
    hidden, rest = _take(rest)
    return about, hidden, _take(rest)[0]


def _take(data: bytes) -> tuple[bytes, bytes]:
    """A vector with its size in front (RFC 9420 §2.1.2), and what follows it."""
    width = 1 << (data[0] >> 6)
    size = int.from_bytes(data[:width], "big") & ~(0b11 << (8 * width - 2))
    return data[width : width + size], data[width + size :]


def _vector(data: bytes) -> bytes:
    if len(data) < 1 << 6:
        return bytes([len(data)]) + data
    if len(data) < 1 << 14:
        return (len(data) | 1 << 14).to_bytes(2, "big") + data
    return (len(data) | 1 << 31).to_bytes(4, "big") + data
