"""The age format with a passphrase, as a stream of any length (C2SP age.md, version 1).

pyrage takes what a passphrase protects only whole in memory, which a backup does not fit; so this one kind of age file
is read and written here (docs/decisions/0019-backups.md). The primitives are pyca's; tests hold it against pyrage both
ways. A header that would cost more than `MAX_WORK` is refused before it is tried.
"""

from __future__ import annotations

import base64
import hmac
import os
import re
import unicodedata
from hashlib import scrypt
from typing import BinaryIO, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from nullabona.client.archive.agekey import PassphraseKey
from nullabona.client.archive.errors import ArchiveDamaged, ArchiveTruncated, BackupLocked, BackupNotAge
from nullabona.client.core.model.errors import BadPassphrase

MAX_WORK: Final = 22
CHUNK: Final = 65_536
_TAG: Final = 16
_VERSION: Final = b"age-encryption.org/v1\n"
_LABEL: Final = b"age-encryption.org/v1/scrypt"
_STANZA: Final = re.compile(
    rb"-> scrypt ([A-Za-z0-9+/]{22}) ([1-9][0-9]?)\n([A-Za-z0-9+/]{43})\n--- ([A-Za-z0-9+/]{43})\n"
)
_LONGEST: Final = 200


class Source(Protocol):
    """What is read from."""

    def read(self, size: int = -1, /) -> bytes: ...


class Sink(Protocol):
    """What is written to."""

    def write(self, data: bytes, /) -> object: ...


def seal_with_passphrase(source: Source, sink: Sink, passphrase: PassphraseKey) -> None:
    """``source`` to its end, encrypted. Raises `BadPassphrase` if the passphrase is empty."""
    file_key, salt = os.urandom(16), os.urandom(16)
    work = passphrase.work
    wrapped = ChaCha20Poly1305(_wrapping(passphrase, salt, work)).encrypt(bytes(12), file_key, None)
    head = _VERSION + b"-> scrypt %b %d\n%b\n---" % (_base64(salt), work, _base64(wrapped))
    nonce = os.urandom(16)
    sink.write(head + b" " + _base64(_mac(file_key, head)) + b"\n" + nonce)
    aead = ChaCha20Poly1305(_hkdf(file_key, nonce, b"payload"))
    place, chunk = 0, _full(source)
    while True:
        following = _full(source) if len(chunk) == CHUNK else b""
        sink.write(aead.encrypt(_nonce(place, last=not following), chunk, None))
        if not following:
            return
        place, chunk = place + 1, following


def is_passphrase_file(head: bytes) -> bool | None:
    """Whether a file that begins so takes a passphrase; None: it is no age file at all."""
    return head.startswith(_VERSION + b"-> scrypt ") if head.startswith(_VERSION) else None


def unseal_with_passphrase(source: BinaryIO, sink: Sink, passphrase: PassphraseKey) -> None:
    """What was encrypted, piece by piece as it is found to be whole.

    Raises `BackupNotAge`, `BackupLocked`, `ArchiveDamaged` or `ArchiveTruncated`; what ``sink`` had so far was right.
    """
    file_key, nonce = _opened(source, passphrase)
    aead = ChaCha20Poly1305(_hkdf(file_key, nonce, b"payload"))
    place, chunk = 0, _full(source, CHUNK + _TAG)
    while True:
        following = _full(source, CHUNK + _TAG) if len(chunk) == CHUNK + _TAG else b""
        plain = _open(aead, place, chunk, last=not following)
        if not plain and (place or following):
            raise ArchiveDamaged("the backup has an empty part")
        sink.write(plain)
        if not following:
            return
        place, chunk = place + 1, following


def _open(aead: ChaCha20Poly1305, place: int, chunk: bytes, *, last: bool) -> bytes:
    try:
        return aead.decrypt(_nonce(place, last=last), chunk, None)
    except InvalidTag:
        pass
    if last:  # whole, but not the last one: the file was cut off behind it
        try:
            aead.decrypt(_nonce(place, last=False), chunk, None)
        except InvalidTag:
            raise ArchiveDamaged("the backup was changed or cut off") from None
        raise ArchiveTruncated("the backup ends before its end")
    raise ArchiveDamaged("the backup was changed after it was written")


def _opened(source: BinaryIO, passphrase: PassphraseKey) -> tuple[bytes, bytes]:
    """The file key and the payload's nonce."""
    start = source.read(_LONGEST)
    match = _STANZA.match(start, len(_VERSION)) if start.startswith(_VERSION) else None
    if match is None:
        raise BackupNotAge("this is not a backup with a passphrase")
    salt, work, wrapped, mac = match[1], int(match[2]), match[3], match[4]
    if work > MAX_WORK:
        raise BackupNotAge("the backup asks for more work than any does")
    key = _wrapping(passphrase, _bytes(salt), work)
    try:
        file_key = ChaCha20Poly1305(key).decrypt(bytes(12), _bytes(wrapped), None)
    except InvalidTag:
        raise BackupLocked("the passphrase does not open this backup") from None
    if not hmac.compare_digest(_mac(file_key, start[: match.start(4) - 1]), _bytes(mac)):
        raise ArchiveDamaged("the head of the backup was changed after it was written")
    source.seek(match.end())
    nonce = source.read(16)
    if len(nonce) < 16:
        raise ArchiveTruncated("the backup ends before its end")
    return file_key, nonce


def _wrapping(passphrase: PassphraseKey, salt: bytes, work: int) -> bytes:
    if (known := passphrase.stretched.get((salt, work))) is not None:
        return known
    text = unicodedata.normalize("NFC", passphrase.text).encode()
    if not text:
        raise BadPassphrase("the passphrase is empty")
    cost = 1 << work
    made = scrypt(text, salt=_LABEL + salt, n=cost, r=8, p=1, maxmem=cost * 1_024 + (1 << 20), dklen=32)
    passphrase.stretched[salt, work] = made
    return made


def _mac(file_key: bytes, head: bytes) -> bytes:
    return hmac.digest(_hkdf(file_key, b"", b"header"), head, "sha256")


def _hkdf(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(key)


def _nonce(place: int, *, last: bool) -> bytes:
    return place.to_bytes(11, "big") + bytes((last,))


def _full(source: Source, size: int = CHUNK) -> bytes:
    """Exactly ``size`` bytes, fewer at the end only."""
    parts = bytearray()
    while len(parts) < size and (data := source.read(size - len(parts))):
        parts += data
    return bytes(parts)


def _base64(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _bytes(text: bytes) -> bytes:
    data = base64.b64decode(text + b"=" * (-len(text) % 4))
    if _base64(data) != text:
        raise BackupNotAge("the head of the backup does not decode")
    return data
