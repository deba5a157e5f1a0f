"""Signed paths of content: each allows fetching one item until the app locks (spec/app.md §3).

Images and players of a page cannot send headers, so the address itself grants access. The ids in it are encrypted: a
browser records the addresses of downloads, and they must not reveal the room. Each unlocking makes a new key; locking
drops it and thereby invalidates every address.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

_PREFIX: Final = "/media/"
_KEY_BITS: Final = 256


class MediaKey:
    """The key of one unlocking."""

    def __init__(self) -> None:
        # Deterministic on purpose: an item keeps its address, so a page need not fetch it again.
        self._cipher = AESSIV(AESSIV.generate_key(_KEY_BITS))

    def __repr__(self) -> str:
        return "MediaKey()"

    def sign(self, what: str, *ids: bytes) -> str:
        """The path of ``what`` (a word) for the items named by ``ids``."""
        sealed = self._cipher.encrypt("/".join(id.hex() for id in ids).encode(), [what.encode()])
        return f"{_PREFIX}{what}/{urlsafe_b64encode(sealed).decode().rstrip('=')}"

    def read(self, path: str) -> tuple[str, tuple[bytes, ...]] | None:
        """The content that a path names, or None if it was not made with this key."""
        what, _, sealed = path.removeprefix(_PREFIX).partition("/")
        try:
            data = urlsafe_b64decode(f"{sealed}{'=' * (-len(sealed) % 4)}".encode("ascii"))
            names = self._cipher.decrypt(data, [what.encode("utf-8", "surrogatepass")]).decode()
        except (ValueError, InvalidTag):
            return None
        # Accept only the exact address that was issued: decoders skip characters that are not base64.
        ids = tuple(bytes.fromhex(id) for id in names.split("/"))
        return (what, ids) if path == self.sign(what, *ids) else None
