"""What disk and memory alone tell, over many societies: ``python -m bench.leakage.at_rest --seeds 38``.

Three societies cannot tell a small leak from luck. Here every attacker guesses who talks with whom from what is at rest
after the last day (V1 and V2), in so many societies that luck averages out; each guess is compared with itself with
everybody's names exchanged. Some of each half of the societies choose and teach attackers for the other half.

It prints its tables; ``--page FILE`` also writes the page, ``--out FILE`` has the figures, and ``--draw`` makes the
page again from them. Recordings come from the cache or are made, ``--processes`` societies at once.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from scipy import stats

from bench.leakage.attackers import ATTACKERS, attack, guess_all, table
from bench.leakage.intervals import LEVEL
from bench.leakage.kept import measure_and_draw, options_of
from bench.leakage.parallel import in_parallel
from bench.leakage.ran_on import ran_on
from bench.leakage.record import recorded
from bench.leakage.society import Size, make
from bench.leakage.tables import Table, as_markdown
from bench.leakage.tournament import LEARNS, EdgeRow, Learned, Names, School, Trial
from bench.leakage.views import View

AT_REST: Final = (View.DISK, View.MEMORY)
BEYOND: Final = 0.025
"""So often a guess is beyond where 95 of 100 chances end, and an interval above zero, if there is nothing to find."""
ROUNDS: Final = 2_000
"""Exchanges of names from which it is told where chance lies."""
FIRST: Final = 4
"""The first society: those before are reported on the page of the measure, and were why this was asked."""
TEACHERS: Final = 6
"""So many societies of each half choose and teach: with each more, everybody who learns is judged once more."""
CHOSEN: Final = "the attacker that the other half chose"


@dataclass(frozen=True, slots=True)
class Row:
    """One attacker's guess in one society: average precision, its mean by chance, and where 95 of 100 chances end.

    ``guessed``: how many pairs of people or pseudonyms it names.
    """

    view: str
    attacker: str
    seed: int
    guessed: int
    precision: float
    mean: float
    high: float

    @classmethod
    def of(cls, row: EdgeRow) -> Row:
        return cls(str(row.view), row.attacker, row.seed, row.guessed, row.precision, row.mean, row.high)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was measured where. ``chosen``: by view, the attackers that the halves chose."""

    command: str
    ran_on: str
    size: Size
    chosen: dict[str, list[str]]
    rows: Sequence[Row]

    @classmethod
    def read(cls, path: Path) -> Outcome:
        kept = json.loads(path.read_text(encoding="utf-8"))
        rows = [Row(**row) for row in kept["rows"]]
        return cls(kept["command"], kept["ran_on"], Size(**kept["size"]), kept["chosen"], rows)


@dataclass(frozen=True, slots=True)
class Above:
    """How far one attacker is above chance over all societies: the mean, and half of its 95 % t interval.

    ``times``: in how many societies it is beyond where 95 of 100 chances end.
    """

    societies: int
    guessed: float
    precision: float
    chance: float
    mean: float
    wide: float
    times: int

    @property
    def found(self) -> bool:
        """The interval lies above zero."""
        return self.mean - self.wide > 0


def above_chance(rows: Sequence[Row]) -> Above:
    """Of one attacker's rows in one view; at least two societies."""
    if len(rows) < 2:
        raise ValueError("one society tells nothing of luck; measure more")
    difference = np.array([row.precision - row.mean for row in rows])
    spread = float(difference.std(ddof=1)) / math.sqrt(len(rows))
    return Above(
        len(rows),
        float(np.mean([row.guessed for row in rows])),
        float(np.mean([row.precision for row in rows])),
        float(np.mean([row.mean for row in rows])),
        float(difference.mean()),
        spread * float(stats.t.ppf(0.5 + LEVEL / 2, len(rows) - 1)),
        sum(row.precision > row.high for row in rows),
    )


def measure_one(size: Size, taught: Sequence[tuple[Names, Learned]], seed: int) -> list[Row]:
    """Every attacker in both views of one society; those that the other half chose a second time, as `CHOSEN`."""
    trial, rows = Trial(recorded(seed, size), make(seed, size)), []
    chosen, learned = taught[(seed + 1) % 2]
    for view in AT_REST:
        scene, _ = guess_all(trial.seen(view))
        judge, key = trial.judge(view, scene.cast), (trial.recording.design, view)
        said = {name: attack(scene, name) for name in ATTACKERS}
        if key in learned:
            said[LEARNS] = learned[key](table(scene))
        found = {name: Row.of(judge.row(name, pairs, ROUNDS)) for name, pairs in said.items()}
        rows += [*found.values(), replace(found[chosen[key]], attacker=CHOSEN)]
    return rows


def teach(size: Size, seeds: Sequence[int]) -> tuple[Names, Learned]:
    """The attackers that these societies choose, and who learned from them."""
    school = School()
    for seed in seeds:
        trial = Trial(recorded(seed, size), make(seed, size))
        for view in AT_REST:
            school.take(trial, view)
    choice, learned = school.end()
    return choice.pairs, learned


def by_attacker(rows: Sequence[Row], view: str) -> dict[str, Above]:
    """Each attacker that names anybody, the chosen ones first, then the best first."""
    sorted_out: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.view == view:
            sorted_out[row.attacker].append(row)
    found = {name: above_chance(its) for name, its in sorted_out.items() if any(row.guessed for row in its)}
    return dict(sorted(found.items(), key=lambda item: (item[0] != CHOSEN, -item[1].mean)))


def table_of(outcome: Outcome) -> Table:
    """The chosen attackers of each view, then all others that name anybody, the best first."""
    table = [["view", "attacker", "guesses", "average precision", "by chance", "above chance", "above most chances in"]]
    for view in AT_REST:
        for name, its in by_attacker(outcome.rows, view).items():
            said = f"{its.mean:+.4f} ± {its.wide:.4f}".replace("-", "−")
            shown = f"**{name}**" if name == CHOSEN else name
            figures = f"{its.guessed:.0f}", f"{its.precision:.4f}", f"{its.chance:.4f}"
            table.append([view, shown, *figures, said, f"{its.times} of {its.societies}"])
    return table


def page(outcome: Outcome) -> str:
    """As Markdown."""
    size, societies = outcome.size, len({row.seed for row in outcome.rows})
    verdicts, attackers, above = [], 0, 0
    for view in AT_REST:
        found = by_attacker(outcome.rows, view)
        its = found.pop(CHOSEN)
        said = "is above chance" if its.found else "cannot be told from chance"
        names = " and ".join(sorted(set(outcome.chosen[view])))
        end = f"The interval leaves out a leak of more than {its.mean + its.wide:.4f}"
        verdicts.append(f"- **{view}**: the guess {said}: {its.mean:+.4f} ± {its.wide:.4f} ({names}). {end}.")
        attackers, above = attackers + len(found), above + sum(each.found for each in found.values())
    listed = "\n".join(verdicts).replace("+-", "-").replace("-0.", "−0.")
    return f"""# What disk and memory alone tell, over many societies

Made by `{outcome.command}`; do not edit it.

On the [page of the measure](leakage-today.md) three societies live with our design, and luck can put one of them above
most chances. Here {societies} others live: {size.accounts:,} accounts for {size.days} days, with {size.pace:g} messages
a day or more. The same attackers guess who talks with whom from the disk after the last day (V1), and from disk and
memory (V2). {TEACHERS} societies of each half chose and taught the attacker that is reported for the other half.

{listed}

Measured on: {outcome.ran_on}.

*Above chance* is the mean over all societies of a guess's average precision less what the same guess is worth with
everybody's names exchanged ({ROUNDS:,} times), with its 95 % t interval. *Above most chances* counts the societies in
which the guess is worth more than in 97.5 of 100 of these exchanges: by luck about {BEYOND * societies:.0f} of
{societies}. Of the {attackers} rows of single attackers below, {above} have an interval above zero; luck alone gives
about {BEYOND * attackers:.1f}. *Guesses* are pairs of people or pseudonyms. An attacker that names nobody is left out.

{size.accounts:,} people and {size.days} days are little to learn from: a leak that only shows among more people, or
over months, is not found here. [A society of 1,000](leakage-large.md) lived for thirty days, with the client of before.

{as_markdown(table_of(outcome))}
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, or read what was measured; print, and write the page."""
    parser = options_of(__doc__, "run/leakage/at-rest.json")
    parser.add_argument("--seeds", type=int, default=38, help="societies, an even number")
    tables = lambda outcome: [table_of(outcome)]  # noqa: E731
    measure_and_draw(parser.parse_args(arguments), read=Outcome.read, measure=_measure, tables=tables, page=page)


def _measure(options: argparse.Namespace) -> Outcome:
    size, measured_on = Size(options.accounts, options.days, options.pace), ran_on()
    seeds = range(FIRST, FIRST + options.seeds)
    taught = [teach(size, [seed for seed in seeds if seed % 2 == half][:TEACHERS]) for half in (0, 1)]
    chosen = {str(view): [names[key] for names, _ in taught for key in names if key[1] == view] for view in AT_REST}
    found = in_parallel(partial(_measure_and_say, size, taught), seeds, options.processes)
    said = f"python -m bench.leakage.at_rest --accounts {size.accounts} --days {size.days} --pace {size.pace:g}"
    said += f" --seeds {options.seeds}"
    return Outcome(said, measured_on, size, chosen, [row for rows in found for row in rows])


def _measure_and_say(size: Size, taught: Sequence[tuple[Names, Learned]], seed: int) -> list[Row]:
    rows = measure_one(size, taught, seed)
    print(f"{time.process_time():6.0f} s of CPU: society {seed}", file=sys.stderr, flush=True)
    return rows


if __name__ == "__main__":
    main()
