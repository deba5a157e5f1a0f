"""What came of the drill ``lost-directory``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from nullabona.drills.lost_directory.machine import Restoring

_FORGED: Final = frozenset({
    "log-forked", "log-rolled-back", "log-replaced", "not-witnessed", "card-not-in-log", "promise-broken",
})  # fmt: skip
"""What a client says of a log that is not the one it knows, or of a directory that lies."""


@dataclass(slots=True)
class Lost:
    """What came of it. Times are seconds since the loss, or since somebody was there again."""

    period_s: int
    entries: int = 0
    """Of the log when the directory was lost."""
    said: int = 0
    heard: int = 0
    """Messages sent meanwhile that their recipients got."""
    talked_s: float = 0.0
    unknown: str = ""
    """What a look-up of a stranger said while the directory was gone."""
    unregistered: str = ""
    """And what came of registering then."""
    refused: Restoring | None = None
    """The copy that lacked entries."""
    lacking: int = 0
    forced: str = ""
    """Why its record was not published, after it was taken all the same."""
    forced_shown: str = ""
    """What somebody who looked a handle up there was told."""
    copier_saw: str = ""
    """What the keeper of a copy of the record was told."""
    restored: Restoring | None = None
    served_s: float = 0.0
    back: dict[str, float] = field(default_factory=dict)
    told: dict[str, list[str]] = field(default_factory=dict)
    """What each person was warned of since the loss."""
    found: dict[str, bool] = field(default_factory=dict)
    """Whether somebody new finds the right card for a handle."""
    grown: int = 0
    """The copy's size in the end."""
    before: dict[str, str] = field(default_factory=dict)
    """Which handles could be registered before the loss, and after."""
    after: dict[str, str] = field(default_factory=dict)
    days: dict[str, tuple[int, int]] = field(default_factory=dict)
    """On which day each handle was registered, by the directory's files before the loss and after."""
    contact_saw: str = ""
    """What a look at the taken handle came to, for somebody who knew its owner."""
    contact_told: bool = False
    """Whether that person's device then said that the contact's key is another, as it does in their rooms."""

    @property
    def forged(self) -> list[str]:
        """Those who were shown another log, which must be nobody."""
        return sorted(name for name, codes in self.told.items() if _FORGED.intersection(codes))
