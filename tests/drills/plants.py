"""Secrets to plant, and ways to write them down that do not use the code under test."""

from __future__ import annotations

import base64
import bz2
import gzip
import lzma
import random
import unicodedata
import zlib
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from nullabona.drills.search import Kind, Secret

KOREAN: Final = "할머니 생신 선물은 따뜻한 털장갑으로 하자"
ENGLISH: Final = "Grandma wants the blue teapot from the market"
MIXED: Final = "내일 rehearsal 끝나고 떡볶이 먹으러 갈래?"

SECRETS: Final = (
    Secret.text(Kind.TEXT, "korean", KOREAN),
    Secret.text(Kind.TEXT, "english", ENGLISH),
    Secret.text(Kind.TEXT, "mixed", MIXED),
    Secret.text(Kind.NAME, "name", "연두"),
    Secret.text(Kind.ROOM, "room", "주말 등산 모임"),
    Secret.text(Kind.PHRASE, "phrase", "ribbon canyon velvet orbit lemon saddle tunnel wisdom"),
    Secret.text(Kind.ADDRESS, "address", "127.77.41.9"),
    Secret(Kind.KEY, "key", bytes.fromhex("8f1d0c77e2a94b3c5d6e7f8091a2b3c4d5e6f70819fa2b3c4d5e6f7a8b9cadbe")),
)
TEXTS: Final = tuple(secret.value.decode() for secret in SECRETS if secret.kind is not Kind.KEY)


def noise(size: int, seed: int = 7) -> bytes:
    """The same random bytes on every run."""
    return random.Random(seed).randbytes(size)


def packed_small(data: bytes, wbits: int) -> bytes:
    """A zlib stream with a window of ``2 ** wbits`` bytes: another first byte than the usual one."""
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(data) + packer.flush()


def _nfd(text: str) -> bytes:
    return unicodedata.normalize("NFD", text).encode()


ENCODINGS: Final[dict[str, Callable[[str], bytes]]] = {
    "utf-8": str.encode,
    "nfd": _nfd,
    "utf-16le": lambda text: text.encode("utf-16-le"),
    "utf-16be": lambda text: text.encode("utf-16-be"),
    "utf-32le": lambda text: text.encode("utf-32-le"),
    "utf-32be": lambda text: text.encode("utf-32-be"),
    "cp949": lambda text: text.encode("cp949"),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 after one byte": lambda text: base64.b64encode(b"[" + text.encode() + b"]"),
    "base64 after two bytes": lambda text: base64.b64encode(b"[[" + text.encode() + b"]]"),
    "base64 for urls": lambda text: base64.urlsafe_b64encode(b"{" + text.encode()),
    "base32": lambda text: base64.b32encode(text.encode()),
    "base32, lower, after three bytes": lambda text: base64.b32encode(b"[[[" + text.encode() + b"]").lower(),
    "nfd in base64": lambda text: base64.b64encode(_nfd(text)),
    "hex": lambda text: text.encode().hex().encode(),
    "hex in capitals": lambda text: text.encode().hex().upper().encode(),
    "url": lambda text: quote(text, safe="").encode(),
    "json": lambda text: "".join(f"\\u{ord(c):04x}" if ord(c) > 127 else c for c in text).encode(),
    "repr of bytes": lambda text: repr(text.encode()).encode(),
    "zlib": lambda text: zlib.compress(text.encode()),
    "zlib, fast": lambda text: zlib.compress(text.encode(), 1),
    "zlib of utf-16": lambda text: zlib.compress(text.encode("utf-16-le"), 9),
    "zlib, window of 4 KiB": lambda text: packed_small(text.encode(), 12),
    "zlib, smallest window": lambda text: packed_small(text.encode(), 9),
    "zlib of cp949": lambda text: zlib.compress(text.encode("cp949")),
    "gzip": lambda text: gzip.compress(text.encode()),
    "bzip2": lambda text: bz2.compress(text.encode()),
    "xz": lambda text: lzma.compress(text.encode()),
    "gzip in zlib": lambda text: zlib.compress(gzip.compress(text.encode())),
}
