"""How a secret may be written down: every form of it as bytes, with how much each byte of the form gives away.

A *weight* says how telling a piece is, so that three Korean syllables or about twelve Latin letters count as a leak
and a stray English word does not. A piece counts if it weighs `TELLING`, or as much as the whole secret if that is
shorter.
"""

from __future__ import annotations

import ipaddress
import json
import re
import socket
import struct
import unicodedata
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, Literal
from urllib.parse import quote

from nullabona.drills.search.secret import Kind, Secret

TELLING: Final = 12.0
SHORTEST: Final = 6
"""A form shorter than this turns up in random bytes by chance (2**-48 per byte), so it is not looked for ..."""
SHORTEST_PLAIN: Final = 4
"""... but for plain UTF-8, which is looked for from four bytes on."""
_LETTER: Final = 1.0
_SIGN: Final = 0.5
_WIDE: Final = 4.5
_KEY_BYTE: Final = 1.5


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write ``secret``. ``gained[i]`` is the weight of the first ``i`` bytes."""

    secret: Secret
    name: str
    data: bytes = field(repr=False)
    gained: tuple[float, ...] = field(repr=False)

    @property
    def needed(self) -> float:
        """The least weight of a piece that counts."""
        return min(TELLING, self.gained[-1])

    def weight(self, start: int, end: int) -> float:
        """What the bytes from ``start`` to ``end`` give away."""
        return self.gained[end] - self.gained[start]


def forms_of(secret: Secret) -> list[Form]:
    """Every form that `spec/threat-model.md` promises, those that would be found by chance left out, none twice."""
    found: dict[bytes, Form] = {}
    for form in _all_forms(secret):
        least = SHORTEST_PLAIN if form.name.startswith("utf-8") else SHORTEST
        if len(form.data) >= least and form.data not in found:
            found[form.data] = form
    return list(found.values())


def _all_forms(secret: Secret) -> Iterator[Form]:
    if secret.kind is Kind.KEY:
        yield from _byte_forms(secret, "raw", secret.value, [_KEY_BYTE] * len(secret.value))
        return
    text = secret.value.decode()
    yield from _text_forms(secret, text, "NFC")
    yield from _text_forms(secret, text, "NFD")
    if secret.kind is Kind.ADDRESS:
        yield from _address_forms(secret, text)


def _text_forms(secret: Secret, text: str, normal: Literal["NFC", "NFD"]) -> Iterator[Form]:
    weighed = _weighed(text, normal)
    raw = "".join(char for char, _ in weighed).encode()
    weights = [weight / len(char.encode()) for char, weight in weighed for _ in char.encode()]
    yield from _byte_forms(secret, "utf-8", raw, weights, normal)
    for name, encode in _CHARACTERWISE.items():
        pieces = [(encode(char), weight) for char, weight in weighed]
        spread = [weight / len(piece) for piece, weight in pieces for _ in piece]
        yield _form(secret, f"{name} {normal}", b"".join(piece for piece, _ in pieces), spread)


def _weighed(text: str, normal: Literal["NFC", "NFD"]) -> list[tuple[str, float]]:
    """Each character with its weight; the separate jamo of a decomposed syllable share the weight of the syllable."""
    parts = [(unicodedata.normalize(normal, char), _weigh(char)) for char in unicodedata.normalize("NFC", text)]
    return [(char, weight / len(part)) for part, weight in parts for char in part]


def _weigh(char: str) -> float:
    if char.isascii():
        return _LETTER if char.isalnum() else _SIGN
    return _WIDE if char.isalnum() or unicodedata.combining(char) else 2.0


def _byte_forms(secret: Secret, name: str, raw: bytes, weights: list[float], normal: str = "") -> Iterator[Form]:
    end = f" {normal}" if normal else ""
    yield _form(secret, f"{name}{end}", raw, weights)
    twice = [weight / 2 for weight in weights for _ in range(2)]
    yield _form(secret, f"hex{end}", raw.hex().encode(), twice)
    yield _form(secret, f"HEX{end}", raw.hex().upper().encode(), twice)
    for shift in range(3):
        yield _base64(secret, f"base64+{shift}{end}", raw, weights, (shift, b64encode))
        yield _base64(secret, f"base64url+{shift}{end}", raw, weights, (shift, urlsafe_b64encode))


def _base64(
    secret: Secret, name: str, raw: bytes, weights: list[float], how: tuple[int, Callable[[bytes], bytes]]
) -> Form:
    """Base64 of ``raw`` behind ``shift`` unknown bytes, without the characters that depend on the neighbours."""
    shift, encode = how
    encoded = encode(bytes(shift) + raw)
    first = (shift * 8 + 5) // 6
    last = (shift + len(raw)) * 8 // 6
    bits = [0.0] * (shift * 8) + [weight / 8 for weight in weights for _ in range(8)]
    spread = [sum(bits[at * 6 : at * 6 + 6]) for at in range(first, last)]
    return _form(secret, name, encoded[first:last], spread)


def _form(secret: Secret, name: str, data: bytes, weights: list[float]) -> Form:
    return Form(secret, name, data, (0.0, *accumulate(weights)))


def _escape_json(char: str) -> bytes:
    return json.dumps(char).encode()[1:-1]


def _escape_bytes(char: str) -> bytes:
    return repr(char.encode()).encode()[2:-1]


def _quote_lower(char: str) -> bytes:
    quoted = quote(char, safe="")
    return (quoted.lower() if quoted.startswith("%") else quoted).encode()


_CHARACTERWISE: Final[dict[str, Callable[[str], bytes]]] = {
    "utf-16le": lambda char: char.encode("utf-16-le"),
    "utf-16be": lambda char: char.encode("utf-16-be"),
    "utf-32le": lambda char: char.encode("utf-32-le"),
    "url": lambda char: quote(char, safe="").encode(),
    "url lower": _quote_lower,
    "json escape": _escape_json,
    "byte escape": _escape_bytes,
}


def _address_forms(secret: Secret, text: str) -> Iterator[Form]:
    """An IPv4 address as a program keeps it: mapped into IPv6, and reversed; see `socket_address` for a third form."""
    packed = ipaddress.IPv4Address(text).packed
    mapped = b"\xff\xff" + packed
    yield _form(secret, "ipv6-mapped", mapped, [TELLING / 6] * 6)
    reversed_name = ".".join(reversed(text.split("."))) + ".in-addr.arpa"
    yield _form(secret, "reverse dns", reversed_name.encode(), [TELLING / len(reversed_name)] * len(reversed_name))


def socket_address(secret: Secret) -> bytes:
    """A regular expression for a ``struct sockaddr_in`` with the secret's address and any port."""
    packed = ipaddress.IPv4Address(secret.value.decode()).packed
    return re.escape(struct.pack("=H", socket.AF_INET)) + b".." + re.escape(packed)
