"""Records: how several requests or responses share one WebSocket message (spec/relay.md §2.1).

``record = id (u32, big-endian) ‖ length (u32, big-endian) ‖ body``; a message is one or more whole records.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final

from nullabona.errors import Malformed

HEAD: Final = Struct(">II")
_unpack = HEAD.unpack_from


def split_records(message: bytes | memoryview, max_body: int) -> Iterator[tuple[int, memoryview]]:
    """The records of ``message``, as views into it.

    Raises `Malformed` when it comes to a record that is cut off or larger than ``max_body``, or if there is none.
    """
    view = memoryview(message)
    at, end = 0, len(view)
    if at == end:
        raise Malformed("a message holds no record")
    while at < end:
        if end - at < HEAD.size:
            raise Malformed("a message ends inside a record's head")
        record_id, length = _unpack(view, at)
        at += HEAD.size
        if length > max_body:
            raise Malformed("a record is too large")
        if length > end - at:
            raise Malformed("a message ends inside a record's body")
        yield record_id, view[at : at + length]
        at += length


class Assembly:
    """Puts the fragments of a WebSocket message together, within a bound."""

    __slots__ = ("_limit", "_parts", "_size")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._parts: list[bytes] = []

    def add(self, part: bytes, *, first: bool, last: bool) -> bytes | None:
        """The whole message if ``part`` is its last. Raises `Malformed` out of place or beyond the limit."""
        if first == bool(self._parts):
            raise Malformed("a message's fragments are out of order")
        self._size += len(part)
        if self._size > self._limit:
            raise Malformed("a message is too large")
        self._parts.append(part)
        if not last:
            return None
        whole = b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        return whole
