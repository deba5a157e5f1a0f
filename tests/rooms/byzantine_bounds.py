"""What a hostile device can cause at most (spec/room.md §16): the numbers that schedules and small worlds check.

A test compares them with the page.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

APART_H: Final = 24
"""So long at most an honest device is without the room, or apart from the others, once the relay is honest and all are
online, whatever the hostile one does meanwhile."""
REMOVAL_MIN: Final = 60
"""Within so many minutes whom an admin orders out is out for every honest device, at any rate of hostile commits."""
REMOVAL_COMMITS: Final = 8
"""And that takes at most so many commits of the admin's own."""
CALLS_PER_FRAME: Final = 24
"""So many calls of the crate at most one hostile frame, of 512 bytes or more, costs one honest device."""
CALLS_PER_HOUR: Final = 60
"""And so many it makes besides by itself while time passes and honest frames come, for each of these."""


class Part(StrEnum):
    """What the hostile device is to the room."""

    PRESENT = "present"
    REMOVED = "removed"
    REVOKED = "revoked"
    """By its owner, who is honest and still in."""
    COPIED = "copied"
    """Somebody else's copy of an honest device's folder."""
    OLD_ADMIN = "old-admin"
