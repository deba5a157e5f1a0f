"""What a client takes: ``python -m bench.client [--only NAME ...] [sizes] [--json PATH | --record | --draw]``.

Runs `bench.opening`, `bench.latency`, `bench.catchup` and `bench.rooms`, each in processes of its own, tells on stderr
how far it is, and prints the page. The raw data is kept after every process, in ``run/bench/client.json`` or where
``--json`` says. With ``--record`` it is kept in docs/client/results.json and the page in docs/client.md; of benches
that ``--only`` leaves out what is there stays. With ``--draw`` only the page is made, from the results that are there.
Fails if a bench fails, not if a bar is missed. Takes about an hour; run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Final

from bench.client import page, plan, records, runs
from bench.client.records import DOCS, RESULTS

PAGE: Final = DOCS / "client.md"
KEPT: Final = runs.ROOT / "run" / "bench" / "client.json"


def main() -> None:
    """Measure, keep, print or record."""
    parser = argparse.ArgumentParser(
        prog=page.COMMAND, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    plan.add_options(parser)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--json", type=Path, metavar="PATH", help="keep the raw data there")
    where.add_argument("--record", action="store_true", help="keep data and page in docs/")
    where.add_argument("--draw", action="store_true", help="make the page of docs/ from the data that is there")
    chosen = parser.parse_args()
    if chosen.draw:
        PAGE.write_text(page.write(records.read(RESULTS)), encoding="utf-8")
        return
    results = measure(chosen)
    if chosen.record:
        PAGE.write_text(page.write(results), encoding="utf-8")
    else:
        print(page.write(results))
    if any(missing.bench in chosen.only for missing in results.missing):
        sys.exit("a bench failed")


def measure(chosen: argparse.Namespace) -> records.Results:
    """Run what was chosen. When recording, what it replaces is gone from the first process on."""
    kept = RESULTS if chosen.record else chosen.json or KEPT
    results = records.read(RESULTS).without(chosen.only) if chosen.record else records.Results()
    began = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - began:7.0f} s  {text}", file=sys.stderr, flush=True)

    runs.measure(plan.steps(chosen), results, tell, lambda so_far: records.write(so_far, kept))
    return results


if __name__ == "__main__":
    main()
