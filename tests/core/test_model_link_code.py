"""The code that lets a device in: the same on every screen, read however it is typed, and good for nobody else."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core.model.errors import BadLinkCode
from nullabona.client.core.model.link_code import (
    Credentials,
    Declined,
    Hello,
    LinkCode,
    open_grant,
    open_said,
    read_code,
    seal_grant,
    seal_said,
)
from nullabona.errors import Malformed, PeerError
from nullabona.wire.frame import Kind, seal_frame
from nullabona.wire.handle import parse_handle
from nullabona.wire.seal import inbox_keypair

MINA, KOREAN = parse_handle("mina@relay.example"), parse_handle("김미나@127.0.0.1:7700")
CODE = LinkCode(MINA, bytes(range(16)))
DIGITS = "aaaq eaye auda ocaj bifq ydio b5bf"
LETTERS = DIGITS.replace(" ", "")
OTHER = LinkCode(MINA, bytes([157]) * 16)
"""Its digits are twoz 3hm5 twoz 3hm5 twoz 3hm5 tulb."""


def test_a_code_looks_the_same_on_every_screen() -> None:
    """Whichever version shows it, and whichever reads it: digits, the text of the picture, the box at the relay."""
    assert (DIGITS, f"nullabona:device/mina@relay.example#{LETTERS}") == (CODE.digits, CODE.text)
    quoted = "%EA%B9%80%EB%AF%B8%EB%82%98"
    assert f"nullabona:device/{quoted}@127.0.0.1:7700#{LETTERS}" == LinkCode(KOREAN, CODE.secret).text
    assert "7777 7777 7777 7777 7777 7777 74yj" == LinkCode(MINA, b"\xff" * 16).digits
    address = "24581da585478e2fdc9a639102809d39a1d35f4524749bca0d98e83cc2325aa6"
    assert address == bytes(CODE.keys.box.address).hex()
    assert LinkCode(KOREAN, CODE.secret).keys.box.address != CODE.keys.box.address


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (DIGITS, CODE),
        (LETTERS.upper(), CODE),
        (f" {DIGITS.replace(' ', '-')}\n", CODE),
        (DIGITS.replace("o", "0").replace("b", "8"), CODE),
        ("tw0z 3hm5 twoz 3hm5 twoz 3hm5 tu1b", OTHER),
        (OTHER.digits, OTHER),
        (f" {CODE.text} ", CODE),
        (LinkCode(KOREAN, CODE.secret).text, LinkCode(KOREAN, CODE.secret)),
    ],
)
def test_a_code_is_read_as_people_type_it(typed: str, code: LinkCode) -> None:
    """In any case, with any gaps, with digits that look like letters; the picture's says whose it is."""
    assert code == read_code(typed, "mina@relay.example")


@pytest.mark.parametrize(
    ("typed", "handle", "why"),
    [
        (DIGITS, "", "needs the handle"),
        (DIGITS, "mina", "needs the handle"),
        (f"nullabona:device/%FF@relay.example#{LETTERS}", "mina@relay.example", "needs the handle"),
        (f"nullabona:device/#{LETTERS}", "mina@relay.example", "needs the handle"),
        ("nullabona:device/mina@relay.example", "", "not 0"),
        (LETTERS[:-1], "mina@relay.example", "not 27"),
        (LETTERS + "a", "mina@relay.example", "not 29"),
        (LETTERS[:-1] + "9", "mina@relay.example", "digits 2 to 7 only"),
        ("b" + LETTERS[1:], "mina@relay.example", "slip"),
        (LETTERS[:-1] + "g", "mina@relay.example", "slip"),
    ],
)
def test_what_is_wrong_with_a_code_is_said(typed: str, handle: str, why: str) -> None:
    """What it lacks, or that it has a slip."""
    with pytest.raises(BadLinkCode, match=why):
        read_code(typed, handle)


def test_what_is_said_in_the_box_is_read_with_the_code() -> None:
    """With another one, or changed, it is nothing; nor is a frame that says something else."""
    frame = seal_said(CODE, b"n" * 12, Declined())
    assert Declined() == open_said(CODE, frame)
    odd = seal_frame(CODE.keys.frame_key, CODE.keys.box.address, b"n" * 12, Kind.MESSAGE, b"\x91\x63")
    for code, data in ((OTHER, frame), (CODE, frame[:-1] + bytes([frame[-1] ^ 1])), (CODE, odd)):
        with pytest.raises(PeerError):
            open_said(code, data)


def test_the_secret_is_for_the_device_that_asked() -> None:
    """Neither another key nor another device opens it, and what is no secret is refused."""
    keys = inbox_keypair(b"s" * 32)
    hello = Hello(b"d" * 16, b"k" * 32, keys.public, "desk")
    secret = Credentials(b"r" * 32, "mina@relay.example", "wss://relay.example:443/v1", b"c" * 100)
    grant = seal_grant(hello, secret)
    assert (b"d" * 16, secret) == (grant.device, open_grant(grant, b"s" * 32))
    for wrong, seed in ((msgspec.structs.replace(grant, device=b"e" * 16), b"s" * 32), (grant, b"t" * 32)):
        with pytest.raises(Malformed):
            open_grant(wrong, seed)
    with pytest.raises(Malformed):
        seal_grant(msgspec.structs.replace(hello, reply_key=b"short"), secret)
