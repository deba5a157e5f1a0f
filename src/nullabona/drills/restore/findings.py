"""What came of the drill ``restore``."""

from __future__ import annotations

from dataclasses import dataclass, field

from nullabona.drills.lost_directory.machine import Restoring


@dataclass(frozen=True, slots=True)
class Start:
    """What a start came to: the exit code and the code of the error; ``served``: it went on serving."""

    code: int
    error: str
    served: bool = False


@dataclass(slots=True)
class Mistakes:
    """What came of each mistake."""

    period_s: int
    old_backup: Start | None = None
    """A backup of the data directory was put back."""
    twin: Start | None = None
    """A second machine was started with a copy of everything."""
    no_volume: Start | None = None
    """The disk with the data was not mounted."""
    begun: bool = False
    """Whether anything was made where it should have been."""
    no_key: Start | None = None
    other_key: Start | None = None
    """The key was lost, and another one was put in its place."""
    lacking: Restoring | None = None
    """A copy that lacks what witnesses have signed."""
    whole: list[bool] = field(default_factory=list)
    """Whether a mirror had everything that witnesses had signed, each time the machine died."""
    restored: Restoring | None = None
    entries: int = 0
    """Of the record when it was lost, and how many there are in the end."""
    grown: int = 0
    back: dict[str, float] = field(default_factory=dict)
    """Seconds from the start of the new machine until each owner's card was published again."""
    told: dict[str, list[str]] = field(default_factory=dict)
    """Of what each person's device warned, from the first mistake on."""
    evidence: int = 0
    """Files of evidence against the record that its witnesses have."""
