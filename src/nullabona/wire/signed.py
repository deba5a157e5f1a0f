"""Signed records: canonical MessagePack and Ed25519 over a domain and the exact bytes (spec/directory.md §3).

Decoding and encoding a record again gives the same bytes, or it is refused: nothing can be signed twice in two forms.
"""

from __future__ import annotations

from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta
from nacl import bindings as sodium
from nacl import exceptions

from nullabona.errors import Malformed, PeerError
from nullabona.wire.handle import Handle, HandleError, parse_handle

REV: Final = 1
MAX_SKEW_DAYS: Final = 1
"""How many days ahead of the reader's day a signed day may be."""

Key = Annotated[bytes, Meta(min_length=32, max_length=32)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]
Day = Annotated[int, Meta(ge=0, le=1_000_000)]
"""Whole days since 1970-01-01, UTC."""
HandleText = Annotated[str, Meta(min_length=4, max_length=320)]


class CardInvalid(PeerError):
    """A card, certificate or statement decodes, but a signature or a rule of spec/directory.md does not hold."""

    code = "card-invalid"
    default_hint = "ask its owner to publish the card again; it was not used"


class SignedHandleRefused(Malformed):
    """A signed record is for a handle that breaks a rule of spec/directory.md §2."""

    code = "signed-handle-refused"


class Record(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """Base of everything that is signed, and of the envelopes that carry the signatures."""


R = TypeVar("R", bound=Record)

encode_record = msgspec.msgpack.Encoder().encode


def decode_record(record: type[R], data: bytes, limit: int) -> R:
    """The ``record`` in ``data``. Raises `Malformed` if it is not one, not canonical, or over ``limit`` bytes."""
    if len(data) > limit:
        raise Malformed(f"a {record.__name__} is too large")
    try:
        value = msgspec.msgpack.decode(data, type=record)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed(f"not a {record.__name__} of this protocol") from None
    if encode_record(value) != data:
        raise Malformed(f"a {record.__name__} is not in canonical form")
    return value


def signed_handle(text: str) -> Handle:
    """The handle in a signed record. Raises `SignedHandleRefused` unless it is allowed and in its normal form."""
    try:
        handle = parse_handle(text)
    except HandleError as error:
        raise SignedHandleRefused(f"a signed handle breaks the rules ({error.code})") from None
    if str(handle) != text:
        raise SignedHandleRefused("a signed handle is not in its normal form")
    return handle


def check_signature(
    key: bytes, domain: bytes, body: bytes, signature: bytes, refused: type[PeerError] = CardInvalid
) -> None:
    """Raises ``refused`` unless ``signature`` is ``key``'s over ``domain`` and ``body``.

    RFC 8032 without its cofactor; a key or a commitment of small order, or that is not in its one form, is refused too.
    """
    if len(key) != sodium.crypto_sign_PUBLICKEYBYTES or len(signature) != sodium.crypto_sign_BYTES:
        raise refused("a signature does not hold")
    try:
        sodium.crypto_sign_open(signature + domain + body, key)
    except exceptions.CryptoError:
        raise refused("a signature does not hold") from None


def check_day(day: int, today: int) -> None:
    """Raises `CardInvalid` if a signed day is ahead of ``today`` by more than `MAX_SKEW_DAYS`."""
    if day > today + MAX_SKEW_DAYS:
        raise CardInvalid("a signed day is in the future")
