"""What counts as a signature (spec/directory.md §3): RFC 8032's own examples, and what only its letter would let in."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from nullabona.wire.signed import CardInvalid, check_signature

GROUP = 2**252 + 27742317777372353535851937790883648493
RFC_8032 = [  # §7.1, tests 1 to 3: public key, message, signature
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]
SMALL_ORDER = [  # of order 1, 2, 4 and 8, and the first of them in a form that is not its own
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


def holds(key: bytes, domain: bytes, body: bytes, signature: bytes) -> bool:
    try:
        check_signature(key, domain, body, signature)
    except CardInvalid:
        return False
    return True


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_the_rfcs_examples_hold_and_nothing_beside_them(key: str, message: str, signature: str) -> None:
    good, data, sealed = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
    assert holds(good, b"", data, sealed)
    assert holds(good, data, b"", sealed)
    assert not holds(good, b"", data + b"\0", sealed)
    raised = int.from_bytes(sealed[32:], "little") + GROUP
    assert not holds(good, b"", data, sealed[:32] + raised.to_bytes(32, "little"))


@pytest.mark.parametrize("key", SMALL_ORDER)
def test_a_key_that_fits_every_message_is_none(key: str) -> None:
    """With such a key and a commitment of small order, 0 solves the equation for one message in eight and more."""
    small = bytes.fromhex(key)
    for commitment in SMALL_ORDER:
        for number in range(16):
            assert not holds(small, b"domain", bytes([number]), bytes.fromhex(commitment) + bytes(32))


@pytest.mark.parametrize(("key", "signature"), [(31, 64), (33, 64), (0, 64), (32, 63), (32, 65), (32, 0)])
def test_another_length_is_refused(key: int, signature: int) -> None:
    assert not holds(bytes(key), b"", b"body", bytes(signature))


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.binary(max_size=200), st.integers(0, 511))
def test_it_agrees_with_another_library(seed: bytes, domain: bytes, body: bytes, bit: int) -> None:
    """On what was signed, and on that with any one bit turned."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    key, signature = private.public_key().public_bytes_raw(), private.sign(domain + body)
    assert holds(key, domain, body, signature)
    turned = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")
    assert not holds(key, domain, body, turned)
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(key).verify(turned, domain + body)
