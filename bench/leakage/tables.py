"""Tables of an outcome, as rows of text; the page and the terminal lay them out."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from bench.leakage.campaign import Outcome
from bench.leakage.designs import OURS, is_changed
from bench.leakage.intervals import Interval, Verdict, compare, over_seeds
from bench.leakage.tournament import ASKED, LIVE, EdgeRow, LateRow
from bench.leakage.views import View

ACTIVITY: Final = "what somebody is doing"
Table = Sequence[Sequence[str]]
"""The first row is the heading."""


def designs(outcome: Outcome) -> list[str]:
    """In the order in which they were measured."""
    return list(dict.fromkeys(row.design for row in outcome.edges))


def main_designs(outcome: Outcome) -> list[str]:
    """Ours and the models, without the ablation."""
    return [design for design in designs(outcome) if not is_changed(design)]


def ours(outcome: Outcome) -> list[str]:
    """Ours, as the product is and changed."""
    return [design for design in designs(outcome) if design == OURS or is_changed(design)]


def show(interval: Interval) -> str:
    """The mean, and the interval if it is one."""
    mean, low, high = (f"{value:.3f}" for value in (interval.mean, interval.low, interval.high))
    return mean if mean == low == high else f"{mean} ({low}–{high})"


def edges(outcome: Outcome) -> Table:
    """Average precision by view and design, chance in the last row."""
    names = main_designs(outcome)
    base = over_seeds([row.base for row in outcome.reported(names[0], View.TAP)])
    rows = [["design", *View]]
    rows += [[design, *(show(precision(outcome, design, view)) for view in View)] for design in names]
    return [*rows, ["chance (base rate)", *([show(base)] * len(View))]]


def precision(outcome: Outcome, design: str, view: View) -> Interval:
    """Average precision of the chosen attacker over seeds."""
    return over_seeds([row.precision for row in outcome.reported(design, view)])


def best_precision(outcome: Outcome, design: str, view: View) -> Interval:
    """Average precision of the attacker that turned out best."""
    return over_seeds([row.precision for row in outcome.best(design, view)])


def best_edges(outcome: Outcome) -> Table:
    """As `edges`, of the attackers that turned out best."""
    rows = [["design", *View]]
    return [
        *rows,
        *(
            [design, *(show(best_precision(outcome, design, view)) for view in View)]
            for design in main_designs(outcome)
        ),
    ]


def attackers(outcome: Outcome) -> Table:
    """Which attacker is reported where, its best F1, and which one turned out best."""
    rows = [["design", "view", "attacker", "best F1", "best in hindsight", "its average precision"]]
    for design in main_designs(outcome):
        for view in View:
            f1 = over_seeds([row.f1 for row in outcome.reported(design, view)])
            best = outcome.best(design, view)[0].attacker
            said = show(best_precision(outcome, design, view))
            rows.append([design, view, outcome.choice.pairs[design, view], show(f1), best, said])
    return rows


def met(outcome: Outcome) -> Table:
    """Through a tap that began late: friends of old, and those who met under it, by the attacker that was chosen and by
    those that turned out best for each.
    """
    rows = [["design", "view", "attacker", "friends of old", "by chance", "met under the tap", "by chance"]]
    for design in main_designs(outcome) if outcome.late else ():
        for view in LIVE:
            found = [row for row in outcome.late if (row.design, row.view) == (design, view)]
            by_name = {row.attacker: [one for one in found if one.attacker == row.attacker] for row in found}
            old, new = (
                max(by_name, key=lambda name: sum(score(row) for row in by_name[name])) for score in (_friends, _met)
            )
            said = {outcome.choice.pairs[design, view]: "", **dict.fromkeys((old, new), " (best in hindsight)")}
            rows += [[design, view, f"{name}{best}", *_late(by_name[name])] for name, best in said.items()]
    return rows


def asked(outcome: Outcome) -> Table:
    """What look-ups tell without addresses, beside what is told by the boxes alone and by chance."""
    alone = outcome.reported(OURS, View.TAP)
    return [
        ["of ours, without addresses", "average precision", "best F1", "chance (base rate)"],
        *([name, *_asked(rows)] for name, rows in ((ASKED, outcome.asked), ("the boxes alone (V3)", alone)) if rows),
    ]


def _asked(rows: Sequence[EdgeRow]) -> list[str]:
    figures = ([row.precision for row in rows], [row.f1 for row in rows], [row.base for row in rows])
    return [show(over_seeds(each)) for each in figures]


def _friends(row: LateRow) -> float:
    return row.friends


def _met(row: LateRow) -> float:
    return row.met


def _late(rows: Sequence[LateRow]) -> list[str]:
    return [
        show(over_seeds([row.friends for row in rows])),
        f"{np.mean([row.friends_chance for row in rows]):.3f}",
        show(over_seeds([row.met for row in rows])),
        f"{np.mean([row.met_chance for row in rows]):.3f}",
    ]


def snapshots(outcome: Outcome) -> Table:
    """For ours, society by society: what disk and memory give, beside chance."""
    rows = [["view", "society", "attacker", "average precision", "by chance: mean, 95 of 100", "above chance"]]
    for view in (View.DISK, View.MEMORY):
        for row in outcome.reported(OURS, view) if (OURS, view) in outcome.choice.pairs else []:
            above = "no" if row.precision <= row.high else "yes"
            by_chance = f"{row.mean:.4f} ({row.low:.4f}–{row.high:.4f})"
            rows.append([view, str(row.seed), row.attacker, f"{row.precision:.4f}", by_chance, above])
    return rows


def groups(outcome: Outcome) -> Table:
    """B-cubed F1 of groups, and the share of successions found."""
    rows = [["design", "view", "attacker", "B³-F1 of groups", "by chance", "epochs chained"]]
    for design in main_designs(outcome):
        for view in View:
            found = outcome.grouped(design, view)
            chains = [row.chained for row in found if row.chained is not None]
            rows.append(
                [
                    design,
                    view,
                    outcome.choice.groups[design, view],
                    show(over_seeds([row.b3 for row in found])),
                    f"{np.mean([row.b3_chance for row in found]):.3f}",
                    show(over_seeds(chains)) if chains else "its rooms never move",
                ]
            )
    return rows


def first(outcome: Outcome) -> Table:
    """Median messages until the first right guess, and for how many people there was one."""
    rows = [["design", "view", "median messages until the first right guess", "people guessed rightly at least once"]]
    for design in main_designs(outcome):
        for view in LIVE:
            found = [row.messages for row in outcome.first if (row.design, row.view) == (design, view)]
            share = over_seeds([float(np.mean(np.isfinite(messages))) for messages in found])
            rows.append([design, view, median(found), show(share)])
    return rows


def median(by_seed: Sequence[Sequence[float]]) -> str:
    """The median over all people of all societies, with the lowest and the highest of the societies."""
    middle = np.median(np.concatenate([np.asarray(messages, np.float64) for messages in by_seed]))
    medians = [float(np.median(messages)) for messages in by_seed]
    return f"{_count(middle)} ({_count(min(medians))}–{_count(max(medians))})"


def _count(messages: float) -> str:
    return "never" if math.isinf(messages) else f"{messages:.0f}"


def ablation(outcome: Outcome) -> Table:
    """Ours with one defence changed each, under ours as it is in the very same societies."""
    views = (View.MEMORY, *LIVE)
    rows = [
        ["ours", "societies", *(f"{view} edges" for view in views), *(f"{view} chained" for view in LIVE), "B³-F1 (V3)"]
    ]
    lived: dict[tuple[int, ...], list[str]] = {}
    for design in ours(outcome):
        seeds = tuple(sorted({row.seed for row in outcome.rooms if row.design == design}))
        lived.setdefault(seeds, []).append(design)
    for seeds, designs_there in sorted(lived.items(), key=lambda item: -len(item[0])):
        changes = [design for design in designs_there if design != OURS]
        rows += [_ablated(outcome, design, seeds, views) for design in ((OURS, *changes) if changes else ())]
    return rows


def _ablated(outcome: Outcome, design: str, seeds: Sequence[int], views: Sequence[View]) -> list[str]:
    cells = [show(over_seeds(_precisions(outcome, design, view, seeds))) for view in views]
    for view in LIVE:
        found = [row for row in outcome.grouped(design, view) if row.seed in seeds]
        chains = [row.chained for row in found if row.chained is not None]
        cells.append(show(over_seeds(chains)) if chains else "–")
    cells.append(show(over_seeds([row.b3 for row in outcome.grouped(design, View.TAP) if row.seed in seeds])))
    which = ", ".join(str(seed) for seed in seeds)
    return [design.partition(", ")[2] or "**as the product is**", which, *cells]


def prices(outcome: Outcome) -> Table:
    """What each design costs, beside what it gives away in V3."""
    heading = ["design", "societies", "V3 edges", "kB for each account and day", "connections for each account and day"]
    rows = [[*heading, "seconds to a reader who is there: median, 90 of 100"]]
    for design in dict.fromkeys(row.design for row in outcome.prices):
        found = [row for row in outcome.prices if row.design == design]
        carried = f"{np.mean([row.bytes for row in found]) / 1_000:,.0f}"
        opened = f"{np.mean([row.connections for row in found]):.1f}"
        waits = f"{np.mean([row.median for row in found]):.2f}, {np.mean([row.slow for row in found]):.2f}"
        edges_there = show(precision(outcome, design, View.TAP))
        rows.append([design, str(len(found)), edges_there, carried, opened, waits])
    return rows


def hindsight(outcome: Outcome) -> Table:
    """Of ours, view by view and society by society, the attacker that turned out best, with what chance gives it."""
    rows = [["view", "society", "attacker", "average precision", "chance, 95 of 100"]]
    best: dict[tuple[View, int], EdgeRow] = {}
    for row in outcome.edges:
        key = row.view, row.seed
        if row.design == OURS and (key not in best or row.precision > best[key].precision):
            best[key] = row
    for (view, seed), row in sorted(best.items()):
        rows.append([view, str(seed), row.attacker, f"{row.precision:.4f}", f"{row.low:.4f}–{row.high:.4f}"])
    return rows


def _precisions(outcome: Outcome, design: str, view: View, seeds: Collection[int]) -> list[float]:
    return [row.precision for row in outcome.reported(design, view) if row.seed in seeds]


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison: ours beside a model in one view; without one, of what somebody is doing."""

    view: View | None
    rival: str
    verdict: Verdict
    ours: Interval
    theirs: Interval
    hindsight: Verdict
    """The same for the attackers that turned out best."""


def verdicts(outcome: Outcome, ours: str = OURS) -> list[Line]:
    """Edges, for every view and model, from the differences in each society; of ours as it is, or with a change."""
    found = []
    for view in View:
        if (ours, view) not in outcome.choice.pairs or not outcome.reported(ours, view):
            continue
        mine = outcome.reported(ours, view)
        for rival in main_designs(outcome):
            if rival != OURS:
                theirs = outcome.reported(rival, view)
                said = (
                    _compared(mine, theirs),
                    over_seeds([r.precision for r in mine]),
                    over_seeds([r.precision for r in theirs]),
                )
                best = _compared(outcome.best(ours, view), outcome.best(rival, view))
                found.append(Line(view, rival, *said, best))
    return found


def _compared(mine: Sequence[EdgeRow], theirs: Sequence[EdgeRow]) -> Verdict:
    """What is at rest is compared by how far it is above chance for the same guess, and not at all if neither is."""
    if mine[0].view in LIVE:
        return compare([row.precision for row in mine], [row.precision for row in theirs])
    if not any(2 * sum(row.precision > row.high for row in rows) > len(rows) for rows in (mine, theirs)):
        return Verdict.TIE
    return compare([row.precision - row.mean for row in mine], [row.precision - row.mean for row in theirs])


def verdict_table(lines: Iterable[Line]) -> Table:
    """As a table."""
    return [
        ["view", "beside", "we", "ours", "theirs", "we, by the best attackers in hindsight"],
        *(
            [line.view or ACTIVITY, line.rival, line.verdict, show(line.ours), show(line.theirs), line.hindsight]
            for line in lines
        ),
    ]


def activity_lines(outcome: Outcome) -> list[Line]:
    """What somebody is doing, ours beside each model: a comparison like those of edges."""
    scores = {
        design: [float(np.mean(row.scores)) for row in outcome.activity if row.design == design]
        for design in main_designs(outcome)
    }
    if len(scores.get(OURS, ())) < 2:
        return []
    return [
        Line(None, rival, verdict, over_seeds(scores[OURS]), over_seeds(theirs), verdict)
        for rival, theirs in scores.items()
        if rival != OURS and len(theirs) == len(scores[OURS])
        for verdict in (compare(scores[OURS], theirs),)
    ]


def activity(outcome: Outcome) -> Table:
    """The activity classifier's figures, over the folds of all societies."""
    rows = [["traffic of", "balanced accuracy", "by chance", "activities", "windows", "devices"]]
    for design in dict.fromkeys(row.design for row in outcome.activity):
        found = [row for row in outcome.activity if row.design == design]
        scores = over_seeds([float(np.mean(row.scores)) for row in found])
        chance = f"{np.mean([row.chance for row in found]):.3f}"
        kinds = str(max(row.activities for row in found))
        cut, devices = sum(row.windows for row in found), sum(row.devices for row in found)
        rows.append([design, show(scores), chance, kinds, f"{cut:,}", f"{devices:,}"])
    return rows


def signals(outcome: Outcome) -> Table:
    """What ours would be told apart by without a part of what is seen."""
    found = [row for row in outcome.activity if row.without]
    names = list(found[0].without) if found else []
    values = {name: over_seeds([row.without[name] for row in found]) for name in names}
    return [["ours, without looking at", "balanced accuracy"], *([name, show(its)] for name, its in values.items())]


def recognised(outcome: Outcome) -> Table:
    """How many windows of each activity were recognised in each design's traffic, over the societies that have it."""
    designs = list(dict.fromkeys(row.design for row in outcome.activity))
    by_design = {design: [row.recalls for row in outcome.activity if row.design == design] for design in designs}
    activities = sorted({name for row in outcome.activity for name in row.recalls})
    return [
        ["what begins", *designs],
        *([name, *(_mean_of(name, by_design[design]) for design in designs)] for name in activities),
    ]


def _mean_of(activity: str, recalls: Iterable[Mapping[str, float]]) -> str:
    found = [each[activity] for each in recalls if activity in each]
    return show(over_seeds(found)) if found else "\N{EN DASH}"


def as_text(table: Table) -> str:
    """Columns aligned, for a terminal."""
    widths = [max(len(row[at]) for row in table) for at in range(len(table[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def as_markdown(table: Table) -> str:
    """For a page."""
    lines = ["| " + " | ".join(row) + " |" for row in table]
    return "\n".join([lines[0], "| " + " | ".join(["---"] * len(table[0])) + " |", *lines[1:]])
