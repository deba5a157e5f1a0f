"""Who must have which line, who has it, and how long it took; pure. The soak's one claim about delivery rests on it.

A line is known by its speaker and its number. Lines that everybody has are forgotten but for their numbers, so that a
run of any length needs little memory and still knows a line that comes a second time.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

FOREVER: Final = float("inf")
REMEMBERED: Final = 20_000
"""Lines that everybody has and whose room and time are still known: a straggler may show one a little later."""


class Line(NamedTuple):
    """One thing that was said: who said it (a device), in which room, and as which of its lines there, from 1 on."""

    speaker: str
    room: str
    number: int


@dataclass(slots=True)
class Seat:
    """A device in a room. It must have what was said in [since, until), and must not have what was said from ``gone``.

    In between it may: who leaves is in the room until the others have carried it out, and who comes is in it before
    everybody says so.
    """

    device: str
    since: float
    until: float = FOREVER
    gone: float = FOREVER


class Numbers:
    """A set of numbers that are mostly all there, from 1 on."""

    __slots__ = ("_above", "_upto")

    def __init__(self) -> None:
        self._upto = 0
        self._above: set[int] = set()

    def __contains__(self, number: int) -> bool:
        return number <= self._upto or number in self._above

    def __iter__(self) -> Iterator[int]:
        """All of them, ascending."""
        yield from range(1, self._upto + 1)
        yield from sorted(self._above)

    def add(self, number: int) -> bool:
        """Whether it was not there yet."""
        if number in self:
            return False
        self._above.add(number)
        while self._upto + 1 in self._above:
            self._upto += 1
            self._above.remove(self._upto)
        return True


@dataclass(slots=True)
class _Due:
    """A line on its way, or one that has arrived everywhere."""

    at: float
    lacking: set[str]


@dataclass(slots=True)
class Ledger:
    """Lines said and heard. Times are seconds of one clock for all processes."""

    said: int = 0
    due: int = 0
    """Lines times devices that must have them."""
    heard: int = 0
    twice: list[tuple[str, Line]] = field(default_factory=list)
    stray: list[tuple[str, Line]] = field(default_factory=list)
    """Heard by a device that was out of the room, or never in it."""
    forged: list[tuple[str, Line]] = field(default_factory=list)
    """Heard, and never said."""
    delays: list[tuple[float, float]] = field(default_factory=list)
    """When a line was said, and how long it took to one device that must have it."""
    _seats: dict[str, list[Seat]] = field(default_factory=lambda: defaultdict(list))
    _on_their_way: dict[Line, _Due] = field(default_factory=dict)
    _arrived: OrderedDict[Line, _Due] = field(default_factory=OrderedDict)
    _early: dict[Line, list[tuple[str, float]]] = field(default_factory=lambda: defaultdict(list))
    """Heard before we were told that they were said: device, when."""
    _spoken: dict[tuple[str, str], Numbers] = field(default_factory=lambda: defaultdict(Numbers))
    _has: dict[tuple[str, str, str], Numbers] = field(default_factory=lambda: defaultdict(Numbers))

    # -- seats

    def come(self, room: str, device: str) -> None:
        """From now on the device may be shown what is said in the room, and need not."""
        self._seats[room].append(Seat(device, FOREVER))

    def sit(self, room: str, device: str, at: float) -> None:
        """From ``at`` on the device must have what is said in the room."""
        self._seat(room, device).since = at

    def rise(self, room: str, device: str, at: float) -> None:
        """What is said from ``at`` on need not reach the device."""
        self._seat(room, device).until = at

    def out(self, room: str, device: str, at: float) -> None:
        """What is said from ``at`` on must not reach the device."""
        self._seat(room, device).gone = at

    def _seat(self, room: str, device: str) -> Seat:
        return next(seat for seat in reversed(self._seats[room]) if seat.device == device)

    # -- lines

    def say(self, line: Line, at: float) -> None:
        """A line is durable on its speaker's device. Harmless when repeated."""
        if not self._spoken[line.speaker, line.room].add(line.number):
            return
        seats = self._seats[line.room]
        lacking = {seat.device for seat in seats if seat.since <= at < seat.until and seat.device != line.speaker}
        self.said += 1
        self.due += len(lacking)
        self._on_their_way[line] = due = _Due(at, lacking)
        for device, when in self._early.pop(line, ()):
            self._arrive(device, line, due, when)
        self._retire(line, due)

    def hear(self, device: str, line: Line, at: float) -> None:
        """A device showed a line of somebody else."""
        if not self._has[device, line.speaker, line.room].add(line.number):
            self.twice.append((device, line))
        elif due := self._on_their_way.get(line):
            self._arrive(device, line, due, at)
            self._retire(line, due)
        elif due := self._arrived.get(line):
            self._arrive(device, line, due, at)
        else:
            self._early[line].append((device, at))

    def _arrive(self, device: str, line: Line, due: _Due, at: float) -> None:
        if device in due.lacking:
            due.lacking.remove(device)
            self.heard += 1
            self.delays.append((due.at, at - due.at))
        elif not any(seat.device == device and due.at < seat.gone for seat in self._seats[line.room]):
            self.stray.append((device, line))

    def _retire(self, line: Line, due: _Due) -> None:
        if due.lacking:
            return
        del self._on_their_way[line]
        self._arrived[line] = due
        if len(self._arrived) > REMEMBERED:
            self._arrived.popitem(last=False)

    # -- questions

    def lacking(self, *, before: float = FOREVER, room: str = "", device: str = "") -> int:
        """Deliveries still to come, of lines said before a time, of one room or to one device if asked."""
        return sum(
            len(due.lacking & {device}) if device else len(due.lacking)
            for line, due in self._on_their_way.items()
            if due.at < before and room in {"", line.room}
        )

    def said_in(self, room: str) -> list[Line]:
        """Every line that was said in a room, no matter who said it."""
        return [
            Line(speaker, where, number)
            for (speaker, where), numbers in self._spoken.items()
            if where == room
            for number in numbers
        ]

    def missing(self, most: int = 5) -> list[tuple[str, Line, float]]:
        """Some of what is lacking: device, line and when it was said."""
        every = ((one, line, due.at) for line, due in self._on_their_way.items() for one in sorted(due.lacking))
        return [found for found, _ in zip(every, range(most), strict=False)]

    def close(self) -> None:
        """Nothing is said any more: what was heard and not said was forged."""
        for line, heard in self._early.items():
            known = line.number in self._spoken[line.speaker, line.room]
            (self.stray if known else self.forged).extend((device, line) for device, _ in heard)
        self._early.clear()
