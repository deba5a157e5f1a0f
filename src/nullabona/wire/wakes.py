"""Wake tokens and activity tags: how a device waits for a box without naming it (spec/relay.md §4.4, §4.5). Pure.

Each device of a room has its own wake token for each epoch, derived from its leaf. Without the epoch's secret nobody
can tell that two tokens belong to one box, or to one device in two rooms. A member that appends hands the secret to
the relay, which derives the tokens, wakes the devices that wait for them and forgets it.

An inbox has no members who share a secret: its owner leaves one there that is good for the next append (§4.5).

A device that does not want to show even its tokens polls the activity of the whole relay. Each digest names a box by a
tag that is different in every digest and that only those who hold the secret recognise (spec/room.md §2).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import shake_128
from typing import Final, NewType

from nullabona.wire.messages import ACTIVITY_TAG_SIZE, WAKE_TOKEN_SIZE, ActivityDigests

WakeToken = NewType("WakeToken", bytes)
"""16 bytes that one device waits for."""

_TOKEN_DOMAIN: Final = b"nullabona bells v1"
_TAG_DOMAIN: Final = b"nullabona mark v1"
_INBOX_DOMAIN: Final = b"nullabona inbox wake v1"
INBOX_WAKE_SIZE: Final = 32
"""Bytes of the secret that is left at an inbox: as many as a room's wake secret has."""
OMITTED: Final = bytes(ACTIVITY_TAG_SIZE)
"""As the first tag of a digest: it does not list all activity. A reader that does not know this skips it as foreign."""
_MANY_DIGESTS: Final = 1_024
_MANY_BYTES: Final = 131_072


def wake_tokens(secret: bytes | bytearray, count: int) -> Sequence[WakeToken]:
    """The tokens of the leaves 0 to ``count`` - 1: the output of SHAKE-128 (FIPS 202), cut into pieces."""
    hashed = shake_128(_TOKEN_DOMAIN)
    hashed.update(secret)  # not concatenated: a discarded copy would stay in the relay's memory
    output = hashed.digest(count * WAKE_TOKEN_SIZE)
    return [WakeToken(output[at : at + WAKE_TOKEN_SIZE]) for at in range(0, len(output), WAKE_TOKEN_SIZE)]


@lru_cache(maxsize=4_096)
def wake_token(secret: bytes, leaf: int) -> WakeToken:
    """The token of one leaf, counted from 0."""
    return WakeToken(shake_128(_TOKEN_DOMAIN + secret).digest((leaf + 1) * WAKE_TOKEN_SIZE)[-WAKE_TOKEN_SIZE:])


def activity_tag(salt: bytes, secret: bytes | bytearray) -> bytes:
    """4 bytes by which the holders of a box's secret recognise the box in the digest with this salt.

    One tag in four thousand million collides with another box's; its members then read their box in vain.
    """
    hashed = shake_128(_TAG_DOMAIN + salt)
    hashed.update(secret)
    return hashed.digest(ACTIVITY_TAG_SIZE)


def inbox_wake_secret(read_secret: bytes | bytearray, incarnation: bytes, head: int) -> bytes:
    """The 32 bytes with which an inbox's next append is told of in a digest, as long as ``head`` is its last number.

    It is good once. Nobody but who reads the inbox can tell from it what was told before, or what will be.
    """
    hashed = shake_128(_INBOX_DOMAIN)
    hashed.update(read_secret)  # not joined with the rest, which would leave a copy in freed memory
    hashed.update(incarnation)
    hashed.update(head.to_bytes(8, "big"))
    return hashed.digest(INBOX_WAKE_SIZE)


def omits_activity(answer: ActivityDigests) -> bool:
    """Whether boxes had activity that no tag tells, so that ours may be among them."""
    return any(tags.startswith(OMITTED) for _, tags in answer.digests)


def may_continue(answer: ActivityDigests) -> bool:
    """Whether there may be more digests than this answer holds, so that the reader asks again before it waits.

    An answer that was cut short has at least 1,024 digests or 128 KiB of tags (spec/relay.md §4.5).
    """
    return len(answer.digests) >= _MANY_DIGESTS or sum(len(tags) for _, tags in answer.digests) >= _MANY_BYTES
