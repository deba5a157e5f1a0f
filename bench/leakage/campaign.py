"""The whole measurement: societies, designs, attackers; and its outcome as plain data that a page is made from."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from bench.leakage.activity import SIGNALS, TREES, tell_apart, windows, without
from bench.leakage.defences import TOGETHER
from bench.leakage.designs import OURS, changed, is_changed
from bench.leakage.parallel import in_parallel
from bench.leakage.price import Price, price
from bench.leakage.rivals import RIVALS
from bench.leakage.society import Size, make
from bench.leakage.tournament import (
    LIVE,
    Choice,
    Designs,
    EdgeRow,
    FirstRow,
    LateRow,
    Learned,
    Played,
    RoomRow,
    School,
    Trial,
)
from bench.leakage.views import View

CHOICE_SEEDS_FROM: Final = 1_000
"""Societies on which the reported attackers are chosen have seeds from here on; reported ones from 1."""

TOLD_APART: Final = (OURS, changed("without padding"), *RIVALS)
"""Designs whose traffic is given to the classifier of activities."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """How well activities are told apart in one design's traffic.

    ``scores``: by fold of accounts; ``recalls``: by activity; ``without``: balanced accuracy without a part of what is
    seen (`activity.SIGNALS`), of ours alone.
    """

    design: str
    seed: int
    scores: Sequence[float]
    recalls: Mapping[str, float]
    chance: float
    activities: int
    windows: int
    devices: int
    without: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured. ``choice``: how many societies the attackers are chosen on; ``changed``: how many of the
    reported ones ours is also lived in with one defence changed; ``trees``: of the forest that tells activities apart.
    ``over_time``: whether attacks are repeated on what had passed by growing moments, and activities told apart; that
    takes most of the time. ``tap_from``: the day on which anyone who watches what passes begins to. ``seized``: see
    `Society.seized`. ``untried``: attackers that are left out, as they take too much for so large a society.
    """

    size: Size
    seeds: int = 5
    choice: int = 2
    changed: int = 5
    trees: int = TREES
    over_time: bool = True
    tap_from: float = 0.0
    seized: int = 0
    untried: Sequence[str] = ()

    @property
    def reported(self) -> list[int]:
        return list(range(1, self.seeds + 1))

    @property
    def chosen_on(self) -> list[int]:
        return list(range(CHOICE_SEEDS_FROM, CHOICE_SEEDS_FROM + self.choice))


@dataclass(slots=True)
class Outcome:
    """Rows of every attacker, and which one is reported where. Events and seconds are kept for the record."""

    edges: list[EdgeRow] = field(default_factory=list)
    rooms: list[RoomRow] = field(default_factory=list)
    first: list[FirstRow] = field(default_factory=list)
    choice: Choice = field(default_factory=Choice)
    events: dict[str, int] = field(default_factory=dict)
    activity: list[ActivityRow] = field(default_factory=list)
    prices: list[Price] = field(default_factory=list)
    late: list[LateRow] = field(default_factory=list)
    asked: list[EdgeRow] = field(default_factory=list)
    """Ours, where anyone who watches without addresses sees what the directory is asked."""

    def reported(self, design: str, view: View) -> list[EdgeRow]:
        """The rows of the attacker that was chosen, by seed."""
        return self.of(design, view, self.choice.pairs[design, view])

    def of(self, design: str, view: View, attacker: str) -> list[EdgeRow]:
        """The rows of one attacker, by seed."""
        found = [row for row in self.edges if (row.design, row.view, row.attacker) == (design, view, attacker)]
        return sorted(found, key=lambda row: row.seed)

    def best(self, design: str, view: View) -> list[EdgeRow]:
        """The rows of the attacker that turned out best, by seed."""
        names = {row.attacker: None for row in self.edges if (row.design, row.view) == (design, view)}
        tried = [self.of(design, view, name) for name in names]
        most = max(len(rows) for rows in tried)
        return max((rows for rows in tried if len(rows) == most), key=lambda rows: sum(row.precision for row in rows))

    def choose_without_learning(self) -> None:
        """Where the attacker that was chosen did not play, as nobody has learned here, report the best that did."""
        pairs = dict(self.choice.pairs)
        for design, view in dict.fromkeys((row.design, row.view) for row in self.edges):
            if not self.reported(design, view):
                pairs[design, view] = self.best(design, view)[0].attacker
        self.choice = Choice(pairs, self.choice.groups)

    def grouped(self, design: str, view: View) -> list[RoomRow]:
        """The rows of the attacker of groups that was chosen, by seed."""
        name = self.choice.groups[design, view]
        found = [row for row in self.rooms if (row.design, row.view, row.grouper) == (design, view, name)]
        return sorted(found, key=lambda row: row.seed)

    def write(self, path: Path) -> None:
        """As JSON; infinity as null."""
        data = {
            "edges": [asdict(row) for row in self.edges],
            "rooms": [asdict(row) for row in self.rooms],
            "first": [
                {**asdict(row), "messages": [None if one == float("inf") else one for one in row.messages]}
                for row in self.first
            ],
            "choice": encode_choice(self.choice),
            "events": self.events,
            "activity": [asdict(row) for row in self.activity],
            "prices": [asdict(row) for row in self.prices],
            "late": [asdict(row) for row in self.late],
            "asked": [asdict(row) for row in self.asked],
        }
        path.write_text(json.dumps(data, indent=1, allow_nan=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Outcome:
        """What `write` wrote."""
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            [EdgeRow(**{**row, "view": View(row["view"])}) for row in data["edges"]],
            [RoomRow(**{**row, "view": View(row["view"])}) for row in data["rooms"]],
            [
                FirstRow(row["design"], View(row["view"]), row["seed"], _finite(row["messages"]))
                for row in data["first"]
            ],
            decode_choice(data["choice"]),
            data["events"],
            [ActivityRow(**row) for row in data["activity"]],
            [Price(**row) for row in data["prices"]],
            [LateRow(**{**row, "view": View(row["view"])}) for row in data["late"]],
            [EdgeRow(**{**row, "view": View(row["view"])}) for row in data["asked"]],
        )


def encode_choice(choice: Choice) -> list[list[str]]:
    """As JSON has it."""
    return [[*key, name, choice.groups[key]] for key, name in choice.pairs.items()]


def decode_choice(rows: Iterable[Sequence[str]]) -> Choice:
    """What `encode_choice` made."""
    found = Choice()
    for design, view, name, grouper in rows:
        found.pairs[design, View(view)] = name
        found.groups[design, View(view)] = grouper
    return found


def _finite(messages: Iterable[float | None]) -> list[float]:
    return [float("inf") if one is None else one for one in messages]


def measure(
    plan: Plan, designs: Designs, say: Say = print, choice: Choice | None = None, processes: int = 1
) -> Outcome:
    """Choose the attackers on some societies, then report them on others. With a ``choice`` that was made before, no
    society is there to choose on, and nobody has learned anything. ``processes``: how many views are attacked at once.
    """
    outcome, school = Outcome(), School()
    for seed in plan.chosen_on if choice is None else ():
        for trial in _trials(plan, designs, seed, say):
            for view in views_of(trial.recording.design):
                school.take(trial, view)
    chosen, learned = school.end()
    outcome.choice = chosen if choice is None else choice
    for seed in plan.reported:
        for trial in _trials(plan, _wanted(designs, all_of_them=seed <= plan.changed), seed, say):
            _report(plan, outcome, trial, learned, say, processes)
    if choice is not None:
        outcome.choose_without_learning()
    return outcome


def _wanted(designs: Designs, *, all_of_them: bool) -> Designs:
    kept = {changed(TOGETHER)}
    return {name: each for name, each in designs.items() if all_of_them or not is_changed(name) or name in kept}


def views_of(design: str) -> Sequence[View]:
    """All views for the product and the models; memory and what passes, where one defence is changed."""
    return (View.MEMORY, *LIVE) if is_changed(design) else tuple(View)


def _trials(plan: Plan, designs: Designs, seed: int, say: Say) -> Iterable[Trial]:
    society = make(seed, plan.size).until(plan.seized)
    for name, record in designs.items():
        begun = time.perf_counter()
        recording = record(society)
        say(f"society {seed}, {name}: {len(recording.live):,} events in {time.perf_counter() - begun:.0f} s")
        yield Trial(recording, society, plan.tap_from, frozenset(plan.untried))


def _activity(trial: Trial, trees: int) -> ActivityRow:
    cut = windows(trial.recording, trial.society)
    told = tell_apart(cut, trees)
    signals = SIGNALS if trial.recording.design == OURS else ()
    return ActivityRow(
        trial.recording.design,
        trial.society.seed,
        list(told.scores),
        dict(told.recalls),
        told.chance,
        told.activities,
        told.windows,
        told.devices,
        {signal: tell_apart(without(cut, signal), trees).accuracy for signal in signals},
    )


def _report(plan: Plan, outcome: Outcome, trial: Trial, learned: Learned, say: Say, processes: int) -> None:
    design, begun = trial.recording.design, time.perf_counter()
    outcome.events[design] = outcome.events.get(design, 0) + len(trial.recording.live)
    outcome.prices.append(price(trial.recording, trial.society.days, trial.society.seed))

    def attacked(view: View) -> tuple[Played, FirstRow | None]:
        its = learned.get((design, view))
        played = trial.play(view, its)
        often = view in LIVE and plan.over_time
        return played, trial.first(view, outcome.choice.pairs[design, view], its) if often else None

    for played, first in in_parallel(attacked, views_of(design), processes):
        outcome.edges += played.edges
        outcome.rooms += played.rooms
        outcome.late += played.late
        outcome.first += [first] if first else []
    if design == OURS:
        outcome.asked.append(trial.asked())
    if design in TOLD_APART and plan.over_time:
        outcome.activity.append(_activity(trial, plan.trees))
    say(f"    attacked in {time.perf_counter() - begun:.0f} s")
