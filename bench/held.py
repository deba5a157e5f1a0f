"""How long a relay holds what is said: with and without trims of open boxes, and by who is away how long.

``python -m bench.held``. Whole clients (MLS, store and core) live in rooms of several sizes for some weeks, with the
model relay of the tests, which forgets frames after so many days as a relay does. Printed for each kind of absence and
each such time: frames that came for each message, and how many days a frame was held on average. The second table is
arithmetic on these: the memory of 26 million people, and how many machines have it.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from itertools import product
from typing import Final

from bench.speed.machine import describe
from bench.speed.needs import Assumed
from nullabona.client.core.step import DAY_MS, Timing
from tests.rooms.world import START, World

NEVER: Final = 10**15
HOUR_MS: Final = 3_600_000
SIZES: Final = {2: 0.6, 5: 0.3, 10: 0.1}
"""Members of a room, and the share of all that is said which is said in such rooms (assumed)."""
KEPT: Final = (1, 2, 7, 30)
HOURS: Final = (8, 10, 12, 13, 15, 18, 20, 22)
"""When something is said, and who is on reads."""
FRAME_BYTES: Final = 1_388
"""A frame in an engine's memory, as the machine counts it (docs/decisions, engine)."""
COPIES: Final = 2
NODE_BYTES: Final = 64 * 2**30 * 0.75
PEOPLE: Final = 26_000_000


@dataclass(frozen=True, slots=True)
class Absence:
    """Whose devices are away: ``of`` one member of the room, from the second day on, for so many days."""

    name: str
    days: int
    gone: bool = False


ABSENCES: Final = {
    Absence("nobody", 0): 0.7,
    Absence("one for 3 days", 3): 0.2,
    Absence("one for good", 0, gone=True): 0.1,
}
"""And the share of the rooms with such an absence (assumed)."""


class Forgetful(World):
    """A world whose relay forgets frames after some days, and counts what it holds."""

    def __init__(self, seed: int, kept_days: int, lighten: int) -> None:
        super().__init__(seed, timing=Timing(claim=30_000, lighten=lighten))
        self.kept_ms = kept_days * DAY_MS
        self._came: dict[tuple[bytes, int], int] = {}
        self.came = 0
        self.held = 0
        """Of each hour, the frames that are held, together."""

    def hour(self) -> None:
        """What came is noted, what is too old forgotten, and what is there counted."""
        for address, box in self.relay.boxes.items():
            for seq in list(box.frames):
                at = self._came.setdefault((address, seq), self.now)
                if at + self.kept_ms <= self.now:
                    del box.frames[seq]
            self.held += len(box.frames)
        self.came = len(self._came)


@dataclass(frozen=True, slots=True)
class Held:
    """Of one life: frames for each message, and how many days a frame was held on average."""

    frames: float
    days: float


def live(size: int, absence: Absence, kept_days: int, *, trims: bool, days: int, messages: int) -> Held:
    """One room for so many days."""
    world = Forgetful(size, kept_days, DAY_MS if trims else NEVER)
    dice = random.Random(size)
    members = [world.person(f"p{index}") for index in range(size)]
    room = world.group(*members)
    said = 0
    for hour in range(days * 24):
        members[-1].online = not (absence.gone and hour >= 24) and not 24 <= hour < 24 * (1 + absence.days)
        if hour % 24 in HOURS:
            present = [person for person in members if person.online]
            for _ in range(max(1, messages // len(HOURS))):
                dice.choice(present).send(room, f"line {said}")
                world.settle(span=60_000, most=10_000)
                said += 1
        world.settle(span=START + (hour + 1) * HOUR_MS - world.now, most=10_000)
        world.now = START + (hour + 1) * HOUR_MS
        world.hour()
    return Held(world.came / said, world.held / 24 / world.came)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--messages", type=int, default=16, help="of a room, each day")
    given = parser.parse_args()
    print(describe())
    print(f"\n{given.days} days, {given.messages} messages a day in a room; in each cell: days that a frame is held\n")
    print("| room of | away | frames a message | trims |" + "".join(f" kept {kept} d |" for kept in KEPT))
    print("|---:|---|---:|---|" + "---:|" * len(KEPT), flush=True)
    needed: dict[tuple[int, bool], float] = {}
    for (size, spoken), (absence, rooms), trims in product(SIZES.items(), ABSENCES.items(), (False, True)):
        lives = [live(size, absence, kept, trims=trims, days=given.days, messages=given.messages) for kept in KEPT]
        cells = "".join(f" {each.days:.2f} |" for each in lives)
        print(f"| {size} | {absence.name} | {lives[-1].frames:.2f} | {'yes' if trims else 'no'} |{cells}", flush=True)
        for kept, each in zip(KEPT, lives, strict=True):
            needed[kept, trims] = needed.get((kept, trims), 0) + spoken * rooms * each.frames * each.days
    print_needed(needed)


def print_needed(needed: dict[tuple[int, bool], float]) -> None:
    """``needed``: frames held for each message a day, by the days a relay keeps them and whether clients trim."""
    a_day = PEOPLE * Assumed().messages
    shares = [f"{share:.0%} of what is said in rooms of {size}" for size, share in SIZES.items()]
    shares += [f"{share:.0%} of rooms with {absence.name} away" for absence, share in ABSENCES.items()]
    print(f"\n26 million people who say {Assumed().messages} things a day; assumed: {', '.join(shares)}.")
    print(f"{FRAME_BYTES} bytes a frame (measured), {COPIES} copies; machines of 64 GiB, three quarters full.\n")
    print("| kept | trims | frames held | memory | machines |\n|---:|---|---:|---:|---:|")
    for (kept, trims), frames in needed.items():
        memory = a_day * frames * FRAME_BYTES * COPIES
        print(
            f"| {kept} d | {'yes' if trims else 'no'} | {a_day * frames / 1e9:.2f} billion | {memory / 1e12:.1f} TB | "
            f"{memory / NODE_BYTES:,.0f} |"
        )


if __name__ == "__main__":
    main()
