"""What a step of the engine changed, so that the shell looks again only there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Touched:
    """The rooms in which something may have changed; whatever is in no room may have changed as well."""

    rooms: frozenset[bytes]


NOTHING: Final = Touched(frozenset())
"""This very one: nothing at all has changed, and there is no reason to look anywhere."""
