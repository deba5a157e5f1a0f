"""Private rows made by hand from published keys, for vectors: what the seam would have stored had it made the keys.

A row is OpenMLS's structs in postcard: numbers are base 128, low digits first; bytes and lists have their length in
front; an enum is the number of its variant and its fields.
"""

import hashlib
from collections.abc import Iterable, Mapping

from nullabona_mls import KEY_PACKAGE_SCOPE

from tests.mls.tls import Reader, vector

Row = tuple[bytes, bytes, bytes]

# Variants by code point, and those for code points without a name: GREASE (RFC 9420 section 13.5) and the rest.
EXTENSIONS = ({1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 10: 5}, 7, 6)
PROPOSALS = ({1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6}, 10, 9)
CREDENTIALS = ({1: 0, 2: 1}, 3, 2)
Variants = tuple[Mapping[int, int], int, int]


def number(value: int) -> bytes:
    digits = bytearray()
    while value >> 7:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(digits) + bytes([value])


def sized(data: bytes) -> bytes:
    return number(len(data)) + data


def listed(items: Iterable[bytes]) -> bytes:
    parts = list(items)
    return number(len(parts)) + b"".join(parts)


def variant(code: int, variants: Variants) -> bytes:
    named, grease, other = variants
    if code in named:
        return number(named[code])
    is_grease = code >> 8 == code & 0xFF and code & 0x0F == 0x0A
    return number(grease if is_grease else other) + number(code)


def codes(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


def extensions(data: bytes) -> bytes:
    """Only extensions that OpenMLS has no struct for."""
    reader, found = Reader(data), []
    while reader.rest:
        found.append(number(6) + number(reader.number(2)) + sized(reader.vector()))
    return listed(found)


def leaf_node(reader: Reader) -> bytes:
    """A leaf of a key package, which says how long it is valid."""
    keys = sized(reader.vector()) + sized(reader.vector())
    credential = variant(reader.number(2), CREDENTIALS) + sized(reader.vector())
    versions, suites = codes(reader.vector()), codes(reader.vector())
    capabilities = listed(b"\0" if one == 1 else b"\1" + number(one) for one in versions)
    capabilities += listed(number(one) for one in suites)
    for variants in (EXTENSIONS, PROPOSALS, CREDENTIALS):
        capabilities += listed(variant(one, variants) for one in codes(reader.vector()))
    assert 1 == reader.number(1)
    source = b"\0" + number(reader.number(8)) + number(reader.number(8))
    return keys + credential + capabilities + source + extensions(reader.vector()) + sized(reader.vector())


def key_package_row(message: bytes, init_key: bytes, encryption_key: bytes) -> Row:
    """The private half of a key package of suite 1, 2 or 3, under its reference (RFC 9420 section 5.2)."""
    reader = Reader(message)
    assert bytes.fromhex("000100050001") == reader.take(6)
    row = b"\0" + number(reader.number(2) - 1) + sized(reader.vector()) + leaf_node(reader)
    row += extensions(reader.vector()) + sized(reader.vector())
    assert b"" == reader.rest
    reference = hashlib.sha256(vector(b"MLS 1.0 KeyPackage Reference") + vector(message[4:])).digest()
    return KEY_PACKAGE_SCOPE, reference, row + sized(init_key) + sized(encryption_key)


def psk_row(psk_id: bytes, psk: bytes) -> Row:
    """An external pre-shared key."""
    return b"psk", b"\0" + sized(psk_id), sized(psk)
