"""What keeps a stranger without identity from taking what is everybody's."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Edit, Mutant, mutant

_SHORT: Final = ("--minutes", "0.5")

MUTANTS: Final[tuple[Mutant, ...]] = (
    mutant("what comes in part is not counted", "flood", "Q-12",
        Edit("relay/arriving.py", "        if self._total <= self._most:\n            return\n", "        if self._total:\n            return\n"),
        more=_SHORT, stuck=True),
    mutant("all that rings is told, however much", "flood", "Q-14",
        Edit("relay/activity.py", "        return max(1, int(lasted * self._limits.activity_bytes_per_s) // ACTIVITY_TAG_SIZE)", "        return 2**20"),
        more=_SHORT),
    mutant("what rings first is told, whoever rings", "flood", "Q-14",
        Edit("relay/core/open_digest.py", "chain(*(in_turn([tuple(own.values()) for own in tags.values()]) for tags in (self._old, self._new)))",
             "chain(*(tuple(own.values()) for tags in (self._new, self._old) for own in tags.values()))"),
        more=_SHORT),
)  # fmt: skip
