"""This tree's relay beside that of another checkout, in one run: ``python -m bench.speed.against CHECKOUT``.

Figures of two runs differ by more than most changes make, so what a change is worth is measured in turns. Prints the
CPU of the relay for one of what each workload counts, in µs, of both, and their ratio; medians of all turns. Each relay
is loaded by the same clients, those of this tree.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from dataclasses import replace
from pathlib import Path

from bench.peers.process import HERE
from bench.peers.relay import Relay, RunningRelay
from bench.speed import campaign
from bench.speed.apart import APART
from bench.speed.records import Results
from bench.speed.workloads import Extent

OTHER = "other"


class Checkout(Relay):
    """The relay of another checkout."""

    def __init__(self, place: Path, *, volatile: bool) -> None:
        super().__init__(volatile=volatile)
        self.about = replace(self.about, name=f"{OTHER} {self.about.name}")
        self._env = {**HERE, "PYTHONPATH": os.pathsep.join((str(place), str(place / "src")))}

    def start(self, folder: Path, core: int) -> RunningRelay:
        return RunningRelay(folder, core, volatile=self._volatile, env=self._env)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--only", nargs="+", default=["post-append", "post-kept", "hear", "follow"])
    options = parser.parse_args()
    place = options.checkout.resolve()
    ours = [Relay(volatile=False), Relay(volatile=True)]
    others = [Checkout(place, volatile=False), Checkout(place, volatile=True)]
    plan = campaign.Plan(
        [ours[0], others[0], ours[1], others[1]],
        workloads=[workload for workload in APART if workload.name in options.only],
        turns=options.turns,
        long_turns=options.turns,
        extent=Extent(window_s=options.seconds),
        disks=False,
    )
    results = campaign.run(plan, lambda text: print(text, file=sys.stderr, flush=True), lambda _: None)
    for missing in results.missing:
        print(f"{missing.peer}, {missing.workload}: {missing.why}")
    for peer in ours:
        for workload in plan.workloads:
            _print(results, peer.about.name, workload.name, per_second=workload.better > 0)


def _print(results: Results, peer: str, workload: str, *, per_second: bool) -> None:
    here, there = (
        [
            window.server_cores * 1e6 / window.value if per_second else window.value
            for window in results.windows
            if (window.peer, window.workload) == (name, workload)
        ]
        for name in (peer, f"{OTHER} {peer}")
    )
    if here and there:
        ours, others = statistics.median(here), statistics.median(there)
        spread = f"{min(here):.1f}-{max(here):.1f} beside {min(there):.1f}-{max(there):.1f}"
        print(f"{peer:20} {workload:12} {ours:7.1f} µs, there {others:7.1f}: {ours / others:.2f} ({spread})")


if __name__ == "__main__":
    main()
