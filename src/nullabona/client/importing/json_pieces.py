"""A large JSON document, one value after the other, never more of it in memory than the largest value that is wanted.

Finds where values begin and end; what is in them is decoded elsewhere. Knows strings, brackets and braces, and takes
no interest in what an escape says, so that documents with escapes that JSON does not have can be read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from nullabona.client.importing.errors import ExportUnreadable
from nullabona.client.importing.lines import Bytes

LARGEST: Final = 16 * 1_048_576
"""Bytes of one value that is wanted whole."""
_CHUNK: Final = 1 << 20
_SPACE: Final = re.compile(rb"[\s\xef\xbb\xbf,:]*")
_STRUCTURE: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["{}\[\]]', re.DOTALL)
_SCALAR: Final = re.compile(rb"[^\s,:\]}\[{\"]+")
_OPEN: Final = frozenset(b"{[")
_CLOSE: Final = frozenset(b"}]")


class Pieces:
    """Reads forward. Every method raises `ExportUnreadable` where the document ends too early or is none."""

    def __init__(self, stream: Bytes) -> None:
        self._stream = stream
        self._data = b""
        self._at = 0
        self._ended = False

    def peek(self) -> int:
        """The first byte of what comes next; 0 at the end."""
        while True:
            found = _SPACE.match(self._data, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._data):
                return self._data[self._at]
            if not self._more():
                return 0

    def members(self) -> Iterator[str]:
        """The keys of the object that comes next; each value has to be taken or skipped before the next key."""
        self._expect(b"{")
        while (first := self.peek()) != ord("}"):
            if first != ord('"'):
                raise _broken()
            key = self.take()
            yield (key or b"").decode("utf-8", "replace").strip('"')
        self._at += 1

    def elements(self) -> Iterator[None]:
        """The elements of the array that comes next, in the same way."""
        self._expect(b"[")
        while self.peek() != ord("]"):
            yield
        self._at += 1

    def take(self) -> bytes | None:
        """The next value as it is written; None, and it is passed over, if it is too large."""
        return self._value(keep=True)

    def skip(self) -> None:
        """Pass over the next value, however large."""
        self._value(keep=False)

    # -- how ------------------------------------------------------------------------------------------------------

    def _expect(self, mark: bytes) -> None:
        if self.peek() != mark[0]:
            raise _broken()
        self._at += 1

    def _value(self, *, keep: bool) -> bytes | None:
        first = self.peek()
        if first in _OPEN or first == ord('"'):
            return self._structure(keep=keep)
        return self._scalar()

    def _scalar(self) -> bytes:
        while True:
            found = _SCALAR.match(self._data, self._at)
            if found is None or found.end() - self._at > 64:
                raise _broken()
            if found.end() < len(self._data) or not self._more():
                self._at = found.end()
                return found.group()

    def _structure(self, *, keep: bool) -> bytes | None:
        self._data, self._at = self._data[self._at :], 0
        depth = at = 0
        while True:
            depth, at, ended = self._scan(depth, at)
            if ended:
                value = self._data[:at] if keep and at <= LARGEST else None
                self._at = at
                return value
            keep = keep and at <= LARGEST
            if not keep:
                self._data, at = self._data[at:], 0
            if len(self._data) - at > LARGEST * 2:
                raise ExportUnreadable("the export has a text longer than any message")
            if not self._more():
                raise _broken()

    def _scan(self, depth: int, at: int) -> tuple[int, int, bool]:
        """From ``at`` on, as far as the data goes: the depth there, the place, and whether the value ends there."""
        for found in _STRUCTURE.finditer(self._data, at):
            mark = self._data[found.start()]
            if mark in _OPEN:
                depth += 1
            elif mark in _CLOSE:
                depth -= 1
            elif found.end() - found.start() == 1:
                break  # a string that is not all here
            at = found.end()
            if depth <= 0:
                return depth, at, True
        return depth, at, False

    def _more(self) -> bool:
        if self._ended:
            return False
        # Doubling: a long string is looked through a few times, not once for every part of it that comes.
        data = self._stream.read(max(_CHUNK, len(self._data) - self._at))
        if self._at:
            self._data, self._at = self._data[self._at :], 0
        self._data += data
        self._ended = not data
        return not self._ended


def _broken() -> ExportUnreadable:
    return ExportUnreadable("the export is damaged, or ends too early")
