"""What one run found, as plain data for the page."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Score:
    """One attacker's guess of one view in one society."""

    deployment: str
    view: str
    seed: int
    attacker: str
    precision: float
    base: float
    recall: float
    """Of the edges, named before 1 % of all other pairs are."""
    people: float
    """Of the people who talk with somebody, with one of their partners scored best."""


@dataclass(frozen=True, slots=True)
class Reported:
    """The guess of the attacker that was chosen elsewhere, with all that is said about it."""

    score: Score
    low: float
    high: float
    """Where 95 of 100 guesses are with names exchanged freely."""
    within: float
    """The mean with names exchanged within households."""
    homes: float
    """The mean with whole households exchanged."""
    apart: float
    apart_base: float
    """Average precision and base where pairs of one household are no question."""
    people_by_chance: float
    median_days: float | None
    """Days until half of the people who talk have a partner named; None if never. Of the first society only."""
    found_by: dict[str, float] = field(default_factory=dict)
    """The share of people of whom a partner was named, by day; as above."""


@dataclass(frozen=True, slots=True)
class Run:
    """One command's outcome. ``kind``: whose recordings: of requests alone, or of the real client."""

    name: str
    kind: str
    accounts: int
    days: int
    pace: float
    said: float
    """Messages that an account really wrote a day."""
    seeds: list[int]
    taught: list[int]
    command: str
    ran_on: str
    seconds: float
    """CPU time."""
    scores: list[Score]
    reported: list[Reported]
    chosen: dict[str, str] = field(default_factory=dict)
    asked: dict[str, dict[str, float]] = field(default_factory=dict)
    """What one account asks for a day, by kind: of each step, or of a recording and of requests alone beside it."""

    @property
    def by_step(self) -> bool:
        """Whether it is of one operator, after each change of the client."""
        return self.name.startswith("steps")

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> Run:
    """What `Run.write` wrote."""
    data = json.loads(path.read_text(encoding="utf-8"))
    data["scores"] = [Score(**each) for each in data["scores"]]
    data["reported"] = [Reported(**{**each, "score": Score(**each["score"])}) for each in data["reported"]]
    return Run(**data)
