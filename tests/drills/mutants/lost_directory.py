"""What the loss of a directory's machine ends, and what not."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Mutant

MUTANTS: Final[tuple[Mutant, ...]] = ()
