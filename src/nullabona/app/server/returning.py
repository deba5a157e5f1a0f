"""Lets a page that was left open come back to the next process of the same profile (spec/app.md §2.1).

Tokens die with their process, and another program may listen at the port afterwards. So a page comes back only to a
process that proves it knows the key which that page gave to the one before, and shows its key only then. The page holds
the key in memory, never in the browser's storage; here lie only digests, in the private folder.
"""

from __future__ import annotations

import hmac
import os
from collections import deque
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from nullabona.system.files import create_private, replace

MOST_KEYS: Final = 32
"""Most pages that may come back; a new one drops the oldest."""
_FILE: Final = "pages.json"
_CONTEXT: Final = "nullabona return v1"


class _Kept(msgspec.Struct, frozen=True):
    """The content of ``pages.json``."""

    port: int
    keys: list[str]


class Returns:
    """The keys of the open pages, and the port at which they look for the app."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE
        kept = self._read()
        self.port = kept.port
        self._keys: deque[bytes] = deque((bytes.fromhex(key) for key in kept.keys), maxlen=MOST_KEYS)

    def serve_at(self, port: int) -> None:
        """The port of this process. Keys that were given to a process at another port open nothing any more."""
        if port != self.port:
            self.port = port
            self._keys.clear()
        self._write()

    def keep(self, key: str) -> None:
        """Remember the key of a page. Idempotent."""
        digest = _digest(key)
        if digest not in self._keys:
            self._keys.append(digest)
            self._write()

    def spend(self, key: str) -> bool:
        """Whether this is the key of a page; it is good once."""
        wanted, found = _digest(key), False
        for digest in list(self._keys):
            if hmac.compare_digest(digest, wanted):
                self._keys.remove(digest)
                found = True
        if found:
            self._write()
        return found

    def proofs(self, nonce: str) -> list[str]:
        """What only a process that was given the key can say; bound to the port, so that nobody can pass it on."""
        text = f"{_CONTEXT} {self.port} {nonce}".encode()
        return [hmac.new(digest, text, sha256).hexdigest() for digest in self._keys]

    def _read(self) -> _Kept:
        """A missing or damaged file counts as an empty one."""
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=_Kept)
            [bytes.fromhex(key) for key in kept.keys]
        except (OSError, ValueError, msgspec.DecodeError):
            return _Kept(0, [])
        return kept

    def _write(self) -> None:
        draft = self._path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(create_private(draft), "wb") as file:
            file.write(msgspec.json.encode(_Kept(self.port, [key.hex() for key in self._keys])))
        replace(draft, self._path)


def _digest(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogateescape")).digest()
