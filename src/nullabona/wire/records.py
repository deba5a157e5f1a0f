"""Records: how several requests or responses share one WebSocket message (spec/relay.md §2.1).

``record = id (u32, big-endian) ‖ length (u32, big-endian) ‖ body``; a message is one or more whole records.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from nullabona.errors import Malformed

HEAD: Final = Struct(">II")
HEAD_SIZE: Final = HEAD.size
MAX_RECORDS: Final = 8_192
"""Records that a relay takes in one message."""

_unpack = HEAD.unpack_from


def encode_record(request_id: int, body: bytes) -> bytes:
    """One record."""
    return HEAD.pack(request_id, len(body)) + body


def split_records(
    message: bytes | bytearray | memoryview, max_body: int, max_records: int = 2**31
) -> list[tuple[int, memoryview]]:
    """The records of ``message``; bodies are views into it.

    Raises `Malformed` if the message is empty, ends inside a record, announces a body larger than ``max_body`` or has
    more than ``max_records``.
    """
    view = memoryview(message)
    end = len(view)
    at = 0
    records: list[tuple[int, memoryview]] = []
    while at < end:
        if end - at < HEAD_SIZE:
            raise Malformed("a message ends inside a record's head")
        request_id, length = _unpack(view, at)
        if length > max_body:
            raise Malformed("a record is too large")
        if len(records) == max_records:
            raise Malformed("a message holds too many records")
        at += HEAD_SIZE
        if length > end - at:
            raise Malformed("a message ends inside a record's body")
        records.append((request_id, view[at : at + length]))
        at += length
    if not records:
        raise Malformed("a message holds no record")
    return records


class Assembly:
    """Puts the fragments of a WebSocket message together, within a bound, however small or empty they are."""

    __slots__ = ("_limit", "_message")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._message: bytearray | None = None

    @property
    def open(self) -> bool:
        """Whether a message has begun and not ended."""
        return self._message is not None

    @property
    def size(self) -> int:
        """Bytes of the message that has begun."""
        return len(self._message) if self._message is not None else 0

    def add(self, part: bytes | memoryview, *, first: bool, last: bool) -> bytearray | None:
        """The whole message if ``part`` is its last. Raises `Malformed` out of place or beyond the limit."""
        if first and self._message is not None:
            raise Malformed("a message begins inside another")
        if not first and self._message is None:
            raise Malformed("a message goes on that never began")
        message = self._message = bytearray() if self._message is None else self._message
        if len(message) + len(part) > self._limit:
            raise Malformed("a message is too large")
        message += part
        if not last:
            return None
        self._message = None
        return message
