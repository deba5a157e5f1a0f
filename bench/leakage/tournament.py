"""Every design against every view and every attacker, seed by seed; plain rows come out, for tables and plots.

For each design and view the attacker that is reported is chosen on societies that are not: `Choice` is made from the
rows of other seeds, and the one that learns has learned there. All attackers' rows are kept and published too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from bench.leakage.attackers import ATTACKERS, attack, guess_all, prepare, table
from bench.leakage.attackers.trained import Lesson, Table, Trained, train
from bench.leakage.bcubed import bcubed, bcubed_chance
from bench.leakage.first import Exchanged, first_right
from bench.leakage.guess import Cast, Guess, Pairs
from bench.leakage.measure import Ranking, average_precision, best_f1, chained, chance, identify, rank
from bench.leakage.society import Society
from bench.leakage.trace import NOBODY, Recording, Truth
from bench.leakage.views import View, see

Design = Callable[[Society], Recording]
Designs = Mapping[str, Design]
Choice = Mapping[tuple[str, View], str]
"""The attacker that is reported for a design and a view."""
Learned = Mapping[tuple[str, View], Trained]

GROUPS_FROM: Final = 3
LIVE: Final = (View.TAP, View.ADDRESSES, View.DIRECTORY)
LEARNS: Final = "trained on other societies"
NAMES: Final = (*ATTACKERS, LEARNS)


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """One attacker's guess of who talks with whom. ``low`` and ``high``: where chance lies in 95 of 100 cases."""

    design: str
    view: View
    seed: int
    attacker: str
    guessed: int
    precision: float
    told: float
    base: float
    low: float
    high: float
    f1: float


@dataclass(frozen=True, slots=True)
class RoomRow:
    """Groups and successions. ``chained`` is None where rooms never move."""

    design: str
    view: View
    seed: int
    people: int
    groups: int
    b3: float
    b3_chance: float
    chained: float | None


@dataclass(frozen=True, slots=True)
class FirstRow:
    """Messages until the first right guess about each account."""

    design: str
    view: View
    seed: int
    messages: Sequence[float]


@dataclass(frozen=True, slots=True)
class Judge:
    """Who the people of one cast are, for scoring. It keeps no events."""

    design: str
    view: View
    seed: int
    truth: Truth
    who: Mapping[int, int]
    told: Mapping[int, int]

    def ranking(self, pairs: Pairs) -> Ranking:
        return rank(pairs, self.who, self.truth)

    def row(self, name: str, pairs: Pairs, rounds: int = 200) -> EdgeRow:
        """One attacker's guess, scored; chance from so many ``rounds``."""
        ranking = self.ranking(pairs)
        return EdgeRow(
            self.design,
            self.view,
            self.seed,
            name,
            len(pairs.score),
            average_precision(ranking),
            average_precision(rank(pairs, self.told, self.truth)),
            ranking.base,
            *chance(ranking, self.truth, rounds),
            best_f1(ranking),
        )

    def lesson(self, its: Table) -> Lesson:
        """The table of a scene, with the truth."""
        edge = [self._edge(a, b) for a, b in zip(its.left.tolist(), its.right.tolist(), strict=True)]
        return Lesson(its, np.array(edge, bool))

    def _edge(self, one: int, two: int) -> bool:
        low, high = sorted((self.who.get(one, NOBODY), self.who.get(two, NOBODY)))
        return (low, high) in self.truth.talks

    def rooms(self, guess: Guess) -> RoomRow:
        """Groups and successions, scored."""
        truth, cast = self.truth, guess.cast
        groups = [{self.who[person] for person in group if person in self.who} for group in guess.groups]
        groups = [group for group in groups if len(group) >= GROUPS_FROM]
        rooms = [room for room in truth.rooms if len(room) >= GROUPS_FROM]
        return RoomRow(
            self.design,
            self.view,
            self.seed,
            len(set(cast.conns.values()) | set(cast.accounts.values())),
            len(groups),
            bcubed(groups, rooms, truth.accounts).f1,
            bcubed_chance(groups, rooms, truth.accounts),
            chained(guess.chain, truth),
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """One design and one society, recorded."""

    recording: Recording
    society: Society

    def judge(self, view: View, cast: Cast) -> Judge:
        """For guesses about the people of ``cast``."""
        live, truth = self.recording.live, self.recording.truth
        who, told = identify(cast, live, truth), identify(cast, live, truth, told=True)
        return Judge(self.recording.design, view, self.society.seed, truth, who, told)

    def play(self, view: View, learned: Trained | None) -> tuple[list[EdgeRow], RoomRow]:
        """Every attacker's guess of one view, groups and successions."""
        scene, guess = guess_all(see(self.recording, view))
        judge = self.judge(view, scene.cast)
        rows = [judge.row(name, attack(scene, name)) for name in ATTACKERS]
        if learned is not None:
            rows.append(judge.row(LEARNS, learned(table(scene))))
        return rows, judge.rooms(guess)

    def first(self, view: View, attacker: str, learned: Trained | None) -> FirstRow:
        """The attacker over time."""
        seen, talks = see(self.recording, view), self.recording.truth.talks

        def ranked(t: float) -> Ranking:
            scene, _ = prepare(seen.until(t))
            pairs = learned(table(scene)) if learned and attacker == LEARNS else attack(scene, attacker)
            return self.judge(view, scene.cast).ranking(pairs)

        people = sorted({account for pair in talks for account in pair})
        found = first_right(Exchanged(self.society), ranked, people)
        return FirstRow(self.recording.design, view, self.society.seed, [found[account] for account in people])


class School:
    """The societies that attackers are chosen and trained on. Nothing of them is reported."""

    def __init__(self) -> None:
        self._rows: list[EdgeRow] = []
        self._taken: dict[tuple[str, View], list[tuple[Judge, Lesson]]] = defaultdict(list)

    def take(self, trial: Trial, view: View) -> None:
        """One more society for a design and a view."""
        scene, _ = prepare(see(trial.recording, view))
        judge = trial.judge(view, scene.cast)
        self._rows += [judge.row(name, attack(scene, name), 0) for name in ATTACKERS]
        self._taken[trial.recording.design, view].append((judge, judge.lesson(table(scene))))

    def end(self) -> tuple[Choice, Learned]:
        """For each design and view the attacker with the best mean average precision; and who learned from everything.

        The one that learns is judged on each society by what it learned from the others.
        """
        learned: dict[tuple[str, View], Trained] = {}
        for key, taken in self._taken.items():
            for at, (judge, lesson) in enumerate(taken):
                others = train([each for number, (_, each) in enumerate(taken) if number != at])
                if others is not None:
                    self._rows.append(judge.row(LEARNS, others(lesson.table), 0))
            whole = train([lesson for _, lesson in taken])
            if whole is not None:
                learned[key] = whole
        return choose(self._rows), learned


def choose(rows: Iterable[EdgeRow]) -> Choice:
    """For each design and view the attacker with the best mean average precision; of equals the first named."""
    found: dict[tuple[str, View], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row.design, row.view][row.attacker].append(row.precision)
    choice = {}
    for key, scores in found.items():
        most = max(len(each) for each in scores.values())
        tried = [name for name in NAMES if len(scores.get(name, ())) == most]
        choice[key] = max(tried, key=lambda name: (round(float(np.mean(scores[name])), 9), -NAMES.index(name)))
    return choice
