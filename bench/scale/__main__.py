"""What a large population needs of relays over an engine: ``python -m bench.scale [memory|population] [--record]``.

``memory`` measures what a frame takes in a node's memory, ``population`` simulates people, their rooms and absences.
With ``--record`` the figures are kept in docs/scale; without a name, both are done in a short form.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from bench.scale import memory, records
from bench.scale.nodes import NODES_GIB, need
from bench.scale.people import POPULATIONS, populate, society
from bench.scale.records import FOLDER, Held, Simulated, held_of
from bench.scale.simulation import simulate

KEPT: Final = (1, 2, 7, 30)
PACE: Final = 40.0
SHORT: Final = ((4_000, 1), (1_000, 4), (200, 20))


def population(seed: int, accounts: int, days: int, kept: Sequence[int] = KEPT) -> Simulated:
    """Every population at every keeping time; and, for one of them, without trims."""
    people = society(seed, accounts, days, PACE)
    talked: list[Held] = []
    own: list[Held] = []
    for away in POPULATIONS:
        lives = populate(people, away)
        for days_kept, trims in [*((one, True) for one in kept), (kept[-1], False)]:
            print(
                f"{away.name} away, kept {days_kept} days{'' if trims else ', no trims'}", file=sys.stderr, flush=True
            )
            books = simulate(lives, days_kept, trims=trims)
            for found, ledger in zip((talked, own), books, strict=True):
                found.append(held_of(ledger, away.name, days_kept, accounts, trims=trims))
    devices = sum(account.devices for account in people.accounts)
    return Simulated(seed, accounts, days, len(people.rooms), devices, talked, own)


def show(simulated: Simulated, measured: memory.Memory) -> None:
    """Print the table of nodes."""
    print(
        f"{measured.stored_bytes:.0f} bytes a frame, {measured.box_bytes:.0f} a box, resident {measured.resident:.2f}"
    )
    for talked, own in zip(simulated.talked, simulated.own, strict=True):
        found = need(talked, own, measured)
        nodes = ", ".join(f"{found.nodes(gib):,.0f} of {gib} GiB" for gib in NODES_GIB)
        trims = "" if talked.trims else ", no trims"
        print(
            f"{talked.away:7} away, kept {talked.kept_days:2} days{trims}: {talked.appended / talked.said:.1f} frames a"
            f" message, {found.frames:.0f} held, {found.boxes:.1f} boxes, {found.memory_bytes / 1e12:.1f} TB; {nodes}"
        )


def main() -> None:
    """Measure, simulate, keep, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=("memory", "population"))
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--accounts", type=int, default=0, help="of the society (default: 40, with a name 400)")
    parser.add_argument("--days", type=int, default=0, help="that it lives (default: 8, with a name 21)")
    given = parser.parse_args()
    accounts, days = (given.accounts or (400 if given.part else 40)), (given.days or (21 if given.part else 8))
    if given.part != "population":
        measured = memory.measure() if given.part else memory.measure(SHORT, (2_000, 12, 3))
        if given.record:
            records.write(measured, FOLDER / "memory.json")
    else:
        measured = records.read(FOLDER / "memory.json", memory.Memory)
    if given.part != "memory":
        simulated = population(given.seed, accounts, days)
        if given.record:
            records.write(simulated, FOLDER / "population.json")
    else:
        simulated = records.read(FOLDER / "population.json", Simulated)
    show(simulated, measured)


if __name__ == "__main__":
    main()
