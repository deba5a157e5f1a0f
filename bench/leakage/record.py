"""Let a society live with our design and keep the recording: ``python -m bench.leakage.record --accounts 1000``.

Prints how fast it goes and what was recorded. A recording that is there already is not made again.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Container, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from bench.leakage.cache import FOLDER, load, path_of, save
from bench.leakage.cost import expected_events
from bench.leakage.defences import ABLATION, PRODUCT, Defences
from bench.leakage.intents import DAY
from bench.leakage.ours import record
from bench.leakage.simulation import Simulation
from bench.leakage.society import Size, Society, make
from bench.leakage.trace import Op, Recording


def recorded(
    seed: int,
    size: Size,
    defences: Defences = PRODUCT,
    *,
    folder: Path = FOLDER,
    quiet: bool = True,
    seized: int = 0,
    also: Container[int] = (),
) -> Recording:
    """The recording of ours, from the cache or made now and kept there; while it is made, also those of machines that
    are seized on earlier days. ``seized``: see `Society.seized`.
    """
    path = path_of(seed, size, defences, folder, seized)
    try:
        return load(path)
    except FileNotFoundError:
        society = make(seed, size).until(seized)

        def evening(day: int, now: Callable[[], Recording]) -> None:
            if day in also:
                save(now(), path_of(seed, size, defences, folder, day))

        recording = record(society, defences, None if quiet else Report(seed, society), evening)
        save(recording, path)
        return recording


class Report:
    """Prints a line for each day that was lived."""

    def __init__(self, seed: int, society: Society) -> None:
        self._name = f"seed {seed}"
        self._day = 0
        self._begun = time.process_time()
        print(f"{self._name}: {len(society.rooms)} rooms, about {expected_events(society)} events to come", flush=True)

    def __call__(self, t: float, simulation: Simulation) -> None:
        """See `bench.leakage.ours.Progress`."""
        if t < (self._day + 1) * DAY:
            return
        self._day = int(t // DAY)
        events, said = simulation.machine.tap.count, len(simulation.happened.said)
        seconds = time.process_time() - self._begun
        did = f"{said} messages, {events} events"
        print(
            f"{self._name}: day {self._day}: {did}, {seconds:.0f} s of CPU, {events / seconds:.0f} events/s", flush=True
        )


def describe(recording: Recording) -> str:
    """What was recorded, in a few lines."""
    counts = Counter(Op(op).name.lower() for op in recording.live["op"].tolist())
    truth = recording.truth
    lines = [
        f"{recording.design}: {truth.accounts} accounts, {len(truth.talks)} pairs who wrote, {len(truth.rooms)} rooms",
        "  live: " + ", ".join(f"{count} {name}" for name, count in sorted(counts.items())),
        f"  disk: {len(recording.disk)} rows; memory: {len(recording.memory)}",
        f"  places of rooms: {len(truth.room_of)}, steps from one box to the next: {len(truth.chain)}",
    ]
    return "\n".join(lines)


def _one(arguments: tuple[int, Size, Defences, Sequence[int]]) -> str:
    seed, size, defences, also = arguments
    return describe(recorded(seed, size, defences, quiet=False, also=also))


def _defences(without: Sequence[str]) -> Defences:
    changes = [ABLATION[name] for name in without]
    return replace(PRODUCT, **{key: value for change in changes for key, value in change.items()})


def main() -> None:
    """Record one or several seeds."""
    usual = Size()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=usual.accounts)
    parser.add_argument("--days", type=int, default=usual.days)
    parser.add_argument("--pace", type=float, default=usual.pace, help="messages of an account a day")
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--processes", type=int, default=1, help="seeds recorded at the same time")
    parser.add_argument("--change", nargs="+", default=[], choices=sorted(ABLATION), help="defences to change")
    parser.add_argument("--seized", type=int, nargs="+", default=[], help="also what is there on these evenings")
    asked = parser.parse_args()
    size, defences = Size(asked.accounts, asked.days, asked.pace), _defences(asked.change)
    work = [(seed, size, defences, asked.seized) for seed in asked.seed]
    if asked.processes == 1:
        for each in work:
            print(_one(each), flush=True)
    else:
        with ProcessPoolExecutor(asked.processes) as pool:
            for text in pool.map(_one, work):
                print(text, flush=True)


if __name__ == "__main__":
    main()
