"""Signed paths of content: whoever has one may fetch that one thing until the app locks (spec/app.md §3).

Images and players of a page cannot send headers, so the right to a thing is in its address. The key is new with every
unlocking; locking drops it, and every address with it.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Final

_PREFIX: Final = "/media/"
_TAG_BYTES: Final = 16


class MediaKey:
    """The key of one unlocking."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def __repr__(self) -> str:
        return "MediaKey()"

    def sign(self, what: str, *ids: bytes) -> str:
        """The path of ``what`` (a word) of the things named by ``ids``."""
        name = "/".join([what, *(id.hex() for id in ids)])
        return f"{_PREFIX}{name}/{self._tag(name)}"

    def read(self, path: str) -> tuple[str, tuple[bytes, ...]] | None:
        """What a path names, or None if it was not signed with this key."""
        name, _, tag = path.removeprefix(_PREFIX).rpartition("/")
        if not path.startswith(_PREFIX) or not hmac.compare_digest(tag.encode(), self._tag(name).encode()):
            return None
        what, *ids = name.split("/")
        return what, tuple(bytes.fromhex(id) for id in ids)

    def _tag(self, name: str) -> str:
        return hmac.digest(self._key, name.encode("utf-8", "surrogatepass"), "sha256")[:_TAG_BYTES].hex()
