"""All servers under all workloads, side by side: in every turn each server has its go, and each turn begins elsewhere.

The loader runs on one core and the server on another. A server that failed, or has messages left that nobody waits for,
is started afresh before it goes on.
"""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from bench.peers.interface import NotFound, NotOffered, Peer, Running
from bench.speed import machine, workloads
from bench.speed.holding import look
from bench.speed.records import Missing, Results, Window, server_of
from bench.speed.workloads import TALK, WORKLOADS, Extent, Workload

FILES = 20_000
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, how often, where."""

    peers: Sequence[Peer]
    steps: Sequence[Peer] = ()
    """The prototype with one thing more each; only for the pair and the pairs."""
    workloads: Sequence[Workload] = WORKLOADS
    turns: int = 3
    long_turns: int = 1
    """How many of the turns have the workloads that take long, too."""
    extent: Extent = field(default_factory=Extent)
    server_core: int = 0
    loader_core: int = 1
    folder: Path | None = None
    left_out: Sequence[str] = ()
    """Servers that are known and were not asked for."""
    disks: bool = True
    """Whether to look for what each server has on its disk."""


def run(plan: Plan, say: Say, keep: Callable[[Results], None]) -> Results:
    """Measure. What a server cannot do, or does not finish, is noted in words and nothing else is lost.

    ``keep`` is called with what there is after each server's go, so that a run that is broken off is not lost either.
    """
    os.sched_setaffinity(0, {plan.loader_core})
    _allow_files()
    results = Results(machine.describe(), plan.extent.window_s, plan.turns, [], [], [], [], [], [])
    results.missing += [Missing(name, "", "not asked for in this run") for name in plan.left_out]
    present = [peer for peer in [*plan.peers, *plan.steps] if _is_here(peer, results)]
    with tempfile.TemporaryDirectory(prefix="bench-speed-", dir=plan.folder) as name:
        root = Path(name)
        for turn in range(plan.turns):
            results.load.append(os.getloadavg()[0])
            results.sync_ms.append(machine.sync_ms(root))
            say(f"turn {turn + 1} of {plan.turns}: load {results.load[-1]:.1f}, a sync {results.sync_ms[-1]:.2f} ms")
            first = turn * len(present) // plan.turns
            for peer in present[first:] + present[:first]:
                say(f"  {peer.about.name}")
                Turn(plan, peer, turn, results, root).run()
                keep(results)
        for peer in present:
            if plan.disks and peer not in plan.steps:
                say(f"disk of {peer.about.name}")
                _hold(plan, peer, results, root)
                keep(results)
    return results


def _allow_files() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _is_here(peer: Peer, results: Results) -> bool:
    try:
        version = peer.version()
    except NotFound as error:
        results.missing.append(Missing(peer.about.name, "", str(error)))
        return False
    results.servers.append(server_of(peer.about, version))
    return True


class Turn:
    """One server's go in one turn."""

    def __init__(self, plan: Plan, peer: Peer, turn: int, results: Results, root: Path) -> None:
        self._plan = plan
        self._peer = peer
        self._turn = turn
        self._results = results
        self._root = root
        self._running: Running | None = None
        self._folder = root

    def run(self) -> None:
        """Every workload that this turn has."""
        try:
            for workload in self._workloads():
                self._one(workload)
        finally:
            self._stop()

    def _workloads(self) -> list[Workload]:
        if self._peer in self._plan.steps:
            return [workload for workload in self._plan.workloads if workload.name in {"pair", "pairs-32"}]
        long = self._turn < self._plan.long_turns
        return [workload for workload in self._plan.workloads if long or workload in TALK]

    def _one(self, workload: Workload) -> None:
        if workload.fresh:
            self._stop()
        try:
            if self._running is None:
                self._folder = Path(tempfile.mkdtemp(dir=self._root)) / "data"
                self._folder.mkdir()
                self._running = self._peer.start(self._folder, self._plan.server_core)
            measured = uvloop.run(workloads.measure(workload, self._running, self._plan.extent))
        except NotOffered as error:
            self._miss(workload, str(error))
            return
        except Exception as error:  # noqa: BLE001 - whatever a server does, the others are measured
            self._miss(workload, f"{type(error).__name__}: {str(error)[:200]}".strip(": "))
            self._stop()
            return
        if measured.left:
            self._stop()
        name = self._peer.about.name
        self._results.windows.append(
            Window(
                name,
                workload.name,
                self._turn,
                measured.value,
                measured.seconds,
                measured.server_cores,
                measured.loader_cores,
                measured.other_cores,
                measured.details,
            )
        )

    def _miss(self, workload: Workload, why: str) -> None:
        missing = Missing(self._peer.about.name, workload.name, why)
        if missing not in self._results.missing:
            self._results.missing.append(missing)

    def _stop(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.process.stop()
            shutil.rmtree(self._folder, ignore_errors=True)


def _hold(plan: Plan, peer: Peer, results: Results, root: Path) -> None:
    """What the server's disk holds when its answer has come."""
    folder = Path(tempfile.mkdtemp(dir=root)) / "data"
    folder.mkdir()
    try:
        running = peer.start(folder, plan.server_core)
        try:
            results.holdings.append(look(peer.about.name, running, folder))
        finally:
            running.process.stop()
    except Exception as error:  # noqa: BLE001 - as above
        results.missing.append(Missing(peer.about.name, "disk", f"{type(error).__name__}: {error}"))
