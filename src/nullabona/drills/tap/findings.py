"""What was recorded, and what is so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nullabona.drills.search import Secret
from nullabona.drills.tap.listening import Listened, Pair


@dataclass(slots=True)
class Heard:
    """What the tape holds, and what is so."""

    tape: Path
    listened: Listened
    secrets: Sequence[Secret]
    true: frozenset[Pair]
    handles: Mapping[str, str]
    """Handle by name."""
    said: Mapping[str, int] = field(default_factory=dict)
    """Messages that each handle sent."""
    file_from: str = ""
    """The address that the file came from."""
    inbox_grew: int = 0
    """Sealed items that two warrants show to have come for ``watched`` between them."""
    invited: int = 0
    """Sealed items that came into anybody's inbox while the groups formed."""
    watched: str = ""
    together: frozenset[str] = frozenset()
    """The addresses of those whose rooms share a connection."""
    remembered: Sequence[str] | None = None
    """Kinds of objects in the relay's memory that tie a wake token to a room's box; None: it was not looked at."""
    guests: frozenset[frozenset[str]] = frozenset()
    """Of each group the names of those whom its maker put into it."""
