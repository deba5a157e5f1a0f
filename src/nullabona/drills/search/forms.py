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
from base64 import b32encode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, Literal
from urllib.parse import quote

from nullabona.drills.search.secret import Kind, Secret

TELLING: Final = 12.0
SHORTEST: Final = 6
"""A form shorter than this turns up in random bytes by chance (2**-48 per byte), so it is not looked for ..."""
SHORTEST_PLAIN: Final = 4
"""... but for plain UTF-8, which is looked for from four bytes on ..."""
SHORTEST_ASCII: Final = 5
"""... or five of ASCII: four letters turn up in base64 (2**-24 per byte), of which a record has much."""
_LETTER: Final = 1.0
_SIGN: Final = 0.5
_WIDE: Final = 4.5
_KEY_BYTE: Final = 1.5
_DIGIT: Final = 0x3FFF_FFFF
"""CPython keeps whole numbers in pieces of 30 bits."""
_REPLACED: Final = b"?"
"""The replacement for a character that an encoding lacks."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write ``secret``. ``gained[i]`` is the weight of the first ``i`` bytes.

    ``letters[i]`` is the character of the secret, counted in NFC, that byte ``i`` begins or goes on with: of a key, the
    byte.
    """

    secret: Secret
    name: str
    data: bytes = field(repr=False)
    gained: tuple[float, ...] = field(repr=False)
    letters: tuple[int, ...] = field(repr=False)

    @property
    def needed(self) -> float:
        """The least weight of a piece that counts."""
        return min(TELLING, self.gained[-1])

    def weight(self, start: int, end: int) -> float:
        """What the bytes from ``start`` to ``end`` give away."""
        return self.gained[end] - self.gained[start]

    def whole(self, start: int, end: int) -> tuple[int, int]:
        """The characters that the bytes from ``start`` to ``end`` write whole: the first, and behind the last."""
        first, last = self.letters[start], self.letters[end - 1] + 1
        cut_before = start > 0 and self.letters[start - 1] == first
        cut_behind = end < len(self.letters) and self.letters[end] == last - 1
        return first + cut_before, last - cut_behind


def forms_of(secret: Secret) -> list[Form]:
    """Every form that `docs/how-to/read-a-drill.md` promises, none twice.

    Left out is what would be found by chance, and what writes too little of the secret: see `_encode_cp949`.
    """
    found: dict[bytes, Form] = {}
    for form in _all_forms(secret):
        if len(form.data) >= _least(form) and form.data not in found:
            found[form.data] = form
    return list(found.values())


def _least(form: Form) -> int:
    if not form.name.startswith("utf-8"):
        return SHORTEST
    return SHORTEST_ASCII if form.data.isascii() else SHORTEST_PLAIN


def _all_forms(secret: Secret) -> Iterator[Form]:
    if secret.kind is Kind.KEY:
        size = len(secret.value)
        yield from _byte_forms(secret, "raw", secret.value, [_KEY_BYTE] * size, range(size))
        return
    text = secret.value.decode()
    yield from _text_forms(secret, text, "NFC")
    yield from _text_forms(secret, text, "NFD")
    if secret.kind is Kind.ADDRESS:
        yield from _address_forms(secret, text)


def _text_forms(secret: Secret, text: str, normal: Literal["NFC", "NFD"]) -> Iterator[Form]:
    weighed = _weighed(text, normal)
    raw = "".join(char for char, _, _ in weighed).encode()
    weights = [weight / len(char.encode()) for char, weight, _ in weighed for _ in char.encode()]
    letters = [letter for char, _, letter in weighed for _ in char.encode()]
    yield from _byte_forms(secret, "utf-8", raw, weights, letters, normal)
    needed = min(TELLING, sum(weight for _, weight, _ in weighed))
    for name, encode in _CHARACTERWISE.items():
        pieces = [_written(encode(char), weight, letter) for char, weight, letter in weighed]
        if sum(weight for _, weight, _ in pieces) < needed:
            continue
        spread = [weight / len(piece) for piece, weight, _ in pieces for _ in piece]
        letters = [letter for piece, _, letter in pieces for _ in piece]
        yield _form(secret, f"{name} {normal}", b"".join(piece for piece, _, _ in pieces), spread, letters)


def _written(encoded: bytes, weight: float, letter: int) -> tuple[bytes, float, int]:
    """A character as it is written, and what that gives away: nothing, if a replacement is written."""
    return (encoded, weight, letter) if encoded else (_REPLACED, 0.0, letter)


def _weighed(text: str, normal: Literal["NFC", "NFD"]) -> list[tuple[str, float, int]]:
    """Each character with its weight and its number in NFC; the separate jamo of a syllable share those of it."""
    composed = unicodedata.normalize("NFC", text)
    parts = [(unicodedata.normalize(normal, char), _weigh(char)) for char in composed]
    return [(char, weight / len(part), letter) for letter, (part, weight) in enumerate(parts) for char in part]


def _weigh(char: str) -> float:
    if char.isascii():
        return _LETTER if char.isalnum() else _SIGN
    return _WIDE if char.isalnum() or unicodedata.combining(char) else 2.0


def _byte_forms(
    secret: Secret, name: str, raw: bytes, weights: list[float], letters: Sequence[int], normal: str = ""
) -> Iterator[Form]:
    end = f" {normal}" if normal else ""
    plain = _form(secret, f"{name}{end}", raw, weights, letters)
    yield plain
    twice, pairs = (
        [weight / 2 for weight in weights for _ in range(2)],
        [letter for letter in letters for _ in range(2)],
    )
    yield _form(secret, f"hex{end}", raw.hex().encode(), twice, pairs)
    yield _form(secret, f"HEX{end}", raw.hex().upper().encode(), twice, pairs)
    for shift in range(3):
        yield _packed(plain, weights, f"base64+{shift}{end}", shift, 6, b64encode)
        yield _packed(plain, weights, f"base64url+{shift}{end}", shift, 6, urlsafe_b64encode)
    for shift in range(5):
        yield _packed(plain, weights, f"base32+{shift}{end}", shift, 5, b32encode)
        yield _packed(plain, weights, f"base32 lower+{shift}{end}", shift, 5, lambda data: b32encode(data).lower())


def _packed(
    plain: Form, weights: list[float], name: str, shift: int, bits: int, encode: Callable[[bytes], bytes]
) -> Form:
    """Base64 (``bits`` to a sign: 6) or base32 (5) of ``plain`` behind ``shift`` unknown bytes, without the signs that
    depend on the neighbours.

    A sign that holds bits of two characters counts as one of that of which it holds more.
    """
    encoded = encode(bytes(shift) + plain.data)
    first = (shift * 8 + bits - 1) // bits
    last = (shift + len(plain.data)) * 8 // bits
    each = [0.0] * (shift * 8) + [weight / 8 for weight in weights for _ in range(8)]
    spread = [sum(each[at * bits : (at + 1) * bits]) for at in range(first, last)]
    letters = [plain.letters[(at * bits + bits // 2) // 8 - shift] for at in range(first, last)]
    return _form(plain.secret, name, encoded[first:last], spread, letters)


def _form(secret: Secret, name: str, data: bytes, weights: Iterable[float], letters: Sequence[int]) -> Form:
    return Form(secret, name, data, (0.0, *accumulate(weights)), tuple(letters))


def _escape_json(char: str) -> bytes:
    return json.dumps(char).encode()[1:-1]


def _escape_bytes(char: str) -> bytes:
    return repr(char.encode()).encode()[2:-1]


def _encode_cp949(char: str) -> bytes:
    """As Windows in Korean does, and EUC-KR where that has the character; nothing if there is no such character."""
    return char.encode("cp949", "ignore")


def _quote_lower(char: str) -> bytes:
    quoted = quote(char, safe="")
    return (quoted.lower() if quoted.startswith("%") else quoted).encode()


_CHARACTERWISE: Final[dict[str, Callable[[str], bytes]]] = {
    "utf-16le": lambda char: char.encode("utf-16-le"),
    "utf-16be": lambda char: char.encode("utf-16-be"),
    "utf-32le": lambda char: char.encode("utf-32-le"),
    "utf-32be": lambda char: char.encode("utf-32-be"),
    "cp949": _encode_cp949,
    "url": lambda char: quote(char, safe="").encode(),
    "url lower": _quote_lower,
    "json escape": _escape_json,
    "byte escape": _escape_bytes,
}


def _address_forms(secret: Secret, text: str) -> Iterator[Form]:
    """An IPv4 address as a program keeps it: mapped into IPv6, reversed, its four bytes in hexadecimal, and as a number
    in digits or as Python keeps it; see `socket_address` for one more. Four bytes as they are: `bare`.
    """
    packed = ipaddress.IPv4Address(text).packed
    reversed_name = ".".join(reversed(text.split("."))) + ".in-addr.arpa"
    forms = [("ipv6-mapped", b"\xff\xff" + packed), ("reverse dns", reversed_name.encode())]
    for order, four in (("", packed), (", reversed", packed[::-1])):
        number = int.from_bytes(four, "big")
        forms += [
            (f"hex of four bytes{order}", four.hex().encode()),
            (f"HEX of four bytes{order}", four.hex().upper().encode()),
            (f"number{order}", str(number).encode()),
            (f"number of Python's{order}", struct.pack("<II", number & _DIGIT, number >> _DIGIT.bit_length())),
        ]
    for name, data in forms:
        size = len(data)
        yield _form(secret, name, data, [TELLING / size] * size, [0] * (size - 1) + [len(text) - 1])


def socket_address(secret: Secret) -> bytes:
    """A regular expression for a ``struct sockaddr_in`` with the secret's address and any port."""
    packed = ipaddress.IPv4Address(secret.value.decode()).packed
    return re.escape(struct.pack("=H", socket.AF_INET)) + b".." + re.escape(packed)
