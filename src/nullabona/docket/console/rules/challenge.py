"""Sign-in challenges, which use no memory until they are answered (spec/console.md §4).

A challenge is 16 random bytes, the second it was made and a tag over both, so requesting many uses up no memory.
`nullabona.docket.console.passkeys.entrance.Spent` ensures that each is answered only once.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Final

from nullabona.docket.console.rules.session import CHALLENGE_S

NONCE_SIZE: Final = 16
_TAG_SIZE: Final = 16
SIZE: Final = NONCE_SIZE + 8 + _TAG_SIZE


def make_challenge(key: bytes, nonce: bytes, now_s: int, purpose: str) -> bytes:
    """A challenge for one ``purpose``, made now."""
    head = nonce + now_s.to_bytes(8, "big")
    return head + _tag(key, head, purpose)


def challenge_is_fresh(key: bytes, challenge: bytes, now_s: int, purpose: str) -> bool:
    """Whether it was made with ``key``, for this purpose, within the last `CHALLENGE_S` seconds."""
    head, tag = challenge[:-_TAG_SIZE], challenge[-_TAG_SIZE:]
    if len(challenge) != SIZE or not hmac.compare_digest(tag, _tag(key, head, purpose)):
        return False
    return 0 <= now_s - int.from_bytes(head[NONCE_SIZE:], "big") <= CHALLENGE_S


def _tag(key: bytes, head: bytes, purpose: str) -> bytes:
    return hmac.digest(key, b"nullabona console " + purpose.encode() + b"\0" + head, sha256)[:_TAG_SIZE]
