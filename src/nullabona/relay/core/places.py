"""Where a box is on an engine that relays of several names share (spec/engine.md §2).

Each name has its own boxes. Were they the same, a stranger could reach an inbox of one name by the URL of another: its
owner's wake would be used up there and told to the wrong people (spec/relay.md §4.5).
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Final, TypeAlias

Place: TypeAlias = Callable[[bytes], bytes]
"""Gives the 32 bytes by which a shelf knows the box of an address."""
UNNAMED: Final = "relay"
"""What relays are called on an engine if nobody named them. Their boxes are at their addresses."""
_DOMAIN: Final = b"nullabona box of a name v1"


def place_of(name: str) -> Place | None:
    """The places of the boxes of this name; None: they are at their addresses.

    A place alone does not say of which name it is. The days on which its frames expire may, where names have different
    retentions.
    """
    if name == UNNAMED:
        return None
    begun = sha256(_DOMAIN + name.encode() + b"\0")

    def place(address: bytes) -> bytes:
        hashed = begun.copy()
        hashed.update(address)
        return hashed.digest()

    return place
