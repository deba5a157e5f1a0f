"""Registration tokens: each registers one handle at a directory that asks for them (spec/directory.md §13).

A token is text that people pass on: ``nbt1-`` and base64url of a signed record. It does not say for whom it was made.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Final

from msgspec import Meta

from nullabona.errors import Malformed, PeerError
from nullabona.wire.messages import MAX_TOKEN
from nullabona.wire.signed import REV, Day, Key, Record, Signature, check_signature, decode_record, encode_record

SERIAL_SIZE: Final = 16
_DOMAIN: Final = b"nullabona registration token v1\0"
_MARK: Final = b"nullabona used token v1\0"
_PREFIX: Final = "nbt1-"


class TokenInvalid(PeerError):
    """A token is not one, is for another host, or its signature does not hold."""

    code = "token-invalid"
    default_hint = "copy the whole token, from nbt1- to its end"


class TokenBody(Record, frozen=True):
    """What an operator signs: one registration at ``host`` until the end of ``until_day``."""

    rev: int
    host: Annotated[str, Meta(min_length=1, max_length=255)]
    serial: Annotated[bytes, Meta(min_length=SERIAL_SIZE, max_length=SERIAL_SIZE)]
    until_day: Day


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A token that one of the directory's issuers signed for it. ``mark`` tells it from every other issuer's tokens."""

    mark: bytes = field(repr=False)
    until_day: int


class _Token(Record, frozen=True):
    body: Annotated[bytes, Meta(max_length=MAX_TOKEN)]
    key: Key
    signature: Signature


def issue_token(sign: Callable[[bytes], bytes], key: bytes, host: str, serial: bytes, until_day: int) -> bytes:
    """A token signed by ``sign``, whose Ed25519 public key is ``key``. ``serial``: 16 random bytes, used once."""
    body = encode_record(TokenBody(REV, host, serial, until_day))
    return encode_record(_Token(body, key, sign(_DOMAIN + body)))


def verify_token(token: bytes, *, host: str, issuers: frozenset[bytes]) -> VerifiedToken:
    """What the token says if one of ``issuers``, Ed25519 public keys, signed it for ``host``. Raises `TokenInvalid`."""
    try:
        outer = decode_record(_Token, token, MAX_TOKEN)
        body = decode_record(TokenBody, outer.body, MAX_TOKEN)
    except Malformed:
        raise TokenInvalid("this is not a registration token") from None
    if body.rev != REV or body.host != host or outer.key not in issuers:
        raise TokenInvalid("the registration token is not for this directory")
    check_signature(outer.key, _DOMAIN, outer.body, outer.signature, TokenInvalid)
    return VerifiedToken(sha256(_MARK + outer.key + body.serial).digest(), body.until_day)


def token_text(token: bytes) -> str:
    """The form that people pass on."""
    return _PREFIX + base64.urlsafe_b64encode(token).decode().rstrip("=")


def parse_token(text: str) -> bytes:
    """The token in what a person typed or pasted. Raises `TokenInvalid` if it cannot be one."""
    given = "".join(text.split())
    encoded = given.removeprefix(_PREFIX)
    if encoded == given or len(encoded) > 2 * MAX_TOKEN:
        raise TokenInvalid("this is not a registration token")
    try:
        token = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise TokenInvalid("this is not a registration token") from None
    if token_text(token) != given:
        raise TokenInvalid("this is not a registration token")
    return token
