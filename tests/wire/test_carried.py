"""The form in which an account carries the proof of its card: any bytes are a proof in one form, or malformed."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nullabona.errors import Malformed
from nullabona.wire.carried import MAX_CARRIED, decode_carried, encode_carried
from nullabona.wire.messages import HandleProof

DIGESTS = st.binary(min_size=32, max_size=32)
PROOFS = st.builds(
    HandleProof,
    label_proof=st.binary(min_size=80, max_size=80),
    nonce=st.binary(max_size=16),
    version=st.integers(0, 2**53),
    siblings=st.lists(DIGESTS, max_size=40).map(tuple),
    other=st.lists(DIGESTS, max_size=2).map(tuple),
    closed_s=st.integers(0, 2**53),
    edge=st.lists(DIGESTS, max_size=20).map(tuple),
    checkpoint=st.binary(max_size=9_000),
)


@given(PROOFS)
def test_what_is_carried_is_read(proof: HandleProof) -> None:
    """As it was."""
    assert proof == decode_carried(encode_carried(proof))


@given(st.binary(max_size=300))
@example(b"\x91" * 100_000)
@example(bytes(MAX_CARRIED + 1))
def test_any_bytes_are_a_proof_or_malformed(data: bytes) -> None:
    """And what is one is in its only form."""
    try:
        proof = decode_carried(data)
    except Malformed:
        return
    assert data == encode_carried(proof)


@given(PROOFS, st.data())
def test_a_changed_byte_is_another_proof_or_malformed(proof: HandleProof, draw: st.DataObject) -> None:
    """No two forms of one proof."""
    data = bytearray(encode_carried(proof))
    at = draw.draw(st.integers(0, len(data) - 1))
    data[at] ^= draw.draw(st.integers(1, 255))
    with suppress(Malformed):
        assert proof != decode_carried(bytes(data))


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_version_is_none_that_this_program_reads(version: object) -> None:
    """The record is asked then, as if no proof had come."""
    proof = HandleProof(bytes(80), b"", 0, (), (), 0, (), b"")
    with pytest.raises(Malformed):
        decode_carried(msgspec.msgpack.encode([version, proof]))
