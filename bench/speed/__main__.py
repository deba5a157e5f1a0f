"""The relay beside servers that people would pick instead: ``python -m bench.speed [--only NAME ...] [--peers ...]``.

Prints the page and keeps the raw data in ``run/bench/speed.json``. ``python -m bench.speed.record`` measures the same
and rewrites the pages of docs/. Peers are installed by ``bench/peers/install.sh``; those that are not here are named
and left out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.peers.registry import CEILING, OURS, peers
from bench.peers.steps import steps
from bench.speed import campaign, page, records
from bench.speed.apart import APART
from bench.speed.workloads import WORKLOADS, Extent

KEPT = Path(__file__).parents[2] / "run" / "bench" / "speed.json"


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen of a run."""
    known = [peer.about.name for peer in peers()]
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--long-turns", type=int, default=1, help="turns that have the long workloads too")
    parser.add_argument("--seconds", type=float, default=1.5, help="how long each window is")
    parser.add_argument("--peers", nargs="+", choices=known, default=known, help="whom to compare")
    parser.add_argument("--only", nargs="+", choices=[w.name for w in WORKLOADS], help="workloads")
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--loader-core", type=int, default=1)
    parser.add_argument("--dir", type=Path, help="the disk to measure (default: that of temporary files)")


def measure(options: argparse.Namespace, kept: Path) -> records.Results:
    """Run what was chosen; the raw data is in ``kept`` from the first server on."""
    plan = campaign.Plan(
        [peer for peer in peers() if peer.about.name in options.peers],
        steps() if {OURS, CEILING} <= set(options.peers) else (),
        [workload for workload in WORKLOADS if not options.only or workload.name in options.only],
        options.turns,
        options.long_turns,
        Extent(window_s=options.seconds),
        options.server_core,
        options.loader_core,
        options.dir,
        [peer.about.name for peer in peers() if peer.about.name not in options.peers],
    )
    return _run(plan, kept)


def measure_apart(options: argparse.Namespace, kept: Path) -> records.Results:
    """Run what our relay costs by default (`bench.speed.apart`): as many turns and as long windows, ours alone."""
    return _run(
        campaign.Plan(
            [peer for peer in peers() if peer.about.name == OURS],
            workloads=APART,
            turns=options.turns,
            long_turns=options.turns,
            extent=Extent(window_s=options.seconds),
            server_core=options.server_core,
            loader_core=options.loader_core,
            folder=options.dir,
            disks=False,
        ),
        kept,
    )


def _run(plan: campaign.Plan, kept: Path) -> records.Results:
    return campaign.run(
        plan,
        lambda text: print(text, file=sys.stderr, flush=True),
        lambda results: records.write(results, kept),
    )


def main() -> None:
    """Measure, keep, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    results = measure(parser.parse_args(), KEPT)
    print(page.write(results))


if __name__ == "__main__":
    main()
