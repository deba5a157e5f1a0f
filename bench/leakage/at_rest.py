"""What disk and memory alone tell, over many societies: ``python -m bench.leakage.at_rest --seeds 42``.

Three societies cannot tell a small leak from luck. Here every attacker guesses who talks with whom from what is at rest
after the last day (V1 and V2), in so many societies that luck averages out; each guess is compared with itself with
everybody's names exchanged. It prints its tables; ``--page FILE`` also writes the page, ``--out FILE`` has the figures,
and ``--draw`` makes the page again from them. Recordings come from the cache or are made, ``--processes`` at once.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from scipy import stats
from threadpoolctl import threadpool_limits

from bench.leakage.campaign import CHOICE_SEEDS_FROM
from bench.leakage.intervals import LEVEL
from bench.leakage.parallel import in_parallel
from bench.leakage.ran_on import ran_on
from bench.leakage.record import recorded
from bench.leakage.society import Size, make
from bench.leakage.tables import Table, as_markdown, as_text
from bench.leakage.tournament import EdgeRow, Learned, School, Trial
from bench.leakage.views import View

AT_REST: Final = (View.DISK, View.MEMORY)
BEYOND: Final = 0.025
"""So often a guess is above where chance lies in 95 of 100 cases if there is nothing to find."""


@dataclass(frozen=True, slots=True)
class Row:
    """One attacker's guess in one society: average precision, its mean by chance, and where 95 of 100 chances end."""

    view: str
    attacker: str
    seed: int
    precision: float
    mean: float
    high: float

    @classmethod
    def of(cls, row: EdgeRow) -> Row:
        return cls(str(row.view), row.attacker, row.seed, row.precision, row.mean, row.high)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was measured where. ``chosen``: by view, the attacker that was decided on elsewhere."""

    command: str
    ran_on: str
    size: Size
    chosen: dict[str, str]
    rows: Sequence[Row]

    @classmethod
    def read(cls, path: Path) -> Outcome:
        kept = json.loads(path.read_text(encoding="utf-8"))
        rows = [Row(**row) for row in kept["rows"]]
        return cls(kept["command"], kept["ran_on"], Size(**kept["size"]), kept["chosen"], rows)


@dataclass(frozen=True, slots=True)
class Above:
    """How far one attacker is above chance over all societies: the mean, and half of its 95 % t interval.

    ``times``: in how many societies it is above where chance lies in 95 of 100 cases.
    """

    societies: int
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
        float(np.mean([row.precision for row in rows])),
        float(np.mean([row.mean for row in rows])),
        float(difference.mean()),
        spread * float(stats.t.ppf(0.5 + LEVEL / 2, len(rows) - 1)),
        sum(row.precision > row.high for row in rows),
    )


def measure_one(size: Size, learned: Learned, seed: int) -> list[Row]:
    """Every attacker in both views of one society."""
    trial = Trial(recorded(seed, size), make(seed, size))
    rows = []
    for view in AT_REST:
        rows += [Row.of(row) for row in trial.play(view, learned.get((trial.recording.design, view))).edges]
    return rows


def table_of(outcome: Outcome) -> Table:
    """The chosen attacker of each view, then all others that are not at chance by naming nobody, the best first."""
    by_attacker: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in outcome.rows:
        by_attacker[row.view, row.attacker].append(row)
    table = [["view", "attacker", "average precision", "by chance", "above chance", "above 95 of 100 chances in"]]
    for view in AT_REST:
        found = {name: above_chance(rows) for (its, name), rows in by_attacker.items() if its == view}
        chosen = outcome.chosen[view]
        order = sorted(found, key=lambda name: (name != chosen, -found[name].mean))
        for name in order:
            its = found[name]
            if its.mean or its.wide or name == chosen:
                said = f"{its.mean:+.4f} ± {its.wide:.4f}".replace("-", "−")
                many = f"{its.times} of {its.societies}"
                shown = f"**{name}**" if name == chosen else name
                table.append([view, shown, f"{its.precision:.4f}", f"{its.chance:.4f}", said, many])
    return table


def page(outcome: Outcome) -> str:
    """As Markdown."""
    size = outcome.size
    societies = len({row.seed for row in outcome.rows})
    verdicts = []
    for view in AT_REST:
        its = above_chance([row for row in outcome.rows if (row.view, row.attacker) == (view, outcome.chosen[view])])
        said = "is above chance" if its.found else "cannot be told from chance"
        verdicts.append(f"- **{view}**: the guess of the attacker that was chosen elsewhere {said}.")
    listed = "\n".join(verdicts)
    return f"""# What disk and memory alone tell, over many societies

Made by `{outcome.command}`; do not edit it.

On the [page of the measure](leakage-today.md) three societies live with our design, and luck can put one of them above
most chances. Here {societies} live {size.days} days, each of {size.accounts:,} accounts and from {size.pace:g}
messages a day on. The same attackers guess who talks with whom from the disk after the last day (V1), and from disk and
memory (V2).

{listed}

Measured on: {outcome.ran_on}.

*Above chance* is the mean over all societies of a guess's average precision less what the same guess is worth with
everybody's names exchanged, with its 95 % t interval. Luck alone would put {BEYOND * societies:.1f} of {societies}
societies into the last column. The attacker in bold was chosen on another society; of the others the best is the best
of many. An attacker that names nobody is left out.

{as_markdown(table_of(outcome))}
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, or read what was measured; print, and write the page."""
    options = _parser().parse_args(arguments)
    kept = Path(options.out)
    if options.draw:
        outcome = Outcome.read(kept)
    else:
        with threadpool_limits(1):
            outcome = _measure(options)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(asdict(outcome), indent=1) + "\n", encoding="utf-8")
    print(as_text(table_of(outcome)))
    if options.page:
        Path(options.page).write_text(page(outcome), encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=60)
    parser.add_argument("--days", type=int, default=4)
    parser.add_argument("--pace", type=float, default=2.0, help="messages that an account writes a day, at least")
    parser.add_argument("--seeds", type=int, default=42, help="societies; one more chooses and teaches attackers")
    parser.add_argument("--processes", type=int, default=1, help="societies at the same time")
    parser.add_argument("--out", default="run/leakage/at-rest.json")
    parser.add_argument("--page", help="write the page there")
    parser.add_argument("--draw", action="store_true", help="from the figures in --out, without measuring")
    return parser


def _measure(options: argparse.Namespace) -> Outcome:
    size, measured_on, school = Size(options.accounts, options.days, options.pace), ran_on(), School()
    elsewhere = Trial(recorded(CHOICE_SEEDS_FROM, size), make(CHOICE_SEEDS_FROM, size))
    for view in AT_REST:
        school.take(elsewhere, view)
    choice, learned = school.end()
    chosen = {str(view): choice.pairs[elsewhere.recording.design, view] for view in AT_REST}
    work = partial(_measure_and_say, size, learned)
    found = in_parallel(work, range(1, options.seeds + 1), options.processes)
    said = f"python -m bench.leakage.at_rest --accounts {size.accounts} --days {size.days} --pace {size.pace:g}"
    said += f" --seeds {options.seeds}"
    return Outcome(said, measured_on, size, chosen, [row for rows in found for row in rows])


def _measure_and_say(size: Size, learned: Learned, seed: int) -> list[Row]:
    rows = measure_one(size, learned, seed)
    print(f"{time.process_time():6.0f} s of CPU: society {seed}", file=sys.stderr, flush=True)
    return rows


if __name__ == "__main__":
    main()
