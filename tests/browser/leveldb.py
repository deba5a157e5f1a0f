"""The blocks of LevelDB's tables without their compression, which would hide words from a search of bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_FOOTER: Final = 48
_MAGIC: Final = 0xDB4775248B80FB57.to_bytes(8, "little")
_SNAPPY: Final = 1
_TRAILER: Final = 5
"""After each block: how it is packed, and a check sum."""


def plain_blocks(table: bytes) -> Iterator[bytes]:
    """Every block of a table, the index among them; none if it is no table."""
    if len(table) < _FOOTER or not table.endswith(_MAGIC):
        return
    at = len(table) - _FOOTER
    _, at = _handle(table, at)  # of the block that says what else there is
    index, _ = _handle(table, at)
    block = _block(table, *index)
    yield block
    for _key, value in _entries(block):
        yield _block(table, *_handle(value, 0)[0])


def _handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    start, at = _varint(data, at)
    size, at = _varint(data, at)
    return (start, size), at


def _block(table: bytes, start: int, size: int) -> bytes:
    data = table[start : start + size]
    return snappy(data) if table[start + size] == _SNAPPY else data


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    restarts = int.from_bytes(block[-4:], "little")
    end, at, key = len(block) - 4 * (restarts + 1), 0, b""
    while at < end:
        shared, at = _varint(block, at)
        fresh, at = _varint(block, at)
        size, at = _varint(block, at)
        key = key[:shared] + block[at : at + fresh]
        yield key, block[at + fresh : at + fresh + size]
        at += fresh + size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def snappy(data: bytes) -> bytes:
    """What was packed with Snappy."""
    size, at = _varint(data, 0)
    out = bytearray()
    while at < len(data):
        tag, at = data[at], at + 1
        if tag & 3 == 0:
            length = tag >> 2
            if length >= 60:
                more = length - 59
                length, at = int.from_bytes(data[at : at + more], "little"), at + more
            out += data[at : at + length + 1]
            at += length + 1
            continue
        if tag & 3 == 1:
            length, back, at = (tag >> 2 & 7) + 4, tag >> 5 << 8 | data[at], at + 1
        else:
            wide = 2 if tag & 3 == 2 else 4
            length, back, at = (tag >> 2) + 1, int.from_bytes(data[at : at + wide], "little"), at + wide
        for _ in range(length):
            out.append(out[-back])
    assert size == len(out)
    return bytes(out)
