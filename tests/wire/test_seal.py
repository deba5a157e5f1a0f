"""Sealed inboxes: only the owner opens, only in that inbox, and of two sizes nearly all have one."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nullabona.errors import Bug, Malformed, PeerError
from nullabona.wire.address import BoxSecrets
from nullabona.wire.messages import POLICY_INBOX
from nullabona.wire.padding import BUCKETS
from nullabona.wire.seal import (
    INBOX_LEAST,
    OVERHEAD,
    Inbox,
    check_public_key,
    inbox_item_fits,
    inbox_keypair,
    open_inbox_frame,
    open_sealed,
    seal_to,
    seal_to_inbox,
    seal_to_place,
)
from tests.wire.cards import inbox_of, seed_of

MINA = inbox_of("mina")
SEED = seed_of("mina")


def test_the_key_pair_is_the_drafts() -> None:
    """The first vector of draft-connolly-cfrg-xwing-kem gives the draft's public key."""
    seed = bytes.fromhex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26")
    public = inbox_keypair(seed).public
    assert public.hex().startswith("e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5b19cfc3d")
    assert sha256(public).hexdigest() == "2e816deebcd76c5c80d0cd2d174478871658e8e2ff42bc9d4a6e486372e856bb"


@given(plaintext=st.binary(max_size=2_000), info=st.binary(max_size=40))
@settings(max_examples=30)
def test_the_owner_opens_what_was_sealed(plaintext: bytes, info: bytes) -> None:
    """open(seal(x)) == x for every text and info."""
    assert open_sealed(SEED, info, seal_to(MINA.hpke_key, info, plaintext)) == plaintext


def test_nobody_else_opens_and_info_counts() -> None:
    """Another seed, another info or a changed byte opens nothing."""
    sealed = seal_to(MINA.hpke_key, b"a", b"text")
    for seed, info, data in (
        (seed_of("jun"), b"a", sealed),
        (SEED, b"b", sealed),
        (SEED, b"a", sealed[:-1] + bytes((sealed[-1] ^ 1,))),
        (SEED, b"a", sealed[:-1]),
    ):
        with pytest.raises(Malformed):
            open_sealed(seed, info, data)


MOST_SMALL, MOST = (size - OVERHEAD - 1 for size in (INBOX_LEAST, BUCKETS[-1]))


@pytest.mark.parametrize(
    ("length", "size"),
    [(0, 16_384), (1, 16_384), (912, 16_384), (MOST_SMALL, 16_384), (MOST_SMALL + 1, 65_536), (MOST, 65_536)],
)
def test_an_inbox_frame_has_one_of_two_sizes(length: int, size: int) -> None:
    """What fits a contact request's has that; anything larger the largest."""
    frame = seal_to_inbox(MINA, bytes(length))
    assert (size, bytes(length)) == (len(frame), open_inbox_frame(SEED, MINA.address, frame))


@pytest.mark.parametrize(("length", "size"), [(0, 2_048), (911, 2_048), (912, 4_096), (MOST_SMALL, 16_384)])
def test_elsewhere_a_sealed_frame_has_the_smallest_size_that_fits(length: int, size: int) -> None:
    """As in a reply box; and an inbox's owner opens such a frame, too, which earlier versions put there."""
    frame = seal_to_place(MINA.hpke_key, MINA.address, bytes(length))
    assert (size, bytes(length)) == (len(frame), open_inbox_frame(SEED, MINA.address, frame))


def test_what_does_not_fit_is_known_beforehand() -> None:
    """The largest item fits, one byte more does not."""
    largest = BUCKETS[-1] - OVERHEAD - 1
    assert inbox_item_fits(largest)
    assert not inbox_item_fits(largest + 1)
    with pytest.raises(Bug):
        seal_to_inbox(MINA, bytes(largest + 1))


def test_a_frame_cannot_be_moved_to_another_inbox() -> None:
    """A relay or a stranger cannot copy a frame into another inbox of the same key."""
    moved = Inbox(bytes(32), bytes(32), MINA.hpke_key)
    with pytest.raises(Malformed):
        open_inbox_frame(SEED, moved.address, seal_to_inbox(MINA, b"hello"))


def test_an_inbox_is_the_box_of_its_secrets() -> None:
    """The address in the card is where the owner's secrets lead."""
    read, write = bytes(range(32)), bytes(32)
    box = BoxSecrets(POLICY_INBOX, read, write)
    assert Inbox(box.read_hash, write, MINA.hpke_key).address == box.address


@pytest.mark.parametrize("key", [b"", bytes(1_215), bytes(1_217), b"\xff" * 1_216])
def test_a_key_that_is_none_is_refused(key: bytes) -> None:
    """Wrong sizes and values outside the ring are noticed before anything is sealed."""
    with pytest.raises(Malformed):
        check_public_key(key)


def test_a_key_that_gives_away_the_secret_is_refused() -> None:
    """A curve point of low order seals nothing."""
    with pytest.raises(Malformed):
        seal_to(MINA.hpke_key[:1_184] + bytes(32), b"", b"text")


def test_a_seed_has_one_size() -> None:
    """A wrong seed is our own fault, and said so."""
    with pytest.raises(Bug):
        inbox_keypair(bytes(31))


@given(frame=st.binary(max_size=100) | st.sampled_from([bytes(size) for size in BUCKETS]))
@settings(max_examples=30)
def test_any_bytes_give_a_value_or_a_peer_error(frame: bytes) -> None:
    """No frame makes opening fail in another way."""
    with pytest.raises(PeerError):
        open_inbox_frame(SEED, MINA.address, frame)


def test_a_key_pair_does_not_print() -> None:
    """No repr shows a key."""
    assert repr(inbox_keypair(SEED)) == "InboxKeypair()"
