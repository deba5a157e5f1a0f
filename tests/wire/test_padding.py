"""Padding: few sizes, exact on both sides of each, and nothing but 0x80 and zeros is taken off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.errors import Bug, Malformed
from nullabona.wire.padding import BUCKETS, fits, pad, unpad


@given(st.binary(max_size=5_000), st.integers(0, 64))
def test_padding_comes_off(content: bytes, overhead: int) -> None:
    """unpad(pad(x)) == x, and with its overhead the result has a bucket's size."""
    padded = pad(content, overhead)
    assert (content, True) == (unpad(padded), len(padded) + overhead in BUCKETS)


@pytest.mark.parametrize("bucket", BUCKETS)
@pytest.mark.parametrize("overhead", [0, 28])
def test_the_smallest_bucket_that_fits(bucket: int, overhead: int) -> None:
    """The largest content of each bucket, and one byte more, which goes to the next or into blobs."""
    largest = bytes(bucket - overhead - 1)
    assert (bucket, True) == (len(pad(largest, overhead)) + overhead, fits(len(largest), overhead))
    if bucket == BUCKETS[-1]:
        assert not fits(len(largest) + 1, overhead)
        with pytest.raises(Bug):
            pad(largest + b"x", overhead)
    else:
        assert len(pad(largest + b"x", overhead)) + overhead > bucket


@pytest.mark.parametrize("least", BUCKETS[2:])
def test_nothing_is_smaller_than_what_is_asked_for(least: int) -> None:
    """What fits has that size; one byte more goes to the next, or nowhere."""
    sizes = {length: len(pad(bytes(length), 28, least)) + 28 for length in (0, least // 2, least - 29)}
    assert {least} == set(sizes.values())
    if least < BUCKETS[-1]:
        assert BUCKETS[BUCKETS.index(least) + 1] == len(pad(bytes(least - 28), 28, least)) + 28


@given(st.binary(max_size=600))
def test_any_bytes_are_content_or_malformed(data: bytes) -> None:
    """What comes off is what stood before the last mark."""
    try:
        content = unpad(data)
    except Malformed:
        assert data.rstrip(b"\0")[-1:] != b"\x80"
    else:
        assert data == (content + b"\x80").ljust(len(data), b"\0")


@pytest.mark.parametrize("data", [b"", b"\0" * 512, b"x" * 512, b"x\x80y"])
def test_no_mark_is_malformed(data: bytes) -> None:
    """Zeros alone, or anything behind the mark but zeros."""
    with pytest.raises(Malformed):
        unpad(data)
