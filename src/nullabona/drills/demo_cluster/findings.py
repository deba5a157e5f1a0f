"""What happened in the cluster's demo."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from nullabona.drills.demo_cluster.cluster import Machine
from nullabona.drills.search import Finding, Kind, Searched, Secret

ACCUSATIONS: Final = frozenset({
    "relay-showed-different-histories", "two-versions", "room-forked", "relay-false-activity", "log-forked",
    "log-rolled-back", "log-replaced", "record-gap", "promise-broken", "cards-lost", "digests-contradict",
})  # fmt: skip
"""Warnings by which a device says that an operator lies. A part that was lost must look like none of these."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A part of the cluster that was lost while people talked."""

    part: str
    away_s: float
    """Until another one had its place, or it was there again."""
    caught_up_s: float
    """Since it was lost, until everybody had all that was said before, and a line that each said after its place was
    taken."""
    lines: int
    """How many lines that were."""


@dataclass(slots=True)
class Taken:
    """One machine as an officer searched it."""

    machine: Machine
    disk: Searched = field(default_factory=Searched)
    memory: Searched = field(default_factory=Searched)
    findings: list[Finding] = field(default_factory=list)
    denied: bool = False
    """Its memory may not be read here."""

    @property
    def leaks(self) -> list[Finding]:
        """The findings that count: not what is public there, nor what its memory has to have."""
        public, connected = self.machine.public, self.machine.connected
        return [
            found
            for found in self.findings
            if found.kind not in public and not (found.kind in connected and found.source.startswith("memory "))
        ]

    @property
    def admitted(self) -> list[str]:
        """What of the secrets was found where it has to be."""
        leaks = {id(found) for found in self.leaks}
        return sorted({found.label for found in self.findings if id(found) not in leaks})


@dataclass(slots=True)
class Outcome:
    """What happened, for the summary."""

    began_s: float = 0.0
    """Until everything ran."""
    losses: list[Loss] = field(default_factory=list)
    people: int = 0
    said: dict[str, list[str]] = field(default_factory=dict)
    """Every line, by who said it."""
    shown: dict[str, dict[str, int]] = field(default_factory=dict)
    """How often each person has each line."""
    files: list[tuple[str, bool]] = field(default_factory=list)
    """A file, by when it was fetched, and whether it was what had been sent."""
    found_again: bool = False
    """Whether everybody found everybody's card in the record after PostgreSQL had failed over."""
    warned: dict[str, list[str]] = field(default_factory=dict)
    """The codes of each person's warnings."""
    taken: list[Taken] = field(default_factory=list)
    secrets: list[Secret] = field(default_factory=list)
    boxes: int = 0
    objects: int = 0

    @property
    def lines(self) -> int:
        """How many lines were said."""
        return sum(map(len, self.said.values()))

    @property
    def missing(self) -> int:
        """How many lines somebody lacks."""
        every = [line for lines in self.said.values() for line in lines]
        return sum(line not in shown for shown in self.shown.values() for line in every)

    @property
    def twice(self) -> int:
        """How many lines somebody has more than once."""
        return sum(count > 1 for shown in self.shown.values() for count in shown.values())

    @property
    def forged(self) -> int:
        """How many lines somebody has that nobody said."""
        every = {line for lines in self.said.values() for line in lines}
        return sum(line not in every for shown in self.shown.values() for line in shown)

    @property
    def accused(self) -> list[str]:
        """Of what an operator was accused who only lost machines."""
        return sorted({code for codes in self.warned.values() for code in codes} & ACCUSATIONS)

    @property
    def leaks(self) -> list[Finding]:
        """What an officer found and should not have."""
        return [leak for taken in self.taken for leak in taken.leaks]

    @property
    def kinds(self) -> Counter[Kind]:
        """How many secrets of each kind were looked for."""
        return Counter(secret.kind for secret in self.secrets)
