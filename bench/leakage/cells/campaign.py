"""Every view of each deployment against every attacker; the ones that are reported are chosen on other societies."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leakage.attackers.trained import Lesson, Trained, train
from bench.leakage.cells import exchange, scores
from bench.leakage.cells.attackers import Known, guesses
from bench.leakage.cells.attackers.accomplice import among_others, helpers, without_theirs
from bench.leakage.cells.attackers.active import Holds, false_digests, releases
from bench.leakage.cells.attackers.learning import lesson, table
from bench.leakage.cells.habits import STEPS, Habits
from bench.leakage.cells.rows import Reported, Score
from bench.leakage.cells.simulate import record, unseen
from bench.leakage.cells.talking import Town
from bench.leakage.deployment import behind_ingress, direct, hide_addresses
from bench.leakage.guess import Pairs
from bench.leakage.measure import Ranking, average_precision
from bench.leakage.role_views import (
    ALL,
    DIRECTORY,
    INGRESS,
    INGRESS_DIRECTORY,
    INGRESS_RELAY,
    ONE_INGRESS,
    OPERATOR,
    RELAY,
    RoleSeen,
    RoleView,
    see_at,
)  # fmt: skip
from bench.leakage.trace import Recording, Truth

LEARNS: Final = "learned from other societies"
RELEASES: Final = "releases"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Case:
    """A way to deploy the design and to attack it, and the views on it that are reported."""

    name: str
    views: Sequence[RoleView]
    made: Callable[[Society], Recording]


@dataclass(frozen=True, slots=True)
class Society:
    """One society that lived: the recording, and who lives with whom. ``town``: None of one that the client lived."""

    seed: int
    recording: Recording
    household: NDArray[np.int64]
    days: int
    town: Town | None = None

    @property
    def truth(self) -> Truth:
        return self.recording.truth


def of_town(town: Town) -> Society:
    """The society of a town whose clients make requests alone."""
    return Society(town.seed, record(town), town.household, town.crowd.days, town)


def of_steps(town: Town) -> Society:
    """The society of a town whose clients are recorded for each case by itself."""
    return Society(town.seed, unseen(town), town.household, town.crowd.days, town)


DIRECT: Final = Case("clients connect themselves", (RELAY, DIRECTORY, OPERATOR), lambda its: direct(its.recording))
PLAIN: Final = Case(
    "behind a plain ingress, no cover",
    (INGRESS, ONE_INGRESS, RELAY, DIRECTORY, OPERATOR, INGRESS_RELAY, INGRESS_DIRECTORY, ALL),
    lambda its: behind_ingress(its.recording),
)
HOLDING: Final = Case(
    "the same; the ingress delays", (INGRESS,), lambda its: behind_ingress(record(_town(its), delay=Holds(its.seed)))
)
PROBING: Final = Case(
    "the same; the relay tells false digests",
    (RELAY,),
    lambda its: behind_ingress(record(_town(its), probes=false_digests(_town(its)))),
)
HELPED: Final = Case(
    "the same; one in ten helps",
    (INGRESS,),
    lambda its: behind_ingress(without_theirs(its.recording, helpers(its.seed, its.truth.accounts))),
)
CASES: Final = (DIRECT, PLAIN, HOLDING, PROBING, HELPED)


def _step(name: str, habits: Habits) -> Case:
    return Case(
        f"addresses hidden: {name}",
        (RELAY, DIRECTORY, OPERATOR),
        lambda its: hide_addresses(record(_town(its), habits=habits, all_of_it=False)),
    )


BY_STEP: Final = {name: _step(name, step.habits) for name, step in STEPS.items()}
"""What each change of the client takes from one operator who sees no addresses."""


def _town(its: Society) -> Town:
    if its.town is None:
        raise TypeError("nobody interferes with what is recorded")
    return its.town


Key = tuple[str, str]
Learned = Mapping[Key, Trained]


def said_of(case: Case, seen: RoleSeen, its: Society, known: Known) -> dict[str, Pairs]:
    """What each attacker says of one view; ``known`` gets what it says, for other views of the same."""
    found = guesses(seen, its.truth.accounts, known)
    if case.name == HOLDING.name:
        found[RELEASES] = releases(seen, its.truth.accounts, Holds(its.seed))
    return found


def ranked(case: Case, pairs: Pairs, its: Society) -> Ranking:
    """As a ranking of the pairs that are in question."""
    ranking = scores.ranking_of(pairs, its.truth)
    return (
        among_others(ranking, its.truth, helpers(its.seed, its.truth.accounts)) if case.name == HELPED.name else ranking
    )


def _score(case: Case, view: RoleView, its: Society, name: str, pairs: Pairs) -> Score:
    ranking = ranked(case, pairs, its)
    return Score(
        case.name, view.name, its.seed, name, average_precision(ranking), ranking.base, scores.recall_at(ranking),
        scores.found_people(ranking, _asked(case, its)),
    )  # fmt: skip


def _asked(case: Case, its: Society) -> Truth:
    if case.name != HELPED.name:
        return its.truth
    helping = helpers(its.seed, its.truth.accounts)
    return replace(its.truth, talks=frozenset(pair for pair in its.truth.talks if not helping & set(pair)))


def teach(cases: Sequence[Case], societies: Iterable[Society], say: Say) -> tuple[dict[Key, str], Learned]:
    """For each case and view the attacker with the best mean precision; and what was learned.

    Who learns is judged on each society by what it learned from the others.
    """
    values: dict[Key, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    lessons: dict[Key, list[tuple[Society, Case, Lesson]]] = defaultdict(list)
    for its in societies:
        for case in cases:
            made, known = case.made(its), Known()
            for view in case.views:
                said = said_of(case, see_at(made, view), its, known)
                for name, pairs in said.items():
                    values[case.name, view.name][name].append(average_precision(ranked(case, pairs, its)))
                if (one := lesson(said, its.truth)) is not None:
                    lessons[case.name, view.name].append((its, case, one))
            del made, known
            say(f"taught by society {its.seed}: {case.name}")
    learned: dict[Key, Trained] = {}
    for key, all_of in lessons.items():
        for its, case, mine in all_of:
            taught = train([other for one, _, other in all_of if one is not its])
            if taught is not None:
                values[key][LEARNS].append(average_precision(ranked(case, taught(mine.table), its)))
        if (whole := train([each for _, _, each in all_of])) is not None:
            learned[key] = whole
    return {key: max(sorted(by), key=lambda name: float(np.mean(by[name]))) for key, by in values.items()}, learned


def report(
    cases: Sequence[Case], its: Society, chosen: Mapping[Key, str], learned: Learned, say: Say, *, over_time: bool
) -> tuple[list[Score], list[Reported]]:
    """All attackers on one society, and the chosen ones with all that is said about them."""
    all_scores, reported = [], []
    for case in cases:
        made, by_day = case.made(its), defaultdict[float, Known](Known)
        for view in case.views:
            seen, key = see_at(made, view), (case.name, view.name)
            said = _with_learned(said_of(case, seen, its, by_day[its.days]), learned.get(key), its)
            all_scores += [_score(case, view, its, name, pairs) for name, pairs in said.items() if len(pairs.score)]
            if (name := chosen.get(key)) in said:
                grows = over_time and case.name in {DIRECT.name, PLAIN.name}
                until = _over_time(case, seen, its, name, learned.get(key), by_day) if grows else {}
                reported.append(_reported(case, view, its, name, said[name], until))
        del made, by_day
        say(f"society {its.seed}: {case.name}")
    return all_scores, reported


def _with_learned(said: dict[str, Pairs], learned: Trained | None, its: Society) -> dict[str, Pairs]:
    rows = table(said, its.truth.accounts) if learned is not None else None
    if rows is not None and learned is not None and learned.fits(rows):
        said[LEARNS] = learned(rows)
    return said


def _over_time(
    case: Case, seen: RoleSeen, its: Society, name: str, learned: Trained | None, by_day: Mapping[float, Known]
) -> dict[int, float]:
    def at(day: float) -> Ranking:
        said = said_of(case, seen.until(day * 86_400.0), its, by_day[day])
        said = _with_learned(said, learned, its) if name == LEARNS else said
        return ranked(case, said.get(name, Pairs.none()), its)

    return scores.days_until(at, its.truth, its.days)


def _reported(
    case: Case, view: RoleView, its: Society, name: str, pairs: Pairs, until: Mapping[int, float]
) -> Reported:
    ranking, truth = ranked(case, pairs, its), _asked(case, its)
    rounds = exchange.ROUNDS if truth.accounts <= 200 else 20
    by = [
        exchange.chance_by(way, ranking, truth, its.household, rounds)
        for way in (exchange.freely, exchange.within_households, exchange.whole_households)
    ]
    apart = scores.apart_from_homes(ranking, truth, its.household)
    days = sorted(until.values())
    median = days[(len(days) - 1) // 2] if days else math.inf
    grid = scores.moments(its.days) if days else ()
    return Reported(
        _score(case, view, its, name, pairs), by[0].low, by[0].high, by[1].mean, by[2].mean,
        average_precision(apart), apart.base, scores.people_by_chance(ranking, truth),
        None if math.isinf(median) else median,
        {str(day): sum(each <= day for each in days) / len(days) for day in grid},
    )  # fmt: skip
