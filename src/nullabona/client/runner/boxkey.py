"""What a client calls the boxes that it reads."""

from __future__ import annotations

from typing import NamedTuple

from nullabona.client.core.model.requests import ReadFor
from nullabona.wire.address import Address


class Key(NamedTuple):
    """A box at a relay that keeps it, and what it is read for."""

    of: ReadFor
    relay: str
    address: Address
