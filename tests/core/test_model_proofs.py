"""Signed statements: each holds for what it says, from whom it says, and nothing else (spec/room.md §§3, 5, 7)."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import msgspec
import pytest
from msgspec import structs

from nullabona.client.core.model import proofs
from nullabona.client.core.model.proofs import BadProof, Claim, CommitNote, MoveOrder, RemovalOrder, Ruling
from nullabona.errors import Malformed, PeerError
from tests.core.stage import Other

JUN, DORA = Other("jun"), Other("dora")
ROOM, BOX = b"r" * 32, b"b" * 32
RELAY = "wss://two.example:443/v1"


def order(*keys: bytes) -> RemovalOrder:
    return proofs.make_order(JUN.mls, JUN.signature_key, ROOM, DORA.account, list(keys or (b"leaf",)))


def ruling() -> Ruling:
    return proofs.make_ruling(JUN.mls, ROOM, 3, b"info", [JUN.account, DORA.account])


def move(number: int = 1, relay: str = RELAY) -> MoveOrder:
    return proofs.make_move(JUN.mls, JUN.signature_key, ROOM, number, relay)


def claim(commit: bytes = b"commit", removed: tuple[bytes, ...] = ()) -> Claim:
    data = proofs.make_claim(JUN.mls, JUN.signature_key, BOX, commit, removed, (order(),))
    return proofs.decode_claim(data)


# -- what is signed -------------------------------------------------------------------------------------------------


def test_an_order_names_the_leaves_it_is_about_by_their_hashes() -> None:
    """Sorted, so that the same order is the same bytes."""
    made = order(b"one", b"two")
    made.verify()
    assert (ROOM, DORA.account, JUN.signature_key) == (made.room, made.account, made.signer)
    assert tuple(sorted(sha256(key).digest() for key in (b"one", b"two"))) == made.leaves
    assert made == order(b"two", b"one")


@pytest.mark.parametrize(
    "change", [{"room": BOX}, {"account": JUN.account}, {"leaves": (BOX,)}, {"signer": DORA.signature_key}]
)
def test_an_order_that_was_changed_does_not_hold(change: dict[str, object]) -> None:
    """In any part."""
    with pytest.raises(BadProof):
        structs.replace(order(), **change).verify()


def test_a_ruling_says_what_the_room_became_and_who_made_it_so() -> None:
    """Verified, it gives the certificate of the device that signed it."""
    made = ruling()
    assert JUN.certificate == made.verify()
    assert (ROOM, 3, b"info", JUN.identity) == (made.room, made.epoch, made.info, made.certificate)
    assert proofs.members_hash([DORA.account, JUN.account, JUN.account]) == made.members


@pytest.mark.parametrize(
    "change", [{"room": BOX}, {"epoch": 4}, {"info": b"other"}, {"members": BOX}, {"certificate": DORA.identity}]
)
def test_a_ruling_that_was_changed_does_not_hold(change: dict[str, object]) -> None:
    """Nor under another's certificate, or none that verifies."""
    with pytest.raises(BadProof):
        structs.replace(ruling(), **change).verify()
    with pytest.raises(PeerError):
        structs.replace(ruling(), certificate=b"none").verify()


def test_members_are_named_by_one_hash_whatever_their_order() -> None:
    """Who is in counts once, and each one counts."""
    one = proofs.members_hash([JUN.account, DORA.account])
    assert one == proofs.members_hash([DORA.account, JUN.account, DORA.account])
    others = {proofs.members_hash(each) for each in ([JUN.account], [DORA.account], [])}
    assert (3, 32, False) == (len(others), len(one), one in others)


def test_a_move_order_holds_for_its_relay_and_number() -> None:
    """As it was signed."""
    move().verify()
    for change in ({"room": BOX}, {"number": 2}, {"relay": "wss://x"}, {"signer": DORA.signature_key}):
        with pytest.raises(BadProof):
            structs.replace(move(), **change).verify()


def test_of_two_move_orders_the_higher_number_holds_then_the_lower_hash() -> None:
    """Everybody who has heard of both goes to the same relay."""
    assert move(3).rank < move(2).rank < move(1).rank
    two = [move(relay=relay) for relay in (RELAY, "wss://three.example:443/v1")]
    lower = min(two, key=lambda each: sha256(each.payload()).digest())
    assert lower == min(two, key=lambda each: each.rank)


# -- claims ---------------------------------------------------------------------------------------------------------


def test_a_claim_holds_for_its_box_and_its_commit() -> None:
    """The orders that justify it go along, unsigned."""
    made = claim(removed=(DORA.account,))
    made.verify(BOX)
    assert (b"commit", sha256(b"commit").digest(), (DORA.account,), (order(),)) == (
        made.data,
        made.commit,
        made.removed,
        made.orders,
    )
    structs.replace(made, orders=()).verify(BOX)
    structs.replace(made, data=b"").verify(BOX)


def test_a_claim_of_a_commit_of_which_only_the_hash_is_known_says_the_same() -> None:
    """It lacks the commit, and nothing else."""
    made = claim(removed=(DORA.account,))
    bare = proofs.make_bare_claim(JUN.mls, JUN.signature_key, BOX, made.commit, made.removed, made.orders)
    assert structs.replace(made, data=b"") == proofs.decode_claim(bare)


@pytest.mark.parametrize(
    "change",
    [
        {"data": b"other"},
        {"commit": sha256(b"other").digest()},
        {"data": b"other", "commit": sha256(b"other").digest()},
        {"removed": (DORA.account,)},
        {"signer": DORA.signature_key},
    ],
)
def test_a_claim_that_was_changed_does_not_hold(change: dict[str, object]) -> None:
    """Nor does it for another box, even if it says so."""
    with pytest.raises(BadProof):
        structs.replace(claim(), **change).verify(BOX)
    with pytest.raises(BadProof):
        claim().verify(ROOM)
    with pytest.raises(BadProof):
        structs.replace(claim(), box=ROOM).verify(ROOM)


def test_a_branch_that_removed_somebody_comes_before_one_that_did_not() -> None:
    """And of two alike the lower hash."""
    plain, removing = claim(), claim(removed=(DORA.account,))
    assert ((1, plain.commit), (0, removing.commit)) == (plain.key, removing.key)
    assert (1, 0) == (plain.rank, removing.rank)


def test_no_statement_can_be_taken_for_another() -> None:
    """Each kind is signed under its own name: a signature of one is none of any other over the same bytes."""
    made = order()
    payload = made.payload()
    for other in (ruling(), move(), claim()):
        assert JUN.sign(payload) not in {made.signature, other.signature}
    moved = move()
    forged = RemovalOrder(ROOM, DORA.account, (BOX,), JUN.signature_key, moved.signature)
    with pytest.raises(BadProof):
        forged.verify()


# -- bytes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "encode", "decode"),
    [
        (ruling(), proofs.encode_ruling, proofs.decode_ruling),
        (move(), proofs.encode_move, proofs.decode_move),
        (claim(), msgspec.msgpack.encode, proofs.decode_claim),
        (CommitNote((order(),)), proofs.encode_note, proofs.decode_note),
        (CommitNote(ruling=ruling()), proofs.encode_note, proofs.decode_note),
        (CommitNote(tag=b"tag"), proofs.encode_note, proofs.decode_note),
        (CommitNote(), proofs.encode_note, proofs.decode_note),
    ],
)
def test_a_statement_is_read_back(
    value: object, encode: Callable[[object], bytes], decode: Callable[[bytes], object]
) -> None:
    """As it was."""
    assert value == decode(encode(value))


@pytest.mark.parametrize("decode", [proofs.decode_ruling, proofs.decode_move, proofs.decode_claim, proofs.decode_note])
@pytest.mark.parametrize("data", [b"\xc1", b"\x90" * 2, b"\x91" * 5_000, b"\xa1\xff", b"\x96\xc0\xc0\xc0\xc0\xc0\xc0"])
def test_what_is_no_statement_is_refused(decode: Callable[[bytes], object], data: bytes) -> None:
    """However it is broken."""
    with pytest.raises(Malformed):
        decode(data)


def test_an_empty_note_is_no_bytes() -> None:
    """Most commits say nothing beside themselves."""
    assert (b"", CommitNote()) == (proofs.encode_note(CommitNote()), proofs.decode_note(b""))


def test_a_commits_tag_is_found_in_its_note_alone() -> None:
    """None in what is no note, or says none."""
    notes = [proofs.encode_note(CommitNote(tag=b"tag")), b"", proofs.encode_note(CommitNote((order(),))), b"\xc1"]
    assert [b"tag", b"", b"", b""] == [proofs.tag_of(note) for note in notes]
