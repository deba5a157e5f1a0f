"""Bells: how a device waits for a box without naming it (spec/relay.md §4.4, spec/room.md §2). Pure.

Each device of a room has a bell of its own for each epoch, by its leaf. Bells of one box, and of one device in two
rooms, look unrelated to whoever does not hold the epoch's secret. Whoever appends gives that secret to the relay for
the moment in which it rings.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import shake_128
from typing import Final, NewType

from nullabona.wire.messages import BELL_SIZE

Bell = NewType("Bell", bytes)
"""16 bytes that one device listens for."""

_DOMAIN: Final = b"nullabona bells v1"


def bells(secret: bytes, count: int) -> Sequence[Bell]:
    """The bells of the leaves 0 to ``count`` - 1: the output of SHAKE-128 (FIPS 202), cut into pieces."""
    output = shake_128(_DOMAIN + secret).digest(count * BELL_SIZE)
    return [Bell(output[at : at + BELL_SIZE]) for at in range(0, len(output), BELL_SIZE)]


@lru_cache(maxsize=4_096)
def bell_of(secret: bytes, leaf: int) -> Bell:
    """The bell of one leaf, counted from 0."""
    return Bell(shake_128(_DOMAIN + secret).digest((leaf + 1) * BELL_SIZE)[-BELL_SIZE:])
