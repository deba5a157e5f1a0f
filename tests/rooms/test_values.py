"""What members and strangers say: any bytes give a value or a `PeerError`, and values come back as they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.client.core.model.content import (
    Envelope,
    Handed,
    Leave,
    Moved,
    Receipt,
    Text,
    View,
    decode_body,
    decode_envelope,
    encode_body,
    encode_envelope,
)
from nullabona.client.core.model.inbox_items import Invitation, ItemBody, RoomsTold, decode_pack, encode_pack, open_item
from nullabona.client.core.model.proofs import (
    BadProof,
    Claim,
    CommitNote,
    RemovalOrder,
    decode_claim,
    decode_note,
    encode_note,
    make_claim,
    make_order,
)
from nullabona.client.core.model.room_info import DIRECT, GROUP, RoomInfo, check_info, decode_info, encode_info
from nullabona.client.core.model.state import decode_state
from nullabona.errors import Bug, Malformed, PeerError
from nullabona.wire.address import Address
from nullabona.wire.blob import BlobRef
from nullabona.wire.signed import check_signature
from tests.rooms.world import World

keys = st.binary(min_size=32, max_size=32)
seqs = st.lists(st.integers(1, 2**53), max_size=64).map(tuple)
signatures = st.binary(min_size=64, max_size=64)
views = st.builds(
    View, st.binary(min_size=8, max_size=8), st.binary(max_size=8), st.integers(0, 2**53),
    st.binary(min_size=16, max_size=16), seqs, seqs,
)  # fmt: skip
orders = st.builds(RemovalOrder, keys, keys, st.lists(keys, min_size=1, max_size=4).map(tuple), keys, signatures)
bodies = st.one_of(
    st.builds(Text, st.text(max_size=200), st.binary(max_size=16)),
    st.just(Receipt()),
    st.builds(Leave, orders),
    st.builds(Moved, st.integers(0, 2**60), keys, st.integers(0, 1)),
    st.builds(
        Handed,
        st.builds(
            Invitation,
            st.binary(min_size=16, max_size=16),
            keys,
            st.text(max_size=255),
            st.builds(BlobRef, st.integers(0, 2**20), keys, st.tuples(keys)),
        ),
    ),
)
envelopes = st.builds(
    Envelope, st.binary(min_size=16, max_size=16), st.integers(0, 2**53), st.lists(views, max_size=4).map(tuple),
    st.binary(max_size=16), bodies,
)  # fmt: skip
claims = st.builds(Claim, keys, keys, st.lists(keys, max_size=4).map(tuple), keys, signatures, st.binary(max_size=99))
groups = st.builds(
    RoomInfo, st.just(1), st.just(GROUP), st.text(max_size=120), st.text(max_size=255),
    st.lists(keys, min_size=1, max_size=4, unique=True).map(tuple),
)  # fmt: skip
INBOX = Address(b"i" * 32)

DECODERS: dict[str, Callable[[bytes], object]] = {
    "envelope": decode_envelope,
    "body": decode_body,
    "claim": decode_claim,
    "note": decode_note,
    "info": decode_info,
    "pack": decode_pack,
    "item": lambda data: open_item(INBOX, data),
}


@pytest.mark.parametrize("name", DECODERS)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_value_or_refused(name: str, data: bytes) -> None:
    """Nothing else comes out of a decoder."""
    try:
        DECODERS[name](data)
    except PeerError:
        return
    assert data or name == "note"


@given(envelopes)
def test_envelopes_come_back(envelope: Envelope) -> None:
    """And so do their bodies."""
    assert envelope == decode_envelope(encode_envelope(envelope))
    assert envelope.body == decode_body(encode_body(envelope.body))


@given(claims)
def test_claims_come_back(claim: Claim) -> None:
    """As arrays, whole."""
    assert claim == decode_claim(msgspec.msgpack.encode(claim))


@given(st.lists(orders, max_size=3).map(tuple), st.lists(st.binary(min_size=32, max_size=32), max_size=3).map(tuple))
def test_notes_come_back(given_orders: tuple[RemovalOrder, ...], by_link: tuple[bytes, ...]) -> None:
    """Nothing to say, no bytes."""
    note = CommitNote(given_orders, by_link=by_link)
    assert note == decode_note(encode_note(note))
    assert bool(given_orders or by_link) == bool(encode_note(note))


@given(groups)
def test_infos_come_back(info: RoomInfo) -> None:
    """Consistent ones."""
    assert info == decode_info(encode_info(info))


@given(st.binary(max_size=99), st.binary(max_size=99))
def test_packs_come_back(welcome: bytes, tree: bytes) -> None:
    """Welcome and tree."""
    pack = decode_pack(encode_pack(welcome, tree))
    assert (welcome, tree) == (pack.welcome, pack.tree)


A, B, C = b"a" * 32, b"b" * 32, b"c" * 32
URL = "https://relay.example"


@pytest.mark.parametrize(
    "info",
    [
        RoomInfo(1, GROUP, "name", URL), RoomInfo(1, GROUP, "name", URL, (A, A)),
        RoomInfo(1, GROUP, "n", URL, (A,), (A, B)),
        RoomInfo(1, DIRECT, "", URL, (), (A,)), RoomInfo(1, DIRECT, "", URL, (), (A, A)),
        RoomInfo(1, DIRECT, "", URL, (A,), (A, B)), RoomInfo(1, DIRECT, "name", URL, (), (A, B)),
        RoomInfo(1, DIRECT, "", URL), RoomInfo(1, "channel", "name", URL, (A,)),
    ],
)  # fmt: skip
def test_infos_that_contradict_themselves(info: RoomInfo) -> None:
    """Kind, pair, name and admins must fit one another."""
    with pytest.raises(Malformed):
        check_info(info)
    with pytest.raises(Malformed):
        decode_info(encode_info(info))


def test_a_pair_and_a_group_are_consistent() -> None:
    """The other side of each rule."""
    for info in (RoomInfo(1, DIRECT, "", URL, (), (A, B)), RoomInfo(1, GROUP, "", URL, (A, B, C))):
        assert info == decode_info(encode_info(info))


LIMITS: list[tuple[Callable[[bytes], object], object, object]] = [
    (decode_body, [1, "x" * 1_000_000, b""], [1, "x" * 1_000_001, b""]),
    (decode_body, [1, "x", bytes(16)], [1, "x", bytes(17)]),
    (decode_body, [4, 0, A, 1], [4, 0, A, 2]),
    (decode_body, [4, 0, A, 0], [4, -1, A, 0]),
    (decode_body, [4, 0, A, 0], [4, 0, A[1:], 0]),
    (decode_body, [2], [9]),
    (decode_envelope, [bytes(16), 2**53, [], b"", [2]], [bytes(16), 2**53 + 1, [], b"", [2]]),
    (decode_envelope, [bytes(16), 0, [], b"", [2]], [bytes(15), 0, [], b"", [2]]),
    (decode_envelope, [bytes(16), 0, [], bytes(16), [2]], [bytes(16), 0, [], bytes(17), [2]]),
    (
        decode_envelope,
        [bytes(16), 0, [[bytes(8), b"", 0, bytes(16), [], []]] * 64, b"", [2]],
        [bytes(16), 0, [[bytes(8), b"", 0, bytes(16), [], []]] * 65, b"", [2]],
    ),
    (
        decode_envelope,
        [bytes(16), 0, [[bytes(8), b"", 0, bytes(16), [1] * 64, []]], b"", [2]],
        [bytes(16), 0, [[bytes(8), b"", 0, bytes(16), [0], []]], b"", [2]],
    ),
    (decode_note, [[[A, A, [A] * 64, A, bytes(64)]]], [[[A, A, [A] * 65, A, bytes(64)]]]),
    (decode_note, [[[A, A, [A], A, bytes(64)]]], [[[A, A, [], A, bytes(64)]]]),
    (decode_note, [[[A, A, [A], A, bytes(64)]] * 256], [[[A, A, [A], A, bytes(64)]] * 257]),
    (decode_claim, [A, A, [A] * 2_000, A, bytes(64)], [A, A, [A] * 2_001, A, bytes(64)]),
    (decode_info, [1, GROUP, "x" * 120, "", [A]], [1, GROUP, "x" * 121, "", [A]]),
    (decode_info, [1, GROUP, "x", "", [A]], [2, GROUP, "x", "", [A]]),
    (decode_info, [1, GROUP, "", "x" * 255, [A]], [1, GROUP, "", "x" * 256, [A]]),
]


@pytest.mark.parametrize("number", range(len(LIMITS)))
def test_limits_hold_on_both_sides(number: int) -> None:
    """The most that is allowed decodes; beyond it nothing does."""
    decode, inside, outside = LIMITS[number]
    assert decode(msgspec.msgpack.encode(inside)) is not None
    with pytest.raises(Malformed):
        decode(msgspec.msgpack.encode(outside))


def test_proofs_are_for_one_thing_only() -> None:
    """A claim, an order and an item signed by a device verify as what they are; changed, or as another, they do not."""
    world = World(1)
    one = world.person("p0")
    claim = decode_claim(make_claim(one.mls, one.me.signature_key, A, b"commit", (B,)))
    order = make_order(one.mls, one.me.signature_key, A, B, [b"key one", b"key two"])
    claim.verify(A)
    order.verify()
    assert ((0, claim.commit), 1) == (claim.key, msgspec.structs.replace(claim, removed=()).rank)
    changes: list[dict[str, object]] = [
        {"removed": ()},
        {"data": b"other"},
        {"box": B},
        {"signer": C},
        {"signature": bytes(64)},
    ]
    for change in changes:
        with pytest.raises(BadProof):
            msgspec.structs.replace(claim, **change).verify(A)
    with pytest.raises(BadProof):
        claim.verify(B)
    changes = [{"room": B}, {"account": A}, {"leaves": (A,)}, {"signer": C}, {"signature": claim.signature}]
    for change in changes:
        with pytest.raises(BadProof):
            msgspec.structs.replace(order, **change).verify()
    with pytest.raises(BadProof):
        check_signature(b"not a key", b"", b"", bytes(64), BadProof)


def test_our_own_bytes_that_do_not_decode_are_bugs() -> None:
    """The store is authenticated, so these can be nobody else's fault."""
    with pytest.raises(Bug):
        decode_state(b"rubbish")


@given(envelopes)
def test_nothing_said_is_in_a_repr(envelope: Envelope) -> None:
    """What is logged by mistake names the kind only."""
    assert f"<Envelope {type(envelope.body).__name__}>" == repr(envelope)


@pytest.mark.parametrize("kind", get_args(ItemBody))
def test_an_inbox_item_shows_only_what_kind_it_is(kind: type[msgspec.Struct]) -> None:
    """Secrets of rooms, tokens of links, greetings and who is in which room stand in no error."""
    empty = kind(*([None] * len(kind.__struct_fields__))) if kind is not RoomsTold else RoomsTold(())
    assert repr(empty) in {f"<{kind.__name__}>", "<RoomsTold 0>"}
