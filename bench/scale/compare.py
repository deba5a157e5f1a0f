"""The rules of `bench.scale.room` beside whole clients: ``python -m bench.scale.compare [--days 8]``.

The same lives of one room are played twice: by the simulation, and by clients with the real core, store and MLS and the
model relay of the tests. Everybody has one device. Printed is what came and what was held, and their ratio.
"""

from __future__ import annotations

import argparse
import heapq
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from bench.leakage.simulation import START_MS
from bench.scale import records
from bench.scale.device import Device
from bench.scale.ledger import DAY_S, HOUR_S, Ledger, day_of
from bench.scale.records import FOLDER
from bench.scale.room import RoomLife
from nullabona.client.core import commands
from nullabona.wire.messages import Appended, Done
from tests.rooms.model_relay import Dice, ModelRelay
from tests.rooms.world import RELAY, Person, World

Happening = tuple[float, str, int]
"""When, what (come, go, say, look), and whose device."""
BEGINS_S: Final = 2 * HOUR_S
"""By then everybody is in the room."""


class Life(msgspec.Struct, frozen=True):
    """What happens in one room."""

    name: str
    size: int
    kept_days: int
    days: int


class Compared(msgspec.Struct, frozen=True):
    """The simulation's figure, and that of whole clients."""

    life: Life
    came: tuple[float, float]
    """Frames a day."""
    held: tuple[float, float]
    """Frames, at the end of an hour on average."""


class Comparison(msgspec.Struct, frozen=True):
    """All lives."""

    lives: list[Compared]


def hours_of(life: Life, member: int, dice: random.Random) -> Iterator[tuple[float, float]]:
    """When a member's device is online."""
    if life.name == "always":
        yield 0.0, life.days * DAY_S
        return
    last = member == life.size - 1
    for day in range(life.days):
        begin, end = 7.0 + dice.gauss(0.0, 0.5), 23.5 + dice.gauss(0.0, 0.3)
        if last and life.name == "desk":
            begin, end = 9.0, 18.0 if day % 7 < 5 else 9.0
        if last and ((life.name == "trip" and 2 <= day < 5) or (life.name == "gone" and day >= 2)):
            end = begin
        begin = begin if day else 0.0
        if end > begin:
            yield day * DAY_S + begin * HOUR_S, min(day + 1.0, day + end / 24) * DAY_S


def happenings(life: Life, messages: int) -> list[Happening]:
    """The same for the same life: who is there, says something and looks, in order."""
    dice = random.Random(f"{life.name} {life.size} {life.days}")
    spans = [list(hours_of(life, member, dice)) for member in range(life.size)]
    found = [(begin, "come", member) for member, its in enumerate(spans) for begin, _ in its]
    found += [(end, "go", member) for member, its in enumerate(spans) for _, end in its if end < life.days * DAY_S]
    for day in range(life.days):
        for _ in range(messages):
            t = (day + dice.uniform(8.0, 23.0) / 24) * DAY_S
            there = [member for member, its in enumerate(spans) if any(a + 60 < t < b - 60 for a, b in its)]
            if there and t > BEGINS_S:
                speaker = dice.choice(there)
                found.append((t, "say", speaker))
                found += [(t + dice.uniform(5.0, 40.0), "look", member) for member in there if member != speaker]
    return sorted(found)


def play(life: Life, happens: list[Happening]) -> Ledger:
    """By the simulation."""
    devices = [Device(member, member) for member in range(life.size)]
    room = RoomLife(devices, Ledger(life.days * 24), random.Random(1), life.kept_days)
    for t, what, member in happens:
        room.at(t, partial(getattr(room, what), number=member))
    room.at(0.001, lambda t: room.begin(t, devices, 0))
    room.run(life.days * DAY_S)
    return room.ledger


class Counting(ModelRelay):
    """Counts what is in the boxes of rooms, and forgets it as a relay does."""

    def __init__(self, dice: Dice, kept_days: int, hours: int) -> None:
        super().__init__(dice)
        self.ledger = Ledger(hours)
        self.t = 0.0
        self._kept_days = kept_days
        self._expiries: dict[bytes, dict[int, int]] = {}

    def append(self, address: bytes, frame: bytes, *, inbox: bool = False) -> Appended:
        """See `ModelRelay`."""
        answer = super().append(address, frame, inbox=inbox)
        if not inbox:
            expiries = self._expiries.setdefault(address, {})
            expiries[answer.seq] = day_of(self.t) + self._kept_days
            self.ledger.appended[int(self.t // HOUR_S)] += 1
        return answer

    def trim(self, address: bytes, upto: int) -> Done:
        """See `ModelRelay`."""
        self._erase(address, lambda seq, _: seq <= upto, self.ledger.trimmed)
        return super().trim(address, upto)

    def sweep(self, t: float) -> None:
        """A day begins."""
        today = day_of(t)
        for address, expiries in list(self._expiries.items()):
            last = max(expiries.values(), default=self._own.get(address, 0))
            self._own[address] = max(last, self._own.get(address, last))
            gone = self._erase(address, lambda _, day: day < today, self.ledger.expired)
            for seq in gone:
                del self.boxes[address].frames[seq]
            if not expiries and self._own[address] < today:
                del self._expiries[address], self._own[address], self.boxes[address]

    def _erase(self, address: bytes, which: Callable[[int, int], bool], count: list[int]) -> list[int]:
        expiries = self._expiries.get(address, {})
        gone = [seq for seq, day in expiries.items() if which(seq, day)]
        for seq in gone:
            self._own[address] = max(self._own.get(address, 0), expiries.pop(seq))
        count[int(self.t // HOUR_S)] += len(gone)
        return gone

    @property
    def _own(self) -> dict[bytes, int]:
        """The last day of each box."""
        return self.__dict__.setdefault("own", {})  # type: ignore[no-any-return]


class Clients:
    """Whole clients in one room."""

    def __init__(self, life: Life) -> None:
        self.world = World(life.size)
        self.world.now = START_MS
        self.relay = Counting(self.world.dice, life.kept_days, life.days * 24 + 1)
        self.world.relays[RELAY] = self.relay
        self.people = [self.world.person(f"p{member}") for member in range(life.size)]
        self.room = self.world.group(*self.people)

    def until(self, t: float) -> None:
        """Let time pass."""
        while self.relay.t < t:
            step = min(t, (self.relay.t // HOUR_S + 1) * HOUR_S)
            self._settle(START_MS + int(step * 1_000))
            midnight, self.relay.t = day_of(self.relay.t) < day_of(step), step
            if midnight:
                self.relay.sweep(step)

    def _settle(self, until: int) -> None:
        if until > self.world.now:
            self.world.settle(span=until - self.world.now, most=20_000)
            self.world.now = until

    def do(self, what: str, member: int) -> None:
        """Something happens now."""
        person = self.people[member]
        match what:
            case "say" if person.online:
                person.send(self.room, "hello")
            case "look" if person.online:
                self._look(person)
            case "come" | "go":
                person.online = what == "come"
            case _:
                pass
        self.world.quiet()

    def _look(self, person: Person) -> None:
        lines = person.messages(self.room)
        if lines:
            with person.engine.step(self.world.now, self.room) as step:
                commands.mark_read(step, self.room, lines[-1].id)


def live(life: Life, happens: list[Happening]) -> Ledger:
    """By whole clients."""
    clients = Clients(life)
    queue = [one for one in happens if one[0] > BEGINS_S]
    heapq.heapify(queue)
    while queue:
        t, what, member = heapq.heappop(queue)
        clients.until(t)
        clients.do(what, member)
    clients.until(life.days * DAY_S)
    return clients.relay.ledger


def compare(life: Life, messages: int) -> Compared:
    """One life, twice."""
    happens = happenings(life, messages)
    books = [play(life, happens), live(life, happens)]
    first = int(BEGINS_S // HOUR_S)
    came = [sum(book.appended[first : life.days * 24]) / life.days for book in books]
    held = [sum(book.held()[first : life.days * 24]) / (life.days * 24 - first) for book in books]
    return Compared(life, (came[0], came[1]), (held[0], held[1]))


LIVES: Final = (
    *(("always", size, 30) for size in (2, 5)),
    *(("nights", size, kept) for size in (2, 5) for kept in (2, 30)),
    *(("desk", size, 30) for size in (2, 5)),
    *(("trip", size, kept) for size in (2, 5) for kept in (1, 30)),
    *(("gone", size, kept) for size in (2, 5) for kept in (2, 30)),
)


def main() -> None:
    """Play every life, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=8)
    parser.add_argument("--messages", type=int, default=16)
    parser.add_argument("--record", type=Path, nargs="?", const=FOLDER / "compared.json")
    given = parser.parse_args()
    found = []
    for name, size, kept in LIVES:
        one = compare(Life(name, size, kept, given.days), given.messages)
        found.append(one)
        ratios = [mine / theirs for mine, theirs in (one.came, one.held)]
        print(
            f"{name:7} {size} people, kept {kept:2} days: came {one.came[0]:6.1f} {one.came[1]:6.1f} ({ratios[0]:.2f}),"
            f" held {one.held[0]:6.1f} {one.held[1]:6.1f} ({ratios[1]:.2f})",
            flush=True,
        )
    if given.record:
        records.write(Comparison(found), given.record)


if __name__ == "__main__":
    main()
