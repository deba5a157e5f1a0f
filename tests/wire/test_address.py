"""Addresses: a box is where its secrets say, and an epoch's keys follow from its secret alone."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from nullabona.wire.address import BoxSecrets, box_address, epoch_keys
from nullabona.wire.messages import POLICY_INBOX, POLICY_ROOM

secrets = st.binary(min_size=32, max_size=32)


def test_the_published_derivation() -> None:
    """The address is the hash that spec/relay.md names, byte for byte."""
    read, write = sha256(b"r" * 32).digest(), sha256(b"w" * 32).digest()
    expected = sha256(b"nullabona box v1" + b"\x01" + read + write).digest()
    assert expected == BoxSecrets(POLICY_INBOX, b"r" * 32, b"w" * 32).address


@given(secrets, secrets)
def test_every_part_counts(one: bytes, other: bytes) -> None:
    """Policy, reader and writer each change the address, and so does their order."""
    here = BoxSecrets(POLICY_ROOM, one, other)
    assert here.address == box_address(POLICY_ROOM, here.read_hash, here.write_hash)
    assert here.address != BoxSecrets(POLICY_INBOX, one, other).address
    assert (one == other) == (here.address == BoxSecrets(POLICY_ROOM, other, one).address)


@given(secrets, secrets)
def test_epoch_keys_follow_from_the_secret(one: bytes, other: bytes) -> None:
    """The same for the same secret, all different for another, and three different secrets each."""
    mine, yours = epoch_keys(one), epoch_keys(other)
    values = (mine.box.read_secret, mine.box.write_secret, mine.frame_key)
    assert (one == other) == (mine == yours)
    assert {32} == {len(value) for value in values}
    assert len(set(values) | {one}) == 4
    assert mine == epoch_keys(one)


def test_no_secret_is_in_a_repr() -> None:
    """Neither of a box nor of an epoch."""
    keys = epoch_keys(b"s" * 32)
    assert "EpochKeys(box=BoxSecrets(policy=0))" == repr(keys)
