"""What keeps two contents from one number when an engine's primary is lost."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Edit, Mutant, mutant

_NAIVE: Final = Edit("relay/shelves/engine/boxes.lua", "    if box.reign ~= now then\n", "    if false then\n")
"""Without the rule of spec/engine.md §5 a box keeps its incarnation whichever server numbers it."""

MUTANTS: Final[tuple[Mutant, ...]] = (
    mutant("an incarnation outlives the primary that was killed", "failover", "S-41", _NAIVE, more=("--fault", "kill")),
    mutant("an incarnation is shared with a primary that stalled", "failover", "S-41", _NAIVE, more=("--fault", "stall")),
    mutant("an incarnation is on both sides of a network", "failover", "S-41", _NAIVE, more=("--fault", "partition")),
)  # fmt: skip
