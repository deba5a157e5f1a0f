"""Blobs: content of any size comes back from its chunks, few sizes are seen, and no other chunk is taken."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.errors import Malformed
from nullabona.wire.blob import CHUNK_SIZES, MAX_BLOB, BlobRef, cut_blob, decode_ref, encode_ref, join_blob

KEY = b"k" * 32
HASH = b"h" * 32
LARGEST = CHUNK_SIZES[-1] - 16


def back(ref: BlobRef, chunks: tuple[tuple[bytes, bytes], ...]) -> bytes:
    known = dict(chunks)
    return join_blob(ref, lambda digest: known.get(digest, b""))


@given(st.binary(max_size=20_000))
def test_content_comes_back(content: bytes) -> None:
    """join(cut(x)) == x."""
    assert content == back(*cut_blob(KEY, content))


@pytest.mark.parametrize("length", [0, 1, *(size - 16 + off for size in CHUNK_SIZES for off in (-1, 0, 1)), 2_500_000])
def test_every_size_on_both_sides(length: int) -> None:
    """At each chunk size, one less and one more; the chunks have the few sizes only, all but the last the largest."""
    content = bytes(length)
    ref, chunks = cut_blob(KEY, content)
    sizes = [len(data) for _, data in chunks]
    assert content == back(ref, chunks)
    assert set(sizes) <= set(CHUNK_SIZES)
    assert sizes[:-1] == [CHUNK_SIZES[-1]] * (len(sizes) - 1)
    assert len(sizes) == max(1, -(-length // LARGEST))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_reference_or_malformed(data: bytes) -> None:
    """And what decodes encodes to something that decodes to the same."""
    try:
        ref = decode_ref(data)
    except Malformed:
        return
    assert ref == decode_ref(encode_ref(ref))


@given(st.integers(0, MAX_BLOB), st.binary(min_size=32, max_size=32), st.integers(1, 65))
def test_references_come_back(size: int, key: bytes, count: int) -> None:
    """decode(encode(x)) == x."""
    ref = BlobRef(size, key, (HASH,) * count)
    assert ref == decode_ref(encode_ref(ref))


@pytest.mark.parametrize(
    "fields",
    [
        [MAX_BLOB + 1, KEY, [HASH]], [-1, KEY, [HASH]], [1, KEY[1:], [HASH]], [1, KEY + b"x", [HASH]], [1, KEY, []],
        [1, KEY, [HASH] * 66], [1, KEY, [HASH[1:]]], [1, KEY, [HASH + b"x"]], [1, KEY], "text", None,
    ],
)  # fmt: skip
def test_references_beyond_the_limits_are_malformed(fields: object) -> None:
    """Size, key, number of chunks and hashes are bounded."""
    with pytest.raises(Malformed):
        decode_ref(msgspec.msgpack.encode(fields))


def test_other_chunks_are_malformed() -> None:
    """A changed, cut, missing, swapped or foreign chunk, and a size that the chunks do not have."""
    ref, chunks = cut_blob(KEY, bytes(LARGEST + 5))
    (first, one), (second, two) = chunks
    swapped = BlobRef(ref.size, KEY, (second, first))
    other_key = BlobRef(ref.size, b"K" * 32, ref.chunks)
    lies = [BlobRef(size, KEY, ref.chunks) for size in (0, 5, LARGEST + CHUNK_SIZES[-1] + 1)]
    for known in ({first: one}, {first: one, second: two[:-1]}, {first: one, second: bytes(4_096)}, {}):
        with pytest.raises(Malformed):
            join_blob(ref, lambda digest, known=known: known.get(digest, b""))  # type: ignore[misc]
    for false in (swapped, other_key, *lies):
        with pytest.raises(Malformed):
            back(false, chunks)


def test_nothing_secret_is_in_a_repr() -> None:
    """A reference opens the blob, so its key is not shown."""
    assert "<BlobRef 1 chunks>" == repr(BlobRef(1, KEY, (HASH,)))
