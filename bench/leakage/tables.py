"""Tables of an outcome, as rows of text; the page and the terminal lay them out."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.leakage.campaign import Outcome
from bench.leakage.designs import OURS, is_changed
from bench.leakage.intervals import Interval, Verdict, compare, over_seeds
from bench.leakage.tournament import LIVE, EdgeRow, RoomRow
from bench.leakage.views import View

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


def precision(outcome: Outcome, design: str, view: View, *, told: bool = False) -> Interval:
    """Average precision of the chosen attacker over seeds."""
    return over_seeds([row.told if told else row.precision for row in outcome.reported(design, view)])


def attackers(outcome: Outcome) -> Table:
    """Which attacker is reported where, its best F1, and what were found if every connection's owner were known."""
    rows = [["design", "view", "attacker", "best F1", "average precision, told who is behind each connection"]]
    for design in main_designs(outcome):
        for view in View:
            found = outcome.reported(design, view)
            f1 = over_seeds([row.f1 for row in found])
            told = precision(outcome, design, view, told=True)
            rows.append([design, view, outcome.choice[design, view], show(f1), show(told)])
    return rows


def snapshots(outcome: Outcome) -> Table:
    """For ours, society by society: what disk and memory give, beside chance."""
    rows = [["view", "society", "attacker", "average precision", "chance, 95 of 100", "above chance"]]
    for view in (View.DISK, View.MEMORY):
        for row in outcome.reported(OURS, view) if (OURS, view) in outcome.choice else []:
            above = "no" if row.precision <= row.high else "yes"
            rows.append(
                [view, str(row.seed), row.attacker, f"{row.precision:.4f}", f"{row.low:.4f}–{row.high:.4f}", above]
            )
    return rows


def groups(outcome: Outcome) -> Table:
    """B-cubed F1 of groups, and the share of successions found."""
    rows = [["design", "view", "B³-F1 of groups", "by chance", "epochs chained"]]
    for design in main_designs(outcome):
        for view in View:
            found = _rooms(outcome, design, view)
            chains = [row.chained for row in found if row.chained is not None]
            rows.append(
                [
                    design,
                    view,
                    show(over_seeds([row.b3 for row in found])),
                    f"{np.mean([row.b3_chance for row in found]):.3f}",
                    show(over_seeds(chains)) if chains else "its rooms never move",
                ]
            )
    return rows


def _rooms(outcome: Outcome, design: str, view: View, seeds: Collection[int] | None = None) -> list[RoomRow]:
    found = [row for row in outcome.rooms if (row.design, row.view) == (design, view)]
    return [row for row in found if seeds is None or row.seed in seeds]


def first(outcome: Outcome) -> Table:
    """Median messages until the first right guess, and for how many people there was one."""
    rows = [["design", "view", "median messages until the first right guess", "people guessed rightly at least once"]]
    for design in main_designs(outcome):
        for view in LIVE:
            found = [row.messages for row in outcome.first if (row.design, row.view) == (design, view)]
            share = over_seeds([float(np.mean(np.isfinite(messages))) for messages in found])
            rows.append([design, view, median(found), show(share)])
    return rows


def median(by_seed: Sequence[Sequence[float]], rounds: int = 1_000) -> str:
    """The median over all people of all societies, with where it lies when societies are drawn anew."""
    dice = np.random.default_rng(0)
    drawn = [np.asarray(messages, np.float64) for messages in by_seed]
    middle = np.median(np.concatenate(drawn))
    medians = [
        np.median(np.concatenate([drawn[at] for at in dice.integers(0, len(drawn), len(drawn))])) for _ in range(rounds)
    ]
    low, high = np.quantile(medians, (0.025, 0.975), method="nearest")
    return f"{_count(middle)} ({_count(low)}–{_count(high)})"


def _count(messages: float) -> str:
    return "never" if math.isinf(messages) else f"{messages:.0f}"


def ablation(outcome: Outcome) -> Table:
    """Ours with one defence changed each, beside ours in the same societies."""
    views = (View.MEMORY, *LIVE)
    rows = [["ours", *(f"{view} edges" for view in views), *(f"{view} chained" for view in LIVE), "B³-F1 (V3)"]]
    seeds = {row.seed for row in outcome.rooms if is_changed(row.design)}
    for design in ours(outcome) if seeds else ():
        cells = [show(over_seeds(_precisions(outcome, design, view, seeds))) for view in views]
        for view in LIVE:
            chains = [row.chained for row in _rooms(outcome, design, view, seeds) if row.chained is not None]
            cells.append(show(over_seeds(chains)) if chains else "–")
        cells.append(show(over_seeds([row.b3 for row in _rooms(outcome, design, View.TAP, seeds)])))
        rows.append([design.partition(", ")[2] or "as the product is", *cells])
    return rows


def prices(outcome: Outcome) -> Table:
    """What each design costs, beside what it gives away in V3."""
    heading = ["design", "V3 edges", "kB for each account and day", "connections for each account and day"]
    rows = [[*heading, "seconds to a reader who is there: median, 90 of 100"]]
    for design in dict.fromkeys(row.design for row in outcome.prices):
        found = [row for row in outcome.prices if row.design == design]
        carried = f"{np.mean([row.bytes for row in found]) / 1_000:,.0f}"
        opened = f"{np.mean([row.connections for row in found]):.1f}"
        waits = f"{np.mean([row.median for row in found]):.2f}, {np.mean([row.slow for row in found]):.2f}"
        rows.append([design, show(precision(outcome, design, View.TAP)), carried, opened, waits])
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
    """One comparison: ours beside a model in one view."""

    view: View
    rival: str
    verdict: Verdict
    ours: Interval
    theirs: Interval


def verdicts(outcome: Outcome, ours: str = OURS) -> list[Line]:
    """Edges, for every view and model, from the intervals of the differences; of ours as it is, or with a change."""
    found = []
    for view in View:
        mine = [row.precision for row in outcome.reported(ours, view)] if (ours, view) in outcome.choice else []
        for rival in main_designs(outcome) if mine else ():
            if rival == OURS:
                continue
            theirs = [row.precision for row in outcome.reported(rival, view)]
            found.append(Line(view, rival, compare(mine, theirs), over_seeds(mine), over_seeds(theirs)))
    return found


def verdict_table(lines: Iterable[Line]) -> Table:
    """As a table."""
    return [
        ["view", "beside", "we", "ours", "theirs"],
        *([line.view, line.rival, line.verdict, show(line.ours), show(line.theirs)] for line in lines),
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


def as_text(table: Table) -> str:
    """Columns aligned, for a terminal."""
    widths = [max(len(row[at]) for row in table) for at in range(len(table[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def as_markdown(table: Table) -> str:
    """For a page."""
    lines = ["| " + " | ".join(row) + " |" for row in table]
    return "\n".join([lines[0], "| " + " | ".join(["---"] * len(table[0])) + " |", *lines[1:]])
