"""Measure everything and write the pages again: ``python -m bench.speed.record [--turns 3] [--seconds 1.5]``.

Takes about a quarter of an hour. Writes docs/speed.md, docs/speed/ (results.json, apart.json and a plot for each
workload) and docs/capacity.md. With ``--apart`` only what our relay costs by default, and docs/capacity.md: two
minutes. With ``--draw`` only the pages and plots, from the results that are there. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bench import appends
from bench.speed import capacity, page, plots, records
from bench.speed.__main__ import add_options, measure, measure_apart

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
RESULTS = DOCS / "speed" / "results.json"
APART = DOCS / "speed" / "apart.json"


def write_speed(results: records.Results, apart: records.Results) -> None:
    """The page of speed and its plots."""
    plots.draw(results, DOCS / "speed")
    (DOCS / "speed.md").write_text(page.write(results, apart), encoding="utf-8")


def write_capacity(results: records.Results, apart: records.Results) -> None:
    """The page that is computed from both runs."""
    (DOCS / "capacity.md").write_text(capacity.write(results, apart, appends.read()), encoding="utf-8")


def main() -> None:
    """Record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("--apart", action="store_true", help="only what our relay costs by default")
    parser.add_argument("--draw", action="store_true", help="from the results that are there, without measuring")
    options = parser.parse_args()
    if not options.draw:
        if not options.apart:
            measure(options, RESULTS)
        measure_apart(options, APART)
    write_speed(records.read(RESULTS), records.read(APART))
    write_capacity(records.read(RESULTS), records.read(APART))


if __name__ == "__main__":
    main()
