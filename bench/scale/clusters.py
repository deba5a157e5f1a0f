"""Our relay over an engine of three shards beside clusters of three: ``python -m bench.scale.clusters [--record]``.

One run, in turns, as `bench.speed` measures; what is not installed is said (`bench/peers/install.sh`). All processes of
a cluster share one core, so processor time for a delivered message is what carries over, and the ratios.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from bench.peers.clusters import EjabberdCluster, EngineRelay, NatsCluster
from bench.peers.interface import Peer
from bench.scale.records import FOLDER
from bench.speed import campaign, records, tables
from bench.speed.arithmetic import ratios, spread
from bench.speed.records import Results
from bench.speed.tables import figure
from bench.speed.workloads import WORKLOADS, Extent

OURS: Final = EngineRelay.about.name
PAIR: Final = "pair"
BUSY: Final = ("pairs-1", "pairs-32")
KEPT: Final = FOLDER / "clusters.json"


def peers() -> tuple[Peer, ...]:
    """Ours first."""
    return (EngineRelay(), NatsCluster(always=False), NatsCluster(always=True), EjabberdCluster())


def measure(turns: int, seconds: float) -> Results:
    """Every cluster in every turn."""
    plan = campaign.Plan(
        peers(),
        workloads=[workload for workload in WORKLOADS if workload.name in {PAIR, *BUSY}],
        turns=turns,
        extent=Extent(window_s=seconds),
        disks=False,
    )
    return campaign.run(plan, lambda text: print(text, file=sys.stderr, flush=True), lambda _: None)


def table(results: Results) -> list[list[str]]:
    """What each cluster costs and how fast it is, beside ours."""
    head = ["cluster", "one pair, ms", "beside ours", "µs a message, one in flight", "beside ours"]
    rows = [[*head, "µs a message, 32 in flight", "beside ours", "what an answer promises"]]
    for server in results.servers:
        row = [f"{server.name} ({server.version})", *_latency(results, server.name)]
        for workload in BUSY:
            row += _cost(results, server.name, workload)
        rows.append([*row, server.answer])
    return rows


def _latency(results: Results, name: str) -> list[str]:
    mine, its = results.values(OURS, PAIR), results.values(name, PAIR)
    return _beside(its, ratios(its, mine))


def _cost(results: Results, name: str, workload: str) -> list[str]:
    mine, its = (
        {window.turn: tables.cost_us(window) for window in tables.windows(results, of, workload)} for of in (OURS, name)
    )
    return _beside(its, ratios(its, mine))


def _beside(its: dict[int, float], beside: list[float]) -> list[str]:
    if not its:
        return [tables.NOT, ""]
    return [figure(spread(list(its.values())).median), f"{spread(beside).median:.2f} ×" if beside else ""]


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--record", type=Path, nargs="?", const=KEPT)
    given = parser.parse_args()
    results = measure(given.turns, given.seconds)
    print(tables.as_markdown(table(results), words=True))
    for missing in results.missing:
        print(f"not measured: {missing.peer} {missing.workload}: {missing.why}")
    if given.record:
        records.write(results, given.record)


if __name__ == "__main__":
    main()
