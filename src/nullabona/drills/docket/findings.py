"""What came of the drill ``docket``: what its report tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nullabona.drills.docket.lies import Tried
from nullabona.drills.docket.packages import Looked
from nullabona.drills.docket.replay import Replay
from nullabona.drills.docket.searching import Sought
from nullabona.drills.docket.spoiling import Spoiling
from nullabona.drills.docket.striking import Struck


@dataclass(slots=True)
class Passed:
    """Everything that the report tells."""

    replay: Replay
    looked: list[Looked]
    spoiled: Mapping[Spoiling, Looked]
    """Altered copies of one of the packages."""
    sought: Sought
    size: int
    periods: int
    verified: dict[str, Any]
    """What `nulla docket verify` said."""
    counted: int
    miscounted: int
    """Cases that were answered and the auditor does not find, or the other way round."""
    shown: int
    sealed: int
    messages: int
    struck: Struck
    lies: list[Tried]
    seconds: float = 0.0

    @property
    def demands(self) -> int:
        """How many came."""
        return len(self.replay.answered)

    @property
    def in_time(self) -> int:
        """How many were handed over before any of their timers ran out."""
        return sum(each.in_time for each in self.replay.answered)
