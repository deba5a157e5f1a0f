"""How many frames a relay takes for each message: ``python -m bench.appends [--sizes 2 10 100] [--record]``.

A room of so many people, each with one device or two, lives for two days with the real client (`bench.leakage.ours`):
people come and go, talk and read. What is counted is the second day, when everybody is in: frames that were appended to
the room's boxes, for each message and file that was said. Beside messages those are receipts, read markers among them.
Keys are renewed weekly, so a day has little of that. A room in which nobody said anything on that day does not count.

The mean of all rooms is that of whole societies, which the real client lives too slowly, as it does rooms of a hundred:
there only requests are simulated (`bench.leakage.cells`), without epochs, so these are a tenth too few or more.
``--record`` keeps what docs/capacity.md says.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from bench.leakage import hours, talk
from bench.leakage.cells import one_room
from bench.leakage.cells.acknowledging import told
from bench.leakage.cells.client import ask
from bench.leakage.cells.habits import SLIM
from bench.leakage.cells.talking import Crowd, make
from bench.leakage.intents import DAY, Kind
from bench.leakage.life import Life
from bench.leakage.ours import record
from bench.leakage.rooms_life import live_room
from bench.leakage.society import Size, Society
from bench.leakage.trace import Op, Recording

MESSAGES: Final = {2: 40, 10: 40, 100: 100}
"""Messages that are aimed at on the second day."""
ROOMS: Final = {2: 8, 100: 4}
"""Rooms for each seed: in a room of two little is said, and one of a hundred is soon simulated."""
LARGE: Final = 100
"""Of rooms of so many only requests are simulated."""
DAYS: Final = 2
CROWD: Final = Crowd(60, 8, 40.0)
KEPT: Final = Path(__file__).parents[1] / "docs" / "speed" / "appends.json"


@dataclass(frozen=True, slots=True)
class Counted:
    """Of one room on its second day."""

    people: int
    devices: int
    messages: int
    appends: int

    @property
    def each(self) -> float:
        """Frames for each message."""
        return self.appends / max(1, self.messages)


class Lived(msgspec.Struct, frozen=True):
    """The frames and messages of whole societies, requests alone."""

    accounts: int
    days: int
    in_groups: float
    """The share of messages that is said in rooms of more than two."""
    messages: int
    appends: int

    @property
    def each(self) -> float:
        """Frames for each message."""
        return self.appends / self.messages


class Appends(msgspec.Struct, frozen=True):
    """What one command counted."""

    command: str
    rooms: list[Counted]
    societies: Lived

    def each(self, people: int) -> float:
        """Frames for each message in rooms of so many."""
        return _each([room for room in self.rooms if room.people == people])


def _each(rooms: Sequence[Counted]) -> float:
    return sum(room.appends for room in rooms) / max(1, sum(room.messages for room in rooms))


def read(path: Path = KEPT) -> Appends:
    """What was recorded."""
    return msgspec.json.decode(path.read_bytes(), type=Appends)


def room_of(people: int, seed: int, messages: int) -> Society:
    """A society with one room that everybody is in."""
    dice = random.Random(f"appends {people} {seed}")
    life = Life(DAYS, talk.Voices(dice, people))
    for number in range(people):
        life.person(dice, number, number, dice.uniform(7, 10) * hours.HOUR)
    room = None
    while room is None:
        life.intents = [intent for intent in life.intents if intent.room < 0]
        members = dice.sample(range(people), people)
        conversations = DAYS * messages / talk.TURNS
        room = live_room(dice, life, 0, members, conversations, pair=people == 2)
    life.intents.sort(key=lambda intent: (intent.t, intent.kind))
    pairs = [(0, 1)] if people == 2 else []
    return Society(seed, Size(people, DAYS), life.accounts, pairs, [room], life.addresses.count, life.intents)


def counted(society: Society, recording: Recording) -> Counted:
    """The second day of ``society``'s room."""
    live = recording.live
    boxes = np.array(list(recording.truth.room_of), np.int64)
    appended = (live["op"] == Op.APPEND) & np.isin(live["place"], boxes) & (live["t"] >= DAY)
    return _counted(society, int(appended.sum()))


def alone(society: Society, law: one_room.Law = told) -> Counted:
    """The same from requests alone: the device of nobody lives."""
    t = one_room.appended(society, law).t
    return _counted(society, int(((t >= DAY) & (t < society.end)).sum()))


def _counted(society: Society, appends: int) -> Counted:
    said = sum(intent.kind in {Kind.SAY, Kind.FILE} and DAY <= intent.t < society.end for intent in society.intents)
    devices = sum(account.devices for account in society.accounts)
    return Counted(len(society.accounts), devices, said, appends)


def measure(people: int, seeds: Sequence[int]) -> list[Counted]:
    """The rooms for these seeds, without those in which nobody said anything."""
    societies = (room_of(people, seed, MESSAGES.get(people, 20)) for seed in rooms_for(people, seeds))
    return spoken(alone(each) if people >= LARGE else counted(each, record(each)) for each in societies)


def rooms_for(people: int, seeds: Sequence[int]) -> list[int]:
    """The numbers of the rooms that are made for ``seeds``."""
    several = ROOMS.get(people, 1)
    return [several * (seed - 1) + number for seed in seeds for number in range(1, several + 1)]


def spoken(rooms: Iterable[Counted]) -> list[Counted]:
    """Those in which somebody said something: frames for each message have no meaning in the others."""
    return [room for room in rooms if room.messages]


def lived(seeds: Sequence[int], crowd: Crowd = CROWD) -> Lived:
    """All rooms of one society for each seed, without a core: what their clients would append."""
    messages = appends = grouped = 0
    for seed in seeds:
        town = make(seed, crowd)
        requests = ask(town, habits=SLIM).requests
        appends += int(((requests.op == Op.APPEND) & (requests.place >= crowd.accounts)).sum())
        messages += len(town.said.t)
        grouped += int((~town.rooms.pair[town.said.room]).sum())
    return Lived(crowd.accounts, crowd.days, grouped / messages, messages, appends)


def main() -> None:
    """Print a line for each room, and for each size all together."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[2, 10], help="people in the room")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--record", type=Path, nargs="?", const=KEPT, help="keep it for docs/capacity.md")
    asked = parser.parse_args()
    found: list[Counted] = []
    for size in asked.sizes:
        rooms = measure(size, asked.seeds)
        found += rooms
        for room in rooms:
            print(
                f"{size:4} people, {room.devices:3} devices: {room.messages:3} messages, {room.appends:5} appends",
                flush=True,
            )
        print(f"{size:4} people: {_each(rooms):.1f} appends a message", flush=True)
    societies = lived(asked.seeds)
    print(
        f"{societies.accounts:4} people in all their rooms for {societies.days} days, {societies.in_groups:.0%} said in"
        f" groups: {societies.each:.1f} appends a message (requests alone)",
        flush=True,
    )
    if asked.record:
        sizes, seeds = (" ".join(map(str, each)) for each in (asked.sizes, asked.seeds))
        command = f"python -m bench.appends --sizes {sizes} --seeds {seeds}"
        asked.record.write_bytes(
            msgspec.json.format(msgspec.json.encode(Appends(command, found, societies)), indent=1) + b"\n"
        )


if __name__ == "__main__":
    main()
