"""What happened in the drill ``failover``."""

from __future__ import annotations

from dataclasses import dataclass, field

from nullabona.drills.failover.history import Judgement


@dataclass(frozen=True, slots=True)
class Round:
    """One fault while relays wrote and read, and what clients were told meanwhile."""

    fault: str
    seconds: float
    """From the fault until the cluster was whole again."""
    came: Judgement


@dataclass(slots=True)
class Outcome:
    """All rounds."""

    rounds: list[Round] = field(default_factory=list)
    lacking: str = ""
    """Why the network could not be made to fall apart here; empty if it could."""
    seconds: float = 0.0

    def of(self, fault: str) -> list[Round]:
        """The rounds with this fault."""
        return [each for each in self.rounds if each.fault == fault]

    @property
    def acknowledged(self) -> int:
        """Frames that were acknowledged."""
        return sum(each.came.acknowledged for each in self.rounds)

    @property
    def places(self) -> int:
        """Numbers that were given out."""
        return sum(each.came.places for each in self.rounds)

    @property
    def doubled(self) -> int:
        """Places with two contents."""
        return sum(each.came.doubled for each in self.rounds)

    @property
    def gone(self) -> int:
        """Acknowledged frames that the engine lost."""
        return sum(each.came.gone for each in self.rounds)

    @property
    def hidden(self) -> int:
        """Of these, those that no client could notice."""
        return sum(each.came.hidden for each in self.rounds)
