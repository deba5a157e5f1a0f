"""Bells: how a device waits for a box without naming it (spec/relay.md §4.4, spec/room.md §2). Pure.

Each device of a room has a bell of its own for each epoch, by its leaf. Bells of one box, and of one device in two
rooms, look unrelated to whoever does not hold the epoch's secret. Whoever appends gives that secret to the relay for
the moment in which it rings.

Who does not want to show even which bells are theirs hears all that ring (spec/relay.md §4.5): of each box a mark,
which is another in every peal and says nothing to those who do not hold the secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import shake_128
from typing import Final, NewType

from nullabona.wire.messages import BELL_SIZE, MARK_SIZE, Pealed

Bell = NewType("Bell", bytes)
"""16 bytes that one device listens for."""

_DOMAIN: Final = b"nullabona bells v1"
_MARK_DOMAIN: Final = b"nullabona mark v1"
MORE: Final = bytes(MARK_SIZE)
"""As the first mark of a peal: more rang than is told. Who does not know that takes it for somebody else's mark."""
_MANY_PEALS: Final = 1_024
_MANY_BYTES: Final = 131_072


def bells(secret: bytes | bytearray, count: int) -> Sequence[Bell]:
    """The bells of the leaves 0 to ``count`` - 1: the output of SHAKE-128 (FIPS 202), cut into pieces."""
    hashed = shake_128(_DOMAIN)
    hashed.update(secret)  # joined to nothing: a copy that is let go of would lie in the relay's memory
    output = hashed.digest(count * BELL_SIZE)
    return [Bell(output[at : at + BELL_SIZE]) for at in range(0, len(output), BELL_SIZE)]


@lru_cache(maxsize=4_096)
def bell_of(secret: bytes, leaf: int) -> Bell:
    """The bell of one leaf, counted from 0."""
    return Bell(shake_128(_DOMAIN + secret).digest((leaf + 1) * BELL_SIZE)[-BELL_SIZE:])


def mark(salt: bytes, secret: bytes | bytearray) -> bytes:
    """4 bytes by which those who hold a box's secret know it in the peal with this salt.

    So short that one in four thousand million is somebody else's: they look into their box for nothing.
    """
    hashed = shake_128(_MARK_DOMAIN + salt)
    hashed.update(secret)
    return hashed.digest(MARK_SIZE)


def rang_more(answer: Pealed) -> bool:
    """Whether boxes rang of which there is no mark, so that ours may have."""
    return any(marks.startswith(MORE) for _, marks in answer.peals)


def may_go_on(answer: Pealed) -> bool:
    """Whether there may be more peals than came in this answer, so that one asks again before one waits.

    An answer that is cut short has 1,024 peals or 128 KiB of marks at least (spec/relay.md §4.5).
    """
    return len(answer.peals) >= _MANY_PEALS or sum(len(marks) for _, marks in answer.peals) >= _MANY_BYTES
