"""Safety numbers: what two people compare to know that nobody stands between them (spec/directory.md, §12). Pure."""

from __future__ import annotations

from hashlib import sha512
from typing import Final

GROUPS: Final = 12
ROUNDS: Final = 5_200
_DOMAIN: Final = b"nullabona safety number v1"
_CODE: Final = "nullabona:safety/"
_PERSON_GROUPS: Final = GROUPS // 2


def safety_digits(one: tuple[bytes, str], other: tuple[bytes, str]) -> tuple[str, ...]:
    """The number of two accounts (identity key, handle) as 12 groups of 5 digits, the same in either order."""
    return tuple(group for half in sorted((_half(*one), _half(*other))) for group in half)


def account_digits(account: bytes, handle: str) -> tuple[str, ...]:
    """The number of one account, which its devices show when they link: 6 groups of 5 digits, half of each safety
    number with it.
    """
    return _half(account, handle)


def code_text(digits: tuple[str, ...]) -> str:
    """What a QR code of the number says."""
    return _CODE + "".join(digits)


def code_matches(digits: tuple[str, ...], text: str) -> bool:
    """Whether a scanned code, or a typed number with any spaces, is this number."""
    return "".join(text.strip().removeprefix(_CODE).split()) == "".join(digits)


def _half(identity_key: bytes, handle: str) -> tuple[str, ...]:
    """30 digits of one account: SHA-512 over and over, so that no key with the same digits can be searched for."""
    name = handle.encode()
    digest = _DOMAIN + identity_key + name
    for _ in range(ROUNDS):
        digest = sha512(digest + identity_key + name).digest()
    pieces = (digest[at : at + 5] for at in range(0, 5 * _PERSON_GROUPS, 5))
    return tuple(f"{int.from_bytes(piece, 'big') % 100_000:05d}" for piece in pieces)
