"""Records and fragments: any bytes give records or `Malformed`, however they are split."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.client.net.records import Assembly, split_records
from nullabona.errors import Malformed
from tests.net.servers import record


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.binary(max_size=50)), min_size=1, max_size=10))
def test_records_come_back_as_they_were(records: list[tuple[int, bytes]]) -> None:
    """split(join(x)) == x."""
    message = b"".join(record(*each) for each in records)
    assert [(number, bytes(body)) for number, body in split_records(message, 50)] == records


@given(st.binary(max_size=100))
def test_any_bytes_give_records_or_malformed(message: bytes) -> None:
    """What is accepted is exactly what was there."""
    try:
        records = list(split_records(message, 40))
    except Malformed:
        return
    assert b"".join(record(number, bytes(body)) for number, body in records) == message


@pytest.mark.parametrize("message", [b"", bytes(7), record(1, b"abc")[:-1], record(1, bytes(41))])
def test_a_broken_message_is_malformed(message: bytes) -> None:
    """Empty, cut off in head or body, or too large."""
    with pytest.raises(Malformed):
        list(split_records(message, 40))


@given(st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=5))
def test_fragments_join(parts: list[bytes]) -> None:
    """Fragments in order give the message, again and again."""
    assembly = Assembly(100)
    for _ in range(2):
        results = [assembly.add(part, first=at == 0, last=at == len(parts) - 1) for at, part in enumerate(parts)]
        assert results == [None] * (len(parts) - 1) + [b"".join(parts)]


def test_fragments_out_of_order_or_too_large_are_malformed() -> None:
    """No fragment without a beginning, no beginning inside a message, and no message without an end in memory."""
    with pytest.raises(Malformed):
        Assembly(10).add(b"a", first=False, last=True)
    for part, first in ((b"b", True), (b"b" * 10, False)):
        assembly = Assembly(10)
        assembly.add(b"a", first=True, last=False)
        with pytest.raises(Malformed):
            assembly.add(part, first=first, last=False)
