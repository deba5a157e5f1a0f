"""Items for inboxes: signed by one device for one inbox, and nothing of them in any log (room.md §§7, 9)."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core.model.inbox_items import (
    ContactRequest,
    Gone,
    ItemBody,
    LinkUse,
    OwnLetter,
    RoomsAsked,
    RoomsTold,
    RoomTold,
    SignedItem,
    TicketRequest,
    decode_pack,
    encode_pack,
    open_item,
    sign_item,
)
from nullabona.client.core.model.proofs import BadProof
from nullabona.errors import Malformed
from nullabona.wire.address import Address
from nullabona.wire.carried import MAX_CARRIED
from tests.core.stage import Other

JUN, MINA = Other("jun"), Other("mina")
HERE = Address(MINA.inbox.address)
THERE = Address(JUN.inbox.address)
ROOM = b"r" * 32
BODIES: list[ItemBody] = [
    Gone(ROOM),
    RoomsAsked(),
    OwnLetter(bytes(6_000)),
    TicketRequest(ROOM, 3, b"c" * 32),
    LinkUse(ROOM, b"t" * 16, b"card"),
    LinkUse(ROOM, b"t" * 16, b"card", b"proof"),
    ContactRequest(b"card", "hello", proof=b"p" * MAX_CARRIED),
]


@pytest.mark.parametrize("body", BODIES)
def test_an_item_says_what_was_signed_and_by_whom(body: ItemBody) -> None:
    """The sender's certificate and the words, as they were."""
    assert (JUN.certificate, body) == open_item(HERE, sign_item(JUN.mls, HERE, body))


def test_an_item_holds_for_one_inbox() -> None:
    """Whoever got it cannot put it into another's."""
    with pytest.raises(BadProof):
        open_item(THERE, sign_item(JUN.mls, HERE, Gone(ROOM)))


def test_an_item_that_somebody_else_signed_is_refused() -> None:
    """Under the certificate of one device stands the signature of another."""
    item = msgspec.msgpack.decode(sign_item(MINA.mls, HERE, Gone(ROOM)), type=SignedItem)
    forged = msgspec.structs.replace(item, certificate=JUN.identity)
    with pytest.raises(BadProof):
        open_item(HERE, msgspec.msgpack.encode(forged))


@pytest.mark.parametrize("body", [b"", b"\xc1", b"\x91" * 100_000, msgspec.msgpack.encode([99, ROOM])])
def test_what_is_no_item_is_refused(body: bytes) -> None:
    """Neither as the whole nor as what is signed."""
    with pytest.raises(Malformed):
        open_item(HERE, body)
    with pytest.raises(Malformed):
        open_item(HERE, msgspec.msgpack.encode(SignedItem(JUN.identity, body, bytes(64))))


def test_an_item_with_a_larger_proof_than_is_ever_carried_is_refused() -> None:
    """As one with a larger card is."""
    with pytest.raises(Malformed):
        open_item(HERE, sign_item(JUN.mls, HERE, ContactRequest(b"card", "", proof=bytes(MAX_CARRIED + 1))))


def test_an_item_of_an_older_program_brings_no_proof() -> None:
    """It ends before that field."""
    body = msgspec.msgpack.encode([1, b"card", "hello", b"", b""])
    signed = SignedItem(JUN.identity, body, JUN.mls.sign(b"nullabona inbox item v1" + HERE + body))
    assert ContactRequest(b"card", "hello") == open_item(HERE, msgspec.msgpack.encode(signed))[1]


def test_a_pack_holds_a_way_in_and_its_branch() -> None:
    """What was packed comes out; what is none is refused."""
    history = ((3, b"c" * 32, (MINA.account,)),)
    pack = decode_pack(encode_pack(b"welcome", b"tree", history))
    assert (b"welcome", b"tree", history) == (pack.welcome, pack.tree, pack.history)
    assert () == decode_pack(encode_pack(b"welcome", b"tree")).history
    for data in (b"", b"\xc1", b"\x91" * 100_000):
        with pytest.raises(Malformed):
            decode_pack(data)


def test_what_an_item_says_stands_in_no_log() -> None:
    """Only what sort it is, and of rooms that were told how many."""
    told = RoomsTold((RoomTold(ROOM, b"info", ((MINA.account, MINA.handle),)),))
    assert ["<Gone>", "<RoomsTold 1>"] == [repr(Gone(ROOM)), repr(told)]
