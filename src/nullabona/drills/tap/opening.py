"""Tries to open what passed sealed, with every key that follows from what passed beside it.

Anyone who made the program chose what its keys are derived from. A tap knows the program, so it derives keys as that
does, from all that a relay is ever shown: secrets and hashes of boxes, addresses, incarnations, what ties wake tokens
together, cards; and from what needs no showing: zeros, and every constant in the program.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256, sha512
from itertools import permutations
from types import CodeType, ModuleType
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from nullabona.errors import PeerError
from nullabona.wire import address, blob, frame, seal
from nullabona.wire.address import Address
from nullabona.wire.card import UnverifiedCard
from nullabona.wire.frame import open_frame
from nullabona.wire.seal import inbox_keypair

_KEY: Final = 32
_TRIED: Final = 6
"""Frames of one box that are tried."""
_PIECES: Final = 4
"""Of a file the first so many pieces may have the key of their number."""
_LARGEST: Final = 65_536
_ROOM: Final = b"nullabona room v1 "
_LABELS: Final = (b"", *(_ROOM + label for label in (b"read", b"write", b"frame", b"bells")))
_MODULES: Final = (address, frame, blob, seal)


@dataclass(slots=True)
class Sealed:
    """What passed for one room's box: frames, and everything that a relay was shown to take and give them."""

    frames: list[bytes] = field(default_factory=list, repr=False)
    shown: dict[bytes, None] = field(default_factory=dict, repr=False)

    def add(self, *values: bytes) -> None:
        """It was shown these."""
        self.shown.update(dict.fromkeys(values))


def opens(box: bytes, sealed: Sealed, known: Iterable[bytes] = ()) -> bool:
    """Whether a frame of the box opens with a key that follows from what was shown, or from ``known``."""
    keys = dict.fromkeys((*keys_from(sealed.shown), *known, *common_keys()))
    return any(_opens(key, box, data) for data in sorted(sealed.frames, key=len)[:_TRIED] for key in keys)


def opens_inbox(card: UnverifiedCard) -> bool:
    """Whether the key of a card's inbox follows from the card."""
    body, inbox = card.body, card.body.inbox
    shown = (body.identity_key, inbox.read_hash, inbox.write_secret, inbox.hpke_key, body.handle.encode(), card.encoded)
    keys = (*keys_from(shown), *common_keys())
    return any(inbox_keypair(key).public == inbox.hpke_key for key in dict.fromkeys(keys))


def opens_piece(digest: bytes, piece: bytes) -> bool:
    """Whether a piece of a file opens with such a key, as one of a file's first."""
    if len(piece) > _LARGEST:
        return False
    lengths = (str(number).encode() for number in (len(piece), len(piece) - 16))
    keys = dict.fromkeys((*keys_from((digest, *lengths)), *common_keys()))
    return any(_opens_piece(key, number, piece) for key in keys for number in range(_PIECES))


def keys_from(shown: Iterable[bytes]) -> Iterator[bytes]:
    """Keys that follow from one of these values, or from two."""
    values = list(shown)
    for value in values:
        yield from _derived(value)
    for one, other in permutations(values, 2):
        yield sha256(one + other).digest()


@cache
def common_keys() -> tuple[bytes, ...]:
    """Keys that follow from nothing: the same for everybody."""
    words = [word for module in _MODULES for word in _constants(module)]
    joined = [one + other for one, other in permutations(words, 2)]
    plain = [bytes(_KEY), b"\xff" * _KEY, b""]
    return tuple(dict.fromkeys(key for value in (*plain, *words, *joined) for key in _derived(value)))


def _derived(value: bytes) -> Iterator[bytes]:
    if len(value) == _KEY:
        yield value
        for label in _LABELS:
            yield HKDFExpand(SHA256(), _KEY, label).derive(value)
    yield sha256(value).digest()
    yield sha512(value).digest()[:_KEY]


def _constants(module: ModuleType) -> Sequence[bytes]:
    """Every bytes constant in a module's program, as a disassembler finds them."""
    assert module.__spec__ is not None
    assert module.__spec__.loader is not None
    code = module.__spec__.loader.get_code(module.__name__)  # type: ignore[attr-defined]
    return sorted({word for word in _words(code) if len(word) > 1})


def _words(code: CodeType) -> Iterator[bytes]:
    for constant in code.co_consts:
        if isinstance(constant, bytes):
            yield constant
        elif isinstance(constant, CodeType):
            yield from _words(constant)


def _opens(key: bytes, box: bytes, data: bytes) -> bool:
    with suppress(PeerError):
        open_frame(key, Address(box), data)
        return True
    return False


def _opens_piece(key: bytes, number: int, piece: bytes) -> bool:
    with suppress(InvalidTag):
        AESGCM(key).decrypt(number.to_bytes(12, "big"), piece, b"nullabona blob v1")
        return True
    return False
