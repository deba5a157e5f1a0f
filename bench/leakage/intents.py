"""What people of a synthetic society do, as plain data: every design is driven by the same stream of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

DAY: Final = 86_400.0
NOBODY: Final = -1


class Kind(IntEnum):
    """What somebody does."""

    ARRIVE = 0
    """``account`` begins to use the service, on its first device; that device is online. Always its first intent."""
    LINK = 1
    """``device`` is added to the account; it and the account's first device are online."""
    ONLINE = 2
    """``device`` connects from ``address``."""
    OFFLINE = 3
    """``device`` goes away: night, a tunnel, a lid closed."""
    MOVE = 4
    """``device`` goes on from another network: ``address``. It was online and stays so, on new connections."""
    CREATE = 5
    """``account`` makes ``room`` and takes its `Room.founders` in."""
    ADD = 6
    """``account`` takes ``other`` into ``room``."""
    REMOVE = 7
    """``account`` puts ``other`` out of ``room``."""
    LEAVE = 8
    """``account`` leaves ``room``."""
    SAY = 9
    """A text of ``size`` bytes of UTF-8."""
    FILE = 10
    """A picture or file of ``size`` bytes."""
    READ = 11
    """A person looks at ``room`` on ``device`` and has read all that has come."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing that somebody means to do, ``t`` seconds after the society begins (a Monday, 00:00 in Seoul).

    ``account`` acts on its device number ``device`` (0 or 1). Fields that a kind does not name hold `NOBODY`.
    """

    t: float
    kind: Kind
    account: int
    device: int
    room: int = NOBODY
    size: int = NOBODY
    other: int = NOBODY
    address: int = NOBODY


@dataclass(frozen=True, slots=True)
class Account:
    """A person: the number of the household (it shares a network address) and how many devices they use."""

    number: int
    household: int
    devices: int
    arrives: float


@dataclass(frozen=True, slots=True)
class Room:
    """A room as it is made. ``pair``: for two, for good. The creator is the only admin and stays."""

    number: int
    pair: bool
    creator: int
    founders: Sequence[int]
    """Whom the creator takes in at once, without the creator."""
    created: float
