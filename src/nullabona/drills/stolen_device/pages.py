"""A profile's store without its program: every page of the file and of its write-ahead log, decrypted one by one.

SQLite is not asked, so nothing is passed over: free pages, and the older states of a page in the log. How they
are sealed is said in docs/decisions/0006-client-store.md; each has its own nonce, and a tag, behind it.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from cryptography.hazmat.primitives.poly1305 import Poly1305

from nullabona.client.profile import Unlock
from nullabona.client.store.header import read_header
from nullabona.client.store.keyslot import recover
from nullabona.drills.search import Chunk

_NONCE: Final = 16
_TAG: Final = 16
_OPEN: Final = 24
"""Bytes at the beginning of the first page that are not encrypted: a salt, and the layout of pages."""
_LAYOUT: Final = slice(16, 18)
_LOG_HEAD: Final = 32
_FRAME_HEAD: Final = 24


@dataclass(frozen=True, slots=True)
class Pages:
    """The content of a store."""

    chunks: tuple[Chunk, ...]
    logged: int
    """Pages in the log."""
    unread: int
    """Pages that did not decrypt: somebody was writing them, or they are of no store."""

    @property
    def bytes(self) -> int:
        return sum(len(chunk.data) for chunk in self.chunks)


def key_of(profile: Path, unlock: Unlock) -> bytes:
    """The key of a profile's store. Raises `WrongPassphrase` or another error of opening it."""
    header = read_header(profile / "profile.json")
    return recover(header.slot, unlock, header.profile)


def decrypted(profile: Path, unlock: Unlock) -> Pages:
    """All pages of a copied profile, in the order of the file."""
    key, file, log = key_of(profile, unlock), profile / "store.db", profile / "store.db-wal"
    data = file.read_bytes()
    size = int.from_bytes(data[_LAYOUT], "big")
    written = log.read_bytes() if log.exists() else b""
    stored = [_open_page(key, number, page) for number, page in enumerate(_cut(data, size), 1)]
    logged = [_open_page(key, number, page) for number, page in _frames(written, size)]
    chunks = tuple(
        Chunk(name, 0, b"".join(page for page in pages if page is not None))
        for name, pages in ((file.name, stored), (log.name, logged))
    )
    return Pages(chunks, len(logged), stored.count(None) + logged.count(None))


def opens_first_page(profile: Path, key: bytes) -> bool:
    """Whether the first page of a profile's store decrypts with ``key``."""
    with (profile / "store.db").open("rb") as file:
        head = file.read(_OPEN)
        page = head + file.read(int.from_bytes(head[_LAYOUT], "big") - len(head))
    return _open_page(key, 1, page) is not None


def _cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def _frames(log: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    """The pages of a write-ahead log with their numbers; those of an earlier turn of the log, too."""
    for frame in _cut(log[_LOG_HEAD:], _FRAME_HEAD + size):
        yield int.from_bytes(frame[:4], "big"), frame[_FRAME_HEAD:]


def _open_page(key: bytes, number: int, page: bytes) -> bytes | None:
    """A page's content, or None if its tag is not right."""
    sealed, nonce, tag = page[: -_NONCE - _TAG], page[-_NONCE - _TAG : -_TAG], page[-_TAG:]
    count = int.from_bytes(nonce[-4:], "little") ^ number
    once = _stream(key, nonce, count).update(bytes(64))
    check = Poly1305(once[:32])
    check.update(page[:-_TAG])
    if not hmac.compare_digest(check.finalize(), tag):
        return None
    shown = _OPEN if number == 1 else 0
    return sealed[:shown] + _stream(once[32:], nonce, count + 1).update(sealed[shown:])


def _stream(key: bytes, nonce: bytes, count: int) -> CipherContext:
    """ChaCha20 of RFC 8439 from block ``count`` on."""
    return Cipher(ChaCha20(key, (count & 0xFFFFFFFF).to_bytes(4, "little") + nonce[:12]), None).encryptor()
