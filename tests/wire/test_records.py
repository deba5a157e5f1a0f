"""Records and fragments: any bytes give records or `Malformed`, however they are split."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.errors import Malformed
from nullabona.wire.records import Assembly, encode_record, split_records


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.binary(max_size=50)), min_size=1, max_size=10))
def test_records_come_back_as_they_were(records: list[tuple[int, bytes]]) -> None:
    """split(join(x)) == x."""
    message = b"".join(encode_record(*each) for each in records)
    assert records == [(number, bytes(body)) for number, body in split_records(message, 50)]


@given(st.binary(max_size=100))
def test_what_is_accepted_is_exactly_what_was_there(message: bytes) -> None:
    """join(split(x)) == x, or `Malformed`."""
    try:
        records = split_records(message, 40)
    except Malformed:
        return
    assert message == b"".join(encode_record(number, bytes(body)) for number, body in records)


@pytest.mark.parametrize("message", [b"", bytes(7), encode_record(1, b"abc")[:-1], encode_record(1, bytes(41))])
def test_a_broken_message_is_malformed(message: bytes) -> None:
    """Empty, cut off in head or body, or too large; a good record before it does not help."""
    assert 1 == len(split_records(encode_record(1, bytes(40)), 40))
    for before in (b"", encode_record(1, b"good"))[: 2 if message else 1]:
        with pytest.raises(Malformed):
            split_records(before + message, 40)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_fragments_give_the_message(data: bytes, cuts: list[int]) -> None:
    """However it was split, one message after the other."""
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    parts = [data[start:end] for start, end in pairwise(places)] or [b""]
    assembly = Assembly(len(data))
    for _ in range(2):
        for index, part in enumerate(parts):
            assert assembly.open == (index > 0)
            assert assembly.add(part, first=index == 0, last=False) is None
        assert bytearray(data) == assembly.add(b"", first=False, last=True)
        assert not assembly.open
    assert bytearray(data) == assembly.add(data, first=True, last=True)


def test_fragments_out_of_order_or_too_large_are_malformed() -> None:
    """No fragment without a beginning, no beginning inside a message, and no message without an end in memory."""
    with pytest.raises(Malformed):
        Assembly(10).add(b"a", first=False, last=True)
    for part, first in ((b"b", True), (b"", True), (b"b" * 10, False)):
        assembly = Assembly(10)
        assert assembly.add(b"", first=True, last=False) is None
        assert assembly.add(b"a", first=False, last=False) is None
        with pytest.raises(Malformed):
            assembly.add(part, first=first, last=False)


def test_fragments_take_no_more_memory_than_what_is_in_them() -> None:
    """Empty ones, which no bound on a message's size ends, and ones of a byte."""
    assembly = Assembly(2_000)
    assembly.add(b"a", first=True, last=False)
    tracemalloc.start()
    for _ in range(50_000):
        assembly.add(b"", first=False, last=False)
    for _ in range(1_000):
        assembly.add(b"ab"[:1], first=False, last=False)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 10_000
