"""What happened in the demo."""

from __future__ import annotations

from dataclasses import dataclass, field

from nullabona.drills.demo.script import Script
from nullabona.drills.reporting.report import Report


@dataclass(slots=True)
class Outcome:
    """What happened, for the summary."""

    script: Script
    expected: dict[str, list[list[str]]] = field(default_factory=dict)
    """What everybody should have: "name/room" to pairs of account and text."""
    got: dict[str, list[list[str]]] = field(default_factory=dict)
    told: int = 0
    """Lines from after their removal that the removed member has in another room."""
    away: str = ""
    """Whose group's history it is, as in ``expected``, who was away when the relay was emptied."""
    put_back: int = 0
    """Messages that somebody had not got when the relay was emptied."""
    came_back: bool = False
    """Whether they got these while only those were there who could put them back."""
    relay_exit: int | None = None
    warrants: list[Report] = field(default_factory=list)
    seizures: list[Report] = field(default_factory=list)
    docket: list[Report] = field(default_factory=list)
    """What the legal desk handed over and published; none if it is not installed."""
