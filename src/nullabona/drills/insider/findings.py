"""What came of each attack, as the honest people's own devices have it afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Attack:
    """One kind of attack on one room."""

    begun: bool = False
    """Whether it was played: of some lines alone, it may not be."""
    frames: int = 0
    bytes: int = 0
    """What the hostile device put to the relay."""
    heard: float = -1.0
    """How long a message that was sent right after it took until everybody had it, in s; -1: too long."""
    calls: float = 0.0
    """What the honest device that worked most asked the crate for meanwhile."""
    cpu_s: float = 0.0
    away_s: float = 0.0
    """The longest time for which an honest device was without the room."""
    away: list[str] = field(default_factory=list)
    """Who was not in it afterwards."""
    misled: list[str] = field(default_factory=list)
    """Whose room had other admins, another name or other members afterwards."""

    @property
    def harmless(self) -> bool:
        """Whether everybody is where they were and hears one another."""
        return self.frames > 0 and self.heard >= 0 and not (self.away or self.away_s or self.misled)

    @property
    def ms_a_frame(self) -> float:
        """Time of a processor for each hostile frame."""
        return 1_000 * self.cpu_s / max(1, self.frames)


@dataclass(slots=True)
class Storm:
    """A member commits while it is ordered out."""

    rate: float
    commits: int = 0
    removed_s: float = -1.0
    """From the order until it is out for everybody who was there; -1: not within `REMOVED_WITHIN_S`."""
    heard: float = -1.0
    """A message of the admin's, from when it was written, until the other has it."""
    back_s: float = -1.0
    """Who was away all the time: from the start until they have that message."""


@dataclass(slots=True)
class Inside:
    """What came of all of it."""

    named: Attack = field(default_factory=Attack)
    """Frames in everybody's name, by a member."""
    named_removed: Attack = field(default_factory=Attack)
    """By one who was removed."""
    led: Attack = field(default_factory=Attack)
    """A word that the room moved, and the way to a branch with another admin."""
    invited: Attack = field(default_factory=Attack)
    """An invitation into the room one is in, onto a branch where nobody is."""
    claimed: Attack = field(default_factory=Attack)
    """Claims that ever other commits removed somebody."""
    burned: Attack = field(default_factory=Attack)
    """Frames that name a place far ahead in somebody's ratchet, by a member."""
    burned_removed: Attack = field(default_factory=Attack)
    lured: Attack = field(default_factory=Attack)
    """Items that name a machine of the sender's, by a member."""
    lured_removed: Attack = field(default_factory=Attack)
    lured_to: list[str] = field(default_factory=list)
    """The addresses that connected to that machine."""
    storms: list[Storm] = field(default_factory=list)
    back_calls: float = 0.0
    """What the device that was away asked the crate for until it had caught up in all the rooms."""
    longest_away: float = 0.0
    """The longest time for which an honest device was without one of the rooms."""
