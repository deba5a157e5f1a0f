"""What an operator can compute who is given a picture or two people's cards: where it would lie, if that followed.

The operator has the program. From the exact picture follows the hash of its chunk, if the key of a file does; from two
cards the box of two people, if its secret does. Every key is tried that follows from what the order names, or from
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256, sha512
from itertools import permutations
from typing import Final

from nullabona.wire.address import epoch_keys
from nullabona.wire.blob import PIECE, seal_piece

_EPOCHS: Final = 8
"""So many epochs of a room are tried as a number beside its accounts."""


def chunks_of(picture: bytes) -> set[str]:
    """The hashes of a picture's first chunk under each such key, in hexadecimal."""
    return {sha256(seal_piece(key, 0, picture[:PIECE])).hexdigest() for key in _keys_of(picture)}


def boxes_of(accounts: Iterable[bytes]) -> set[bytes]:
    """The addresses of the boxes of any two of these accounts, if a room's secret follows from whose it is."""
    return {epoch_keys(secret).box.address for one, other in permutations(accounts, 2) for secret in _of(one, other)}


def _keys_of(picture: bytes) -> Iterator[bytes]:
    yield from (bytes(32), b"\xff" * 32)
    for value in (b"", picture, picture[:PIECE], str(len(picture)).encode(), len(picture).to_bytes(8, "big")):
        digest = sha256(value).digest()
        yield from (digest, sha512(value).digest()[:32], sha256(digest).digest())


def _of(one: bytes, other: bytes) -> Iterator[bytes]:
    for joined in (one + other, one):
        for counted in (b"", *(epoch.to_bytes(8, "big") for epoch in range(_EPOCHS))):
            yield from (sha256(joined + counted).digest(), sha512(joined + counted).digest()[:32])
