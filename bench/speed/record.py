"""Measure everything and write the pages anew: ``python -m bench.speed.record [--turns 3] [--seconds 1.5]``.

Takes about a quarter of an hour. Writes docs/speed.md, docs/speed/ (results.json and a plot for each workload) and
docs/capacity.md. With ``--draw`` only the pages and plots, from the results that are there. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.speed import capacity, page, plots, records
from bench.speed.__main__ import add_options, measure

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
RESULTS = DOCS / "speed" / "results.json"


def write_pages(results: records.Results) -> None:
    """Both pages and the plots."""
    plots.draw(results, DOCS / "speed")
    (DOCS / "speed.md").write_text(page.write(results), encoding="utf-8")
    (DOCS / "capacity.md").write_text(capacity.write(results), encoding="utf-8")


def main() -> None:
    """Record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("--draw", action="store_true", help="from the results that are there, without measuring")
    options = parser.parse_args()
    if not options.draw:
        measure(options, RESULTS)
    write_pages(records.read(RESULTS))


if __name__ == "__main__":
    main()
