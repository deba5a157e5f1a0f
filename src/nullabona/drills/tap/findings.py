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
    requests: Sequence[tuple[str, str]] = ()
    """Who asked to talk, and whom: pairs of handles."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """The address of each handle's device."""
    guests: frozenset[frozenset[str]] = frozenset()
    """Of each group the names of those whom its maker put into it."""
    makers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The address of each group's maker, and the names of those whom they put into it."""
    grouped_at: float = 0.0
    """When the first group was about to be made, on the clock of the tape."""

    @property
    def looked_up_guests(self) -> frozenset[str]:
        """Names of those whom the maker of their group looked up since groups were made."""
        asked = {
            (name, by)
            for name, askers in self.listened.askers.items()
            for by, at in askers.items()
            if at >= self.grouped_at
        }
        return frozenset(name for by, names in self.makers.items() for name in names if (name, by) in asked)

    @property
    def looked_up_askers(self) -> frozenset[Pair]:
        """Pairs of which the one who was asked looked up the one who had asked."""
        asked = [
            (asker, self.listened.askers.get(asker.rpartition("@")[0], {}), other) for asker, other in self.requests
        ]
        return frozenset(frozenset((asker, other)) for asker, by, other in asked if self.addresses[other] in by)
