"""Message ids: made so that each account has its own and nobody can use another's (spec/room.md §6). Pure."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

RANDOM: Final = 7
"""The last bytes of an id, drawn at random; those before them bind these to the account."""
_BOUND: Final = 9
_DOMAIN: Final = b"nullabona message id v1"


def message_id(account: bytes, random: bytes) -> bytes:
    """The id that ``account`` gives a message. ``random``: `RANDOM` fresh bytes."""
    return sha256(_DOMAIN + account + random).digest()[:_BOUND] + random


def is_made_by(account: bytes, id: bytes) -> bool:
    """Whether ``account`` can have given this id to a message; nobody else can."""
    return id == message_id(account, id[_BOUND:])
