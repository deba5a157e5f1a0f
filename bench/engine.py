"""What an append costs a relay over an engine beside one with SQLite: processor time of both, in turns, and the ratio.

Two relay processes run side by side and are loaded in turns, so that a change of the machine's speed meets both.
Processor time is that of all threads of the relay's process, from /proc. The engine's nodes and the load share the
other core.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import uvloop

from bench.relay import CLOCK_TICKS, Server, machine, measure_latency, measure_throughput, relay_options
from nullabona.processes.engine import EngineCluster

LOADS = ((50, 32), (200, 4))
"""Pairs of writer and reader, and frames that each may have under way."""
BAR = 1.3
"""Most that an append over the engine may cost, in those of SQLite."""


@dataclass(frozen=True, slots=True)
class Round:
    """What was measured in turn. Costs are µs of processor time for an append that was delivered."""

    pairs: int
    outstanding: int
    sqlite_us: float
    engine_us: float
    nodes_us: float
    sqlite_per_s: float
    engine_per_s: float


@dataclass(frozen=True, slots=True)
class Report:
    """What is printed."""

    machine: str
    relays: int
    rounds: list[Round]
    sqlite_p50_ms: float
    engine_p50_ms: float

    def ratio(self, pairs: int) -> float:
        """The median of the rounds with so many pairs."""
        return median(one.engine_us / one.sqlite_us for one in self.rounds if one.pairs == pairs)


def nodes_cpu_s(cluster: EngineCluster) -> float:
    """Processor time of all nodes until now."""
    stats = (Path(f"/proc/{node.pid}/stat").read_text().rpartition(")")[2].split() for node in cluster.nodes)
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / CLOCK_TICKS


def take(sqlite: list[Server], engine: list[Server], cluster: EngineCluster, pairs: int, outstanding: int) -> Round:
    """One load on each in turn."""
    (first,) = uvloop.run(measure_throughput(sqlite, pairs, outstanding, 1))
    began = nodes_cpu_s(cluster)
    (second,) = uvloop.run(measure_throughput(engine, pairs, outstanding, 1))
    # A second of the load went before the window of three.
    nodes = (nodes_cpu_s(cluster) - began) / (second.appends_per_s * 4) * 1e6
    for node in cluster.primaries():
        node.ask("FLUSHALL")
    plain, shared = (one.server_cpu_s_per_1000 * 1_000 for one in (first, second))
    return Round(pairs, outstanding, plain, shared, nodes, first.appends_per_s, second.appends_per_s)


def measure(options: argparse.Namespace) -> Report:
    """Run everything and report."""
    os.sched_setaffinity(0, {options.loader_core})
    with tempfile.TemporaryDirectory(dir=options.dir) as name, ExitStack() as stack:
        cluster = EngineCluster(Path(name) / "engine", primaries=3, replicas=1, overrides={"maxmemory": "1gb"})
        stack.callback(cluster.close)
        sqlite = [Server(Path(name) / "data", options.server_core)]
        engine = [Server(None, options.server_core, *relay_options(cluster)) for _ in range(options.relays)]
        for server in (*sqlite, *engine):
            stack.callback(server.stop)
        times = [uvloop.run(measure_latency(servers, options.latency_count)) for servers in (sqlite, engine)]
        rounds = [take(sqlite, engine, cluster, *load) for _ in range(options.rounds) for load in LOADS]
    plain, shared = (taken[len(taken) // 2] for taken in times)
    return Report(machine(), options.relays, rounds, plain, shared)


def show(report: Report) -> None:
    """Print the report for a person."""
    print(f"machine         {report.machine}; relays over the engine: {report.relays}")
    for one in report.rounds:
        print(
            f"{one.pairs:3} pairs x {one.outstanding:2}   SQLite {one.sqlite_us:5.1f} µs ({one.sqlite_per_s:,.0f}/s), "
            f"engine {one.engine_us:5.1f} µs ({one.engine_per_s:,.0f}/s), ratio {one.engine_us / one.sqlite_us:.2f}; "
            f"nodes about {one.nodes_us:.0f} µs"
        )
    for pairs, outstanding in LOADS:
        ratio = report.ratio(pairs)
        print(
            f"{pairs:3} pairs x {outstanding:2}   ratio {ratio:.2f} (bar {BAR}): {'met' if ratio <= BAR else 'missed'}"
        )
    print(f"one pair        SQLite p50 {report.sqlite_p50_ms:.3f} ms, engine p50 {report.engine_p50_ms:.3f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--relays", type=int, default=1, help="writers are at the first, readers at the last")
    parser.add_argument("--latency-count", type=int, default=1_000)
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--loader-core", type=int, default=1)
    parser.add_argument("--dir", help="where files are kept meanwhile (default: the system's temporary directory)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = measure(options)
    print(json.dumps(asdict(report))) if options.json else show(report)


if __name__ == "__main__":
    main()
