"""Room frames: ``nonce ‖ AES-256-GCM(frame_key, pad(kind ‖ body))``, bound to their box (spec/frame.md).

MLS headers (group id, epoch, content type) never reach the relay in the clear.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nullabona.errors import Malformed
from nullabona.wire.address import Address
from nullabona.wire.padding import BUCKETS, fits, pad, unpad

NONCE_SIZE: Final = 12
TAG_SIZE: Final = 16
KIND_SIZE: Final = 1
OVERHEAD: Final = NONCE_SIZE + TAG_SIZE + KIND_SIZE
"""Bytes of a frame that are neither body nor padding."""

_DOMAIN: Final = b"nullabona frame v1"


class Kind(enum.IntEnum):
    """What a frame's body is. The high bit (`INDIRECT`) marks a body that was too large and is in blobs."""

    MESSAGE = 1
    """An MLS application message."""
    COMMIT = 2
    """An MLS commit whose sender has not merged it."""
    SETTLED = 3
    """A commit that its sender has merged, put back after order was lost (spec/room.md §5)."""
    MOVE = 4
    """An order that the room's boxes are kept by another relay from now on (spec/relocation.md)."""
    ITEM = 5
    """What one device asks others of the room, or their answer, sealed to who asked (spec/room.md §7.1)."""


INDIRECT: Final = 0x80


@dataclass(frozen=True, slots=True)
class OpenedFrame:
    """A frame that decrypted under its epoch's key. Nothing inside has been verified by MLS yet."""

    kind: Kind
    indirect: bool
    body: bytes = field(repr=False)


def body_fits(length: int) -> bool:
    """Whether a body of ``length`` bytes fits one frame; a longer one goes into blobs."""
    return fits(length + KIND_SIZE, NONCE_SIZE + TAG_SIZE)


def seal_frame(key: bytes, box: Address, nonce: bytes, kind: Kind, body: bytes, *, indirect: bool = False) -> bytes:
    """The frame for ``body``. ``nonce`` is 12 fresh random bytes, never used twice with ``key``."""
    head = bytes((kind | (INDIRECT if indirect else 0),))
    padded = pad(head + body, NONCE_SIZE + TAG_SIZE)
    return nonce + AESGCM(key).encrypt(nonce, padded, _DOMAIN + box)


def open_frame(key: bytes, box: Address, frame: bytes) -> OpenedFrame:
    """The content of ``frame``. Raises `Malformed` if its size, tag, padding or kind is wrong."""
    if len(frame) not in BUCKETS:
        raise Malformed("a frame's size is not a padding bucket")
    try:
        padded = AESGCM(key).decrypt(frame[:NONCE_SIZE], frame[NONCE_SIZE:], _DOMAIN + box)
    except InvalidTag:
        raise Malformed("a frame does not open with its epoch's key") from None
    content = unpad(padded)
    if not content:
        raise Malformed("a frame has no kind")
    try:
        kind = Kind(content[0] & ~INDIRECT)
    except ValueError:
        raise Malformed("a frame's kind is unknown") from None
    return OpenedFrame(kind, bool(content[0] & INDIRECT), content[1:])
