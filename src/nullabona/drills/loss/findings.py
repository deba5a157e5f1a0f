"""How large the crowd of the drill is, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large the crowd is, and how much it says."""

    accounts: int = 200
    rooms: int = 50
    rate: float = 50.0
    """Messages a second, all together."""
    before_s: float = 15.0
    """How long they talk before the relay is taken."""
    after_s: float = 15.0
    """How long they go on after that."""
    patience_s: float = 300.0
    """After this time what is still lacking is lost."""
    period_s: int = 15
    """The directory's period. An operator's default is 600: in each, everybody looks at their own handle, so that a
    short one has people do little else. This is how long making two hundred accounts may wait for it."""
    renamed: bool = False
    """The empty relay has another name, and the directory of the handles stands elsewhere: those who opened rooms take
    them there, and their cards tell the others."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    size: Size
    said: int
    deliveries: int
    """Messages times readers."""
    away: int
    """How many people were away when the machine was taken, and came back when the empty relay began."""
    waiting: int
    """Deliveries to them that were still to be made when it was taken, and waited on the machine."""
    lacking: int
    """Deliveries to anybody that were still to come when the empty relay began."""
    gap_s: float
    """From the seizure until the empty relay answered. All other times are counted from then on."""
    recovery_s: float
    """From the empty relay's first answer until everybody had all that was said before it."""
    movers: int
    """How many people went to another relay; the others had only the cards of these to go by."""
    all_s: float
    """From the last word until everybody had everything."""
    slowest_s: float
    """The longest that one delivery took: since it was said, or since the empty relay answered if that came later."""
    missing: int
    twice: int
    forged: int
    setup_s: float
    talked_s: float
    """For how long they spoke."""
    memory_mb: float
    """Of all the people's processes together."""
    in_memory: bool = False
    """Whether profiles were in memory; else beside the relay's data."""

    @property
    def rate(self) -> float:
        """Messages a second that were really said."""
        return self.said / self.talked_s
