"""Numbers, base64 and text from outside, in exactly one spelling each; everything else is `Malformed`.

Python's own readers are more generous than the formats: ``int`` takes ``+5``, ``5_0`` and ``٥``, base64 decoders take
stray bits and characters, ``splitlines`` ends lines at U+2028. None of them is used on outside bytes.
"""

from __future__ import annotations

import binascii
import re
from typing import Final

from nullabona.errors import Malformed

MAX_NUMBER: Final = 2**63 - 1
"""The largest size, index or time that any of the formats may carry."""

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


def decimal(text: str) -> int:
    """The number that ``text`` is: ASCII digits, no sign, no leading zero, at most `MAX_NUMBER`."""
    if not _DECIMAL.fullmatch(text) or (number := int(text)) > MAX_NUMBER:
        raise Malformed("a number is not in its one form")
    return number


def decode_base64(text: str, size: int | None = None) -> bytes:
    """The bytes of standard padded base64 (RFC 4648 §4) without a stray bit; ``size`` is how many there must be."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise Malformed("not base64") from None
    if encode_base64(data) != text:
        raise Malformed("base64 is not in its one form")
    if size is not None and len(data) != size:
        raise Malformed(f"{len(data)} bytes in base64, not {size}")
    return data


def encode_base64(data: bytes) -> str:
    """The one spelling that `decode_base64` takes."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def decode_text(data: bytes, limit: int, what: str) -> str:
    """UTF-8 of at most ``limit`` bytes without control characters but newline."""
    if len(data) > limit:
        raise Malformed(f"a {what} is larger than {limit} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed(f"a {what} is not UTF-8") from None
    if has_control(text):
        raise Malformed(f"a {what} contains a control character")
    return text


def has_control(text: str) -> bool:
    """Whether a character below U+0020 other than newline is in ``text``."""
    return _CONTROL.search(text) is not None


def is_key_name(name: str) -> bool:
    """Whether signed-note allows ``name`` as a key's name: not empty, no Unicode space, no plus, no control."""
    return bool(name) and "+" not in name and not has_control(name) and not any(sign.isspace() for sign in name)
