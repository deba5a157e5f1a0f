"""Room frames: what was sealed opens in its box under its key, and nothing else does."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from nullabona.errors import Malformed
from nullabona.wire.address import Address
from nullabona.wire.frame import OVERHEAD, Kind, OpenedFrame, body_fits, open_frame, seal_frame
from nullabona.wire.messages import MAX_FRAME
from nullabona.wire.padding import BUCKETS, pad

KEY, NONCE, BOX = b"k" * 32, b"n" * 12, Address(b"b" * 32)


@given(st.sampled_from(Kind), st.binary(max_size=3_000), st.booleans())
def test_frames_open(kind: Kind, body: bytes, indirect: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    """open(seal(x)) == x, in a frame of a bucket's size."""
    frame = seal_frame(KEY, BOX, NONCE, kind, body, indirect=indirect)
    assert OpenedFrame(kind, indirect, body) == open_frame(KEY, BOX, frame)
    assert len(frame) in BUCKETS


@given(st.binary(max_size=700), st.integers(0, 511), st.integers(1, 255))
def test_any_other_bytes_are_malformed(data: bytes, place: int, flip: int) -> None:
    """Random bytes, random bytes of the right size, and a good frame with one byte changed."""
    good = seal_frame(KEY, BOX, NONCE, Kind.MESSAGE, b"hello")
    changed = good[:place] + bytes((good[place] ^ flip,)) + good[place + 1 :]
    for frame in (data, data.ljust(512, b"\0")[:512], changed):
        with pytest.raises(Malformed):
            open_frame(KEY, BOX, frame)


def test_a_frame_belongs_to_its_key_and_box() -> None:
    """Another epoch's key, or another box, does not open it."""
    frame = seal_frame(KEY, BOX, NONCE, Kind.COMMIT, b"commit")
    for key, box in ((b"K" * 32, BOX), (KEY, Address(b"B" * 32))):
        with pytest.raises(Malformed):
            open_frame(key, box, frame)


@pytest.mark.parametrize("length", [*range(512), *(size + off for size in BUCKETS for off in (-1, 1))])
def test_other_sizes_are_malformed(length: int) -> None:
    """Only a bucket's size is even tried; so a tag cannot be cut."""
    with pytest.raises(Malformed):
        open_frame(KEY, BOX, bytes(length))


def sealed(padded: bytes) -> bytes:
    """A frame of an insider who does not pad, or name kinds, as agreed."""
    return NONCE + AESGCM(KEY).encrypt(NONCE, padded, b"nullabona frame v1" + BOX)


@pytest.mark.parametrize(
    "padded",
    [bytes(484), b"x" * 484, pad(b"", 28), pad(b"\0", 28), pad(b"\x06x", 28), pad(b"\x86x", 28), pad(b"\x7f", 28)],
    ids=["zeros", "no mark", "no kind", "kind 0", "kind 6", "indirect kind 6", "kind 127"],
)
def test_wrong_insides_are_malformed(padded: bytes) -> None:
    """Decryption alone does not make a frame."""
    with pytest.raises(Malformed):
        open_frame(KEY, BOX, sealed(padded))


def test_the_largest_body() -> None:
    """It fills the largest frame; one byte more goes into blobs."""
    largest = MAX_FRAME - OVERHEAD - 1
    assert (True, False) == (body_fits(largest), body_fits(largest + 1))
    assert len(seal_frame(KEY, BOX, NONCE, Kind.MESSAGE, bytes(largest))) == MAX_FRAME


def test_nothing_of_the_body_is_in_a_repr() -> None:
    """What is logged by mistake says no words."""
    assert "secret" not in repr(OpenedFrame(Kind.MESSAGE, indirect=False, body=b"secret"))
