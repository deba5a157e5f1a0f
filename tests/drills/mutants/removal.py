"""What who is helped in full can find, erase or alter."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Mutant

MUTANTS: Final[tuple[Mutant, ...]] = ()
