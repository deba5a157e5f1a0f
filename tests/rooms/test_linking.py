"""The code of a link: what is shown is read, whoever types it and however; everything else is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.client.core.model.errors import BadLinkCode
from nullabona.client.core.model.link_code import (
    Credentials,
    Hello,
    LinkCode,
    open_grant,
    open_said,
    read_code,
    seal_grant,
    seal_said,
)
from nullabona.errors import Malformed, PeerError
from nullabona.wire.handle import parse_handle
from nullabona.wire.seal import inbox_keypair

HANDLES = tuple(parse_handle(text) for text in ("mina@relay.example", "김미나@127.0.0.1:7700"))
CREDENTIALS = Credentials(b"r" * 32, "mina@relay.example", "https://relay.example", b"c" * 100)


@given(st.binary(min_size=16, max_size=16), st.sampled_from(HANDLES), st.sampled_from([" ", "", "-", "  "]))
def test_a_code_is_read_however_it_is_typed(secret: bytes, handle: object, gap: str) -> None:
    code = LinkCode(handle, secret)  # type: ignore[arg-type]
    assert read_code(code.text) == code
    typed = gap.join(code.digits.split()).upper()
    assert read_code(f" {typed} ", str(handle)) == code
    assert secret.hex() not in repr(code)


@given(st.binary(min_size=16, max_size=16), st.integers(0, 27), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_slip_of_one_character_is_noticed_nearly_always(secret: bytes, place: int, other: str) -> None:
    """Never read as the same; of 4,096 slips about one is read as another code, which then opens an empty box."""
    code = LinkCode(HANDLES[0], secret)
    letters = "".join(code.digits.split())
    slipped = letters[:place] + other + letters[place + 1 :]
    if slipped == letters:
        return
    try:
        assert read_code(slipped, str(HANDLES[0])).secret != secret
    except BadLinkCode:
        return


@pytest.mark.parametrize(
    "text", ["", "abcd", "abcd " * 7, "9" * 28, "nullabona:device/#", "nullabona:device/mina", "é" * 28]
)
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(BadLinkCode):
        read_code(text, "mina@relay.example")
    with pytest.raises(BadLinkCode):
        read_code(text, "")


def test_what_is_said_opens_with_the_code_only_and_the_secret_with_the_devices_key_only() -> None:
    seed = b"s" * 32
    hello = Hello(b"d" * 16, b"k" * 32, inbox_keypair(seed).public, "desk")
    code, other = LinkCode(HANDLES[0], b"1" * 16), LinkCode(HANDLES[0], b"2" * 16)
    frame = seal_said(code, b"n" * 12, hello)
    assert open_said(code, frame) == hello
    with pytest.raises(PeerError):
        open_said(other, frame)
    grant = seal_grant(hello, CREDENTIALS)
    assert CREDENTIALS.root not in grant.sealed
    assert open_grant(grant, seed) == CREDENTIALS
    with pytest.raises(Malformed):
        open_grant(grant, b"t" * 32)
    assert "r" * 32 not in repr(CREDENTIALS)


@given(st.binary(max_size=2_000))
def test_any_bytes_in_the_box_are_refused_in_peace(data: bytes) -> None:
    with pytest.raises(PeerError):
        open_said(LinkCode(HANDLES[0], b"1" * 16), data)
