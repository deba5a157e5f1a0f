"""Explore small worlds (tests/rooms/small_world.py) and say what was covered and what broke (docs/small-worlds.md).

``python tools/small_worlds.py --depth 4 --minutes 60 --jobs 2``. Exit code 1 if anything broke.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from functools import partial

from tests.rooms.small_world import Covered, explore


def _share(number: int, options: argparse.Namespace) -> Covered:
    return explore(
        options.depth,
        minutes=options.minutes,
        honest=options.honest,
        calm_every=options.calm_every,
        share=(number, options.jobs),
        without=options.without,
    )


def main() -> int:
    """Explore and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--depth", type=int, default=3, help="so many events at most")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--honest", type=int, choices=(2, 3), default=2, help="honest devices")
    parser.add_argument("--calm-every", type=int, default=8, help="of so many new states one is let come to rest")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--without", action="append", default=[], metavar="EVENT", help="an event that does not happen")
    options = parser.parse_args()
    with multiprocessing.Pool(options.jobs) as pool:
        shares = pool.map(partial(_share, options=options), range(options.jobs))
    for failure in (failure for share in shares for failure in share.failures):
        print(failure)
    print(
        f"{shares[0].events} events, depth {options.depth}: {sum(s.states for s in shares)} states, "
        f"{sum(s.transitions for s in shares)} transitions, {sum(s.calms for s in shares)} let come to rest, "
        f"{sum(s.unfinished for s in shares)} not gone on from, {max(s.seconds for s in shares):.0f} s, "
        f"{sum(len(s.failures) for s in shares)} failures"
    )
    return int(any(share.failures for share in shares))


if __name__ == "__main__":
    sys.exit(main())
