"""The list of an epoch's changes: one form for one set of labels, and nothing else is a list."""

from __future__ import annotations

from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.errors import Malformed
from nullabona.wire.changes import HEAD_BYTES, MAX_LIST, ChangeList
from nullabona.wire.epoch import decode_epoch, encode_epoch
from nullabona.wire.map_messages import LEAF_BYTES, MAX_LEAVES, EpochsListed, EpochStep, LeavesShown
from nullabona.wire.messages import decode_response, encode

label_sets = st.sets(st.binary(min_size=32, max_size=32), max_size=20)


@given(label_sets, st.binary(min_size=32, max_size=32))
def test_a_list_has_the_head_of_every_label_that_changed(labels: set[bytes], other: bytes) -> None:
    """Whatever their order, the same labels give the same list; a label whose head is not there did not change."""
    changes = ChangeList.of(labels)
    assert ChangeList.of(sorted(labels, reverse=True)) == changes == ChangeList(changes.heads)
    assert all(changes.may_have(label) for label in labels)
    assert changes.may_have(other) == (other[:HEAD_BYTES] in {label[:HEAD_BYTES] for label in labels})
    assert len({label[:HEAD_BYTES] for label in labels}) == len(changes)


@given(st.binary(max_size=80))
def test_what_is_not_in_order_is_no_list(data: bytes) -> None:
    """Any bytes are a list of distinct heads in order, or `Malformed`: no list has two forms."""
    heads = [data[at : at + HEAD_BYTES] for at in range(0, len(data), HEAD_BYTES)]
    if len(data) % HEAD_BYTES == 0 and heads == sorted(set(heads)):
        assert ChangeList(data) == ChangeList.of(heads)
    else:
        with pytest.raises(Malformed):
            ChangeList(data)


def test_two_labels_of_one_head_are_one_entry() -> None:
    """So a head in a list is a reason to look, and no proof of a change."""
    one, two = b"headhead" + bytes(24), b"headhead" + b"\x01" * 24
    assert ChangeList(b"headhead") == ChangeList.of([one, two])
    assert ChangeList.of([one]).may_have(two)


def test_the_hash_is_over_a_domain_and_the_heads() -> None:
    """For other implementations."""
    assert sha256(b"nullabona map changes v1" + b"headhead").digest() == ChangeList(b"headhead").hash
    assert sha256(b"nullabona map changes v1").digest() == ChangeList().hash


@pytest.mark.parametrize("listed", [b"", b"h" * 32])
def test_an_epoch_with_a_list_and_one_without_are_both_read(listed: bytes) -> None:
    """A record that began before there were lists goes on."""
    entry = encode_epoch(7, b"r" * 32, 1_000, listed)
    back = decode_epoch(entry)
    assert (7, b"r" * 32, 1_000, listed) == (back.number, back.root, back.closed_s, back.listed)
    mark = "nullabona epoch v2" if listed else "nullabona epoch v1"
    assert [mark, 7, b"r" * 32, 1_000, *([listed] if listed else [])] == msgspec.msgpack.decode(entry)


@pytest.mark.parametrize(
    "fields",
    [
        ["nullabona epoch v1", 7, b"r" * 32, 1_000, b"h" * 32],
        ["nullabona epoch v2", 7, b"r" * 32, 1_000],
        ["nullabona epoch v2", 7, b"r" * 32, 1_000, b""],
        ["nullabona epoch v2", 7, b"r" * 32, 1_000, b"h" * 31],
        ["nullabona epoch v2", 7, b"r" * 32, 1_000, b"h" * 32, 0],
        ["nullabona epoch v3", 7, b"r" * 32, 1_000, b"h" * 32],
    ],
)
def test_nothing_between_the_two_kinds_is_an_epoch(fields: list[object]) -> None:
    """One entry of a log is read in one way."""
    with pytest.raises(Malformed):
        decode_epoch(msgspec.msgpack.encode(fields))


def test_an_answer_is_bounded_by_whoever_reads_it() -> None:
    """A list of a megabyte is read, and 16,384 leaves are; a byte more is not."""
    step = EpochStep(bytes(32), 0, b"h" * 32, bytes(MAX_LIST))
    leaves = LeavesShown(bytes(32), 0, b"", (), bytes(LEAF_BYTES * MAX_LEAVES))
    for good in (EpochsListed(b"", 1, (step,)), leaves):
        assert good == decode_response(encode(good))
    longer = msgspec.structs.replace(step, changes=bytes(MAX_LIST + 1))
    more = msgspec.structs.replace(leaves, leaves=bytes(LEAF_BYTES * MAX_LEAVES + 1))
    for bad in (EpochsListed(b"", 1, (longer,)), EpochsListed(b"", 1, (step,) * 145), more):
        with pytest.raises(Malformed):
            decode_response(encode(bad))
