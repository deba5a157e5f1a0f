"""What a probe of expiry shows: one frame that must be there until its day is over, and gone soon after; pure."""

from __future__ import annotations

from typing import Final

from nullabona.wire.messages import AnyResponse, Frames

EDGE_S: Final = 4.0
"""How long before a day's change a probe looks."""
GONE_S: Final = 20.0
"""How late a frame may go."""


def shown(early: AnyResponse | None, late: AnyResponse | None) -> list[str]:
    """What to count, of the answers shortly before the day was over and at last after it. A relay that was away at
    one of these times says nothing of expiry then.
    """
    if not isinstance(early, Frames):
        return []
    if not early.frames:
        return ["gone too early"]
    if not isinstance(late, Frames):
        return []
    return ["kept too long" if late.frames else "expired"]
