"""The search for traces looks into packed tables as well."""

from __future__ import annotations

from tests.browser.leveldb import plain_blocks, snappy


def test_snappy_gives_back_what_was_packed() -> None:
    """Literals, and copies near and far, also of what is just being written."""
    assert b"abcabcabcabcX" == snappy(b"\x0d" + b"\x08abc" + bytes([((9 - 4) << 2) | 1, 3]) + b"\x00X")
    assert b"lighthouse-lighthouse" == snappy(b"\x15" + b"\x28lighthouse-" + bytes([((10 - 1) << 2) | 2, 11, 0]))
    long = bytes(range(256)) * 2
    assert long == snappy(b"\x80\x04" + bytes([61 << 2]) + (511).to_bytes(2, "little") + long)


def test_the_blocks_of_a_table_are_found() -> None:
    """A table of one packed block: what no search of bytes finds is in it."""
    value = b"lighthouse-lighthouse"
    packed = b"\x15" + b"\x28lighthouse-" + bytes([((10 - 1) << 2) | 2, 11, 0])
    handle = bytes([0, len(packed)])
    index = b"\x00\x01" + bytes([len(handle)]) + b"k" + handle + bytes(4) + (1).to_bytes(4, "little")
    body = packed + b"\x01crc-" + index + b"\x00crc-"
    footer = bytes([0, 0, len(packed) + 5, len(index)]).ljust(40, b"\0") + 0xDB4775248B80FB57.to_bytes(8, "little")
    assert value not in body
    assert [index, value] == list(plain_blocks(body + footer))
    assert [] == list(plain_blocks(body))
