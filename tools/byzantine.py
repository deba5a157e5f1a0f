"""Play schedules with a hostile device (tests/rooms/byzantine_schedule.py) and say what broke and what it cost.

``python tools/byzantine.py 0 10000 --jobs 2``: so many seeds; ``python tools/byzantine.py 17 --times 5``: one, again
and again, with its log. ``--results FILE``: a line for each seed is appended as it is played, so that a run can be
stopped at any time. Exit code 1 if anything failed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.rooms.byzantine_bounds import HOUR, MINUTE
from tests.rooms.byzantine_schedule import schedule_of


@dataclass(frozen=True)
class Played:
    """What came of one seed. ``what``: empty if everything held."""

    seed: int
    part: str
    what: str
    apart_h: float = 0.0
    removal_min: float = 0.0
    calls: float = 0.0
    log: tuple[str, ...] = ()


def play(seed: int) -> Played:
    """One schedule, to its end or to what broke."""
    schedule = schedule_of(seed)
    try:
        schedule.play()
        schedule.check()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what this looks for
        where = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''} ({where.name})"
        return Played(seed, schedule.part, what, log=tuple(schedule.log))
    return Played(
        seed, schedule.part, "", schedule.apart_ms / HOUR, schedule.removal_ms / MINUTE, schedule.calls_per_frame()
    )


def main() -> int:
    """Play them and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=int)
    parser.add_argument("end", type=int, nargs="?")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--results", type=Path)
    options = parser.parse_args()
    one = options.end is None
    seeds = [options.first] * options.times if one else range(options.first, options.end)
    began, done = time.monotonic(), []
    with multiprocessing.Pool(options.jobs) as pool:
        for played in pool.imap_unordered(play, seeds):
            done.append(played)
            _note(options.results, played)
            if played.what:
                print(f"seed {played.seed} ({played.part}): {played.what}", flush=True)
                if one:
                    print(*played.log, sep="\n")
            if time.monotonic() - began > options.minutes * 60:
                pool.terminate()
                break
    _sum_up(done, time.monotonic() - began)
    return int(any(played.what for played in done))


def _note(results: Path | None, played: Played) -> None:
    if results is not None:
        figures = f"{played.apart_h:.2f} h, {played.removal_min:.1f} min, {played.calls:.1f} calls"
        with results.open("a", encoding="utf-8") as file:
            file.write(f"{played.seed} {played.part}: {f'FAILED {played.what}' if played.what else figures}\n")


def _sum_up(done: Iterable[Played], seconds: float) -> None:
    done = list(done)
    well = [played for played in done if not played.what]
    print(
        f"{len(done)} schedules in {seconds:.0f} s, {len(done) - len(well)} failed; longest apart "
        f"{max((p.apart_h for p in well), default=0):.1f} h, slowest removal "
        f"{max((p.removal_min for p in well), default=0):.1f} min, most calls for a hostile frame "
        f"{max((p.calls for p in well), default=0):.1f}"
    )


if __name__ == "__main__":
    sys.exit(main())
