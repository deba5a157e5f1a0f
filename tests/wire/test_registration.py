"""The text form of registration tokens, and everything else that people paste."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from nullabona.wire.messages import MAX_TOKEN, PublishCard, decode_request, encode
from nullabona.wire.registration import TokenInvalid, issue_token, parse_token, token_text, verify_token

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
TOKEN = issue_token(KEY.sign, PUBLIC, "relay.example", bytes(range(16)), 20_000)
LONGEST = issue_token(KEY.sign, PUBLIC, "a" * 255, bytes(16), 1_000_000)


@given(st.text(alphabet=" \n\t", max_size=3), st.integers(0, len(token_text(TOKEN))))
def test_a_token_survives_being_pasted(space: str, at: int) -> None:
    """Line breaks and spaces of a mail do no harm."""
    text = token_text(TOKEN)
    assert parse_token(space + text[:at] + space + text[at:] + space) == TOKEN


@given(st.text(max_size=200) | st.text(max_size=200).map(lambda text: "nbt1-" + text))
def test_anything_else_is_told_apart(text: str) -> None:
    """One form per token: what is accepted is what was printed."""
    try:
        found = parse_token(text)
    except TokenInvalid:
        return
    assert token_text(found) == "".join(text.split())


@given(st.binary(max_size=300))
def test_no_bytes_pass_for_a_signed_token(data: bytes) -> None:
    with pytest.raises(TokenInvalid):
        verify_token(data, host="relay.example", issuers=frozenset({PUBLIC}))


@given(st.integers(0, len(TOKEN) - 1), st.integers(1, 255))
def test_no_altered_token_is_good(at: int, change: int) -> None:
    """Whichever byte it is."""
    altered = TOKEN[:at] + bytes([TOKEN[at] ^ change]) + TOKEN[at + 1 :]
    with pytest.raises(TokenInvalid):
        verify_token(altered, host="relay.example", issuers=frozenset({PUBLIC}))


def test_the_longest_token_fits_a_request() -> None:
    """And a longer one does not."""
    assert len(LONGEST) <= MAX_TOKEN
    assert decode_request(encode(PublishCard(b"card", LONGEST))) == PublishCard(b"card", LONGEST)
    assert verify_token(LONGEST, host="a" * 255, issuers=frozenset({PUBLIC})).until_day == 1_000_000
    with pytest.raises(Exception, match="not a request"):
        decode_request(encode(PublishCard(b"card", bytes(MAX_TOKEN + 1))))


def test_a_request_of_before_is_one_without_a_token() -> None:
    """Old clients register where no token is needed."""
    assert decode_request(b"\x92\x06\xc4\x04card") == PublishCard(b"card")
