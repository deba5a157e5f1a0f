"""Every design against every view and every attacker, seed by seed; plain rows come out, for tables and plots.

For each design and view the attackers that are reported, of pairs and of groups, are chosen on societies that are not:
`Choice` is made from the rows of other seeds, and the one that learns has learned there. All attackers' rows are kept
and published too. A tap may begin later than the society (`Trial.tap_from`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from bench.leakage.attackers import ATTACKERS, GROUPERS, attack, guess_all, prepare, table
from bench.leakage.attackers.asked import by_look_ups
from bench.leakage.attackers.trained import Lesson, Table, Trained, by_halves, train
from bench.leakage.bcubed import bcubed, bcubed_chance
from bench.leakage.first import Exchanged, first_right
from bench.leakage.guess import Cast, Guess, Pairs
from bench.leakage.late_tap import late, met_since
from bench.leakage.measure import Ranking, among, average_precision, best_f1, chained, chance, identify, rank
from bench.leakage.society import DAY, Society
from bench.leakage.trace import NOBODY, Pair, Recording, Truth
from bench.leakage.views import WATCHED, Seen, View, see

Design = Callable[[Society], Recording]
Designs = Mapping[str, Design]
Names = dict[tuple[str, View], str]
Learned = Mapping[tuple[str, View], Trained]

GROUPS_FROM: Final = 3
NAMED_FROM: Final = 2
"""A guess of so many counts as one about a group: anyone who brought them together may be missing from it."""
LIVE: Final = WATCHED
LEARNS: Final = "trained on other societies"
NAMES: Final = (*ATTACKERS, LEARNS)
ASKED: Final = "look-ups after requests"


@dataclass(frozen=True, slots=True)
class Choice:
    """The attackers that are reported for a design and a view: of pairs, and of groups."""

    pairs: Names = field(default_factory=dict)
    groups: Names = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """One attacker's guess of who talks with whom. ``mean``: what the same guess is worth by chance; ``low`` and
    ``high``: where that is in 95 of 100 cases.
    """

    design: str
    view: View
    seed: int
    attacker: str
    guessed: int
    precision: float
    base: float
    mean: float
    low: float
    high: float
    f1: float


@dataclass(frozen=True, slots=True)
class RoomRow:
    """One attacker's groups, and successions. ``chained`` is None where rooms never move."""

    design: str
    view: View
    seed: int
    grouper: str
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
class LateRow:
    """One attacker's guess through a tap that began later: of pairs who talked before, of those who met under it, and
    what chance gives for each.
    """

    design: str
    view: View
    seed: int
    attacker: str
    friends: float
    friends_chance: float
    met: float
    met_chance: float
    met_edges: int


@dataclass(frozen=True, slots=True)
class Judge:
    """Who the people of one cast are, for scoring. It keeps no events."""

    design: str
    view: View
    seed: int
    truth: Truth
    who: Mapping[int, int]
    absent: frozenset[int] = frozenset()
    """Accounts that were not there yet."""

    def ranking(self, pairs: Pairs) -> Ranking:
        return rank(pairs, self.who, self.truth, self.absent)

    def row(self, name: str, pairs: Pairs, rounds: int = 200) -> EdgeRow:
        """One attacker's guess, scored; chance from so many ``rounds``."""
        ranking = self.ranking(pairs)
        by_chance = chance(ranking, self.truth, rounds, absent=self.absent)
        return EdgeRow(
            self.design,
            self.view,
            self.seed,
            name,
            len(pairs.score),
            average_precision(ranking),
            ranking.base,
            by_chance.mean,
            by_chance.low,
            by_chance.high,
            best_f1(ranking),
        )

    def late(self, name: str, pairs: Pairs, met: frozenset[Pair]) -> LateRow:
        """One attacker's guess, scored among all but those who met under the tap, and among all but the others."""
        friends = among(pairs, self.who, self.truth, met, self.absent)
        new = among(pairs, self.who, self.truth, self.truth.talks - met, self.absent)
        scores = (average_precision(friends), friends.base, average_precision(new), new.base)
        return LateRow(self.design, self.view, self.seed, name, *scores, len(met))

    def lesson(self, its: Table) -> Lesson:
        """The table of a scene, with the truth."""
        edge = [self._edge(a, b) for a, b in zip(its.left.tolist(), its.right.tolist(), strict=True)]
        return Lesson(its, np.array(edge, bool))

    def _edge(self, one: int, two: int) -> bool:
        low, high = sorted((self.who.get(one, NOBODY), self.who.get(two, NOBODY)))
        return (low, high) in self.truth.talks

    def rooms(self, name: str, guess: Guess, rounds: int = 20) -> RoomRow:
        """One attacker's groups, and successions, scored."""
        truth, cast = self.truth, guess.cast
        groups = [{self.who[person] for person in group if person in self.who} for group in guess.groups]
        groups = [group for group in groups if len(group) >= NAMED_FROM]
        rooms = [room for room in truth.rooms if len(room) >= GROUPS_FROM]
        return RoomRow(
            self.design,
            self.view,
            self.seed,
            name,
            len(set(cast.conns.values()) | set(cast.accounts.values())),
            len(groups),
            bcubed(groups, rooms, truth.accounts).f1,
            bcubed_chance(groups, rooms, truth.accounts, rounds) if rounds else 0.0,
            chained(guess.chain, truth),
        )


@dataclass(frozen=True)
class Trial:
    """One design and one society, recorded. ``tap_from``: the day on which anyone who watches begins to."""

    recording: Recording
    society: Society
    tap_from: float = 0.0
    untried: frozenset[str] = frozenset()
    """Attackers that do not play."""

    @cached_property
    def met(self) -> frozenset[Pair]:
        """Who met after the tap began."""
        return met_since(self.recording, self.society, self.tap_from * DAY)

    def seen(self, view: View) -> Seen:
        """What there is to attack."""
        seen = see(self.recording, view)
        return late(seen, self.tap_from * DAY) if view in LIVE and self.tap_from else seen

    def judge(self, view: View, cast: Cast) -> Judge:
        """For guesses about the people of ``cast``."""
        live, truth, seed = self.recording.live, self.recording.truth, self.society.seed
        return Judge(self.recording.design, view, seed, truth, identify(cast, live, truth), self.absent)

    @cached_property
    def absent(self) -> frozenset[int]:
        """Who comes only after the machine is seized."""
        end = self.society.end
        return frozenset(account.number for account in self.society.accounts if account.arrives >= end)

    def play(self, view: View, learned: Trained | None) -> Played:
        """Every attacker's guess of one view, groups and successions."""
        scene, guesses = guess_all(self.seen(view))
        judge = self.judge(view, scene.cast)
        said = {name: attack(scene, name) for name in ATTACKERS if name not in self.untried}
        if learned is not None:
            said[LEARNS] = learned(table(scene))
        played = Played([judge.row(name, pairs) for name, pairs in said.items()])
        played.rooms += [judge.rooms(name, guess) for name, guess in guesses.items()]
        if self.tap_from and view in LIVE:
            played.late += [judge.late(name, pairs, self.met) for name, pairs in said.items()]
        return played

    def asked(self) -> EdgeRow:
        """What look-ups tell without any address, where the relay is the directory too."""
        seen = self.seen(View.DIRECTORY)
        people = {account: account for account in seen.directory.values()}
        judge = Judge(self.recording.design, View.TAP, self.society.seed, self.recording.truth, people, self.absent)
        return judge.row(ASKED, by_look_ups(seen))

    def first(self, view: View, attacker: str, learned: Trained | None) -> FirstRow:
        """The attacker over time."""
        seen, talks = self.seen(view), self.recording.truth.talks

        def ranked(t: float) -> Ranking:
            scene, _ = prepare(seen.until(t))
            pairs = learned(table(scene)) if learned and attacker == LEARNS else attack(scene, attacker)
            return self.judge(view, scene.cast).ranking(pairs)

        people = sorted({account for pair in talks for account in pair})
        found = first_right(Exchanged(self.society), ranked, people)
        return FirstRow(self.recording.design, view, self.society.seed, [found[account] for account in people])


@dataclass(slots=True)
class Played:
    """What came of one design, society and view."""

    edges: list[EdgeRow]
    rooms: list[RoomRow] = field(default_factory=list)
    late: list[LateRow] = field(default_factory=list)


class School:
    """The societies that attackers are chosen and trained on. Nothing of them is reported."""

    def __init__(self) -> None:
        self._rows: list[EdgeRow] = []
        self._rooms: list[RoomRow] = []
        self._taken: dict[tuple[str, View], list[tuple[Judge, Lesson]]] = defaultdict(list)

    def take(self, trial: Trial, view: View) -> None:
        """One more society for a design and a view."""
        scene, guesses = guess_all(trial.seen(view))
        judge = trial.judge(view, scene.cast)
        self._rows += [judge.row(name, attack(scene, name), 0) for name in ATTACKERS]
        self._rooms += [judge.rooms(name, guess, 0) for name, guess in guesses.items()]
        self._taken[trial.recording.design, view].append((judge, judge.lesson(table(scene))))

    def end(self) -> tuple[Choice, Learned]:
        """For each design and view the attackers with the best mean score; and who learned from everything.

        The one that learns is judged on each society by what it learned from the others; on one society alone, on each
        half of the pairs by what it learned from the other half.
        """
        learned: dict[tuple[str, View], Trained] = {}
        for key, taken in self._taken.items():
            for at, (judge, lesson) in enumerate(taken):
                others = [each for number, (_, each) in enumerate(taken) if number != at]
                taught = train(others)
                said = taught(lesson.table) if taught else by_halves(lesson) if not others else None
                if said is not None:
                    self._rows.append(judge.row(LEARNS, said, 0))
            whole = train([lesson for _, lesson in taken])
            if whole is not None:
                learned[key] = whole
        pairs = best(((row.design, row.view), row.attacker, row.precision) for row in self._rows)
        groups = best((((row.design, row.view), row.grouper, row.b3) for row in self._rooms), tuple(GROUPERS))
        return Choice(pairs, groups), learned


def best(scores: Iterable[tuple[tuple[str, View], str, float]], order: Sequence[str] = NAMES) -> Names:
    """For each design and view the attacker with the best mean score of those tried on most; of equals the first."""
    found: dict[tuple[str, View], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for key, name, score in scores:
        found[key][name].append(score)
    choice = {}
    for key, by_name in found.items():
        most = max(len(each) for each in by_name.values())
        tried = [name for name in order if len(by_name.get(name, ())) == most]
        choice[key] = max(tried, key=lambda name: (round(float(np.mean(by_name[name])), 9), -order.index(name)))
    return choice
