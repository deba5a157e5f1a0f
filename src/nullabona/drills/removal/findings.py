"""What came of the orders: what was hit, who has it all the same, what they were told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nullabona.drills.removal.operator import Sought
from nullabona.drills.removal.reported import Reported
from nullabona.drills.reporting.report import Report, Verdict


@dataclass(slots=True)
class Hunted:
    """What came of one order to erase a message: how many things were erased, and who has the words all the same."""

    erased: int
    """Frames or chunks that were hit."""
    kept: bool
    """Whether those who had it have it still."""
    arrived: bool
    """Whether all of it came to somebody who had been away, exactly once."""
    seconds: float
    """From when they were there again."""
    in_order: bool = True
    told: list[str] = field(default_factory=list)
    """What they were told."""


@dataclass(slots=True)
class Out:
    """A removed member and the box of their time."""

    read: int = 0
    """Frames that they read in it after they were removed."""
    filled: int = 0
    """Frames that they put in."""
    had: int = 0
    """Messages that they have."""
    later: bool = True
    """Whether there is one among them that was said later."""
    knows: int = 1
    """Whether they know the room's present box."""
    emptied: bool = False
    """Whether the box was emptied once nobody needed it."""
    erased: bool = False
    """Whether they could empty it themselves."""


@dataclass(slots=True)
class Removal:
    """What came of all of it."""

    sought: Sought
    secrets: Mapping[str, int]
    """How many things of each kind were looked for."""
    out: Out
    warrants: list[Report] = field(default_factory=list)
    computed_chunk: bool = False
    """Whether there is a chunk under a hash that follows from the picture alone."""
    boxes: int = 0
    """Of how many boxes the informant gives what opens them, of this room and of another."""
    opened_alike: int = 0
    """How many of these secrets open more than one."""
    computed_box: bool = False
    """Whether the box of two people lies where their cards say."""
    reworded: bool = False
    """Whether words that were put in the place of others were believed."""
    frame: Hunted | None = None
    spoiled: Hunted | None = None
    box: Hunted | None = None
    trimmed: Hunted | None = None
    chunk: Hunted | None = None
    blocked: str = ""
    """How the picture stood with who had not got it, while its hashes were on a list."""
    blocked_kept: bool = False
    again: bool = False
    """Whether it came when it was sent once more."""
    other_hashes: bool = False
    reported: Reported | None = None

    @property
    def yielded(self) -> bool:
        """Whether a warrant for anybody gave more than it may."""
        return any(check.verdict is Verdict.FAILED for report in self.warrants for check in report.checks)
