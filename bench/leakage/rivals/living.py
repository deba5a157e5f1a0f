"""A society lived through in a model of another design: who is online and in which room, and what happens when.

A design says what its machine sees of each act; this says when acts happen. Times between the machine and a device are
drawn again for each message, so that nothing stands out by being exact.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bench.leakage.rivals.log import Log
from bench.leakage.society import NOBODY, Intent, Kind, Room, Society
from bench.leakage.trace import Owners, Recording, Truth

WAY: Final = (0.02, 0.15)
"""Seconds from a device to the machine or back."""
THINKS: Final = (0.05, 0.4)
"""Seconds that a device takes to open a message before it answers by itself."""


@dataclass(slots=True)
class Device:
    """One device of an account; ``conn`` is the connection it receives on, `NOBODY` while it is away."""

    account: int
    number: int
    conn: int = NOBODY
    addr: int = NOBODY
    linked: bool = False

    @property
    def online(self) -> bool:
        return self.conn != NOBODY


@dataclass(slots=True)
class Facts:
    """What becomes the truth."""

    room_of: dict[int, int] = field(default_factory=dict)
    accounts: list[int] = field(default_factory=list)
    """The account of each connection."""
    account_of_addr: dict[int, int] = field(default_factory=dict)
    talks: set[tuple[int, int]] = field(default_factory=set)


class Living:
    """One design living one society. Subclasses answer the acts at the end of the class; these do nothing here."""

    name: str
    multi_device = True

    def __init__(self, society: Society) -> None:
        self.society = society
        self.dice = random.Random(f"{self.name} {society.seed} {society.size}")
        self.now = 0.0
        self.end = society.end
        self.live = Log()
        self.facts = Facts()
        self.devices = [[Device(one.number, n) for n in range(one.devices)] for one in society.accounts]
        self.members: dict[int, set[int]] = {}
        self.ever: list[set[int]] = [
            {room.creator, *room.founders} if room.created < self.end else set() for room in society.rooms
        ]
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._scheduled = 0

    # ------------------------------------------------------------------------------------------------- for subclasses

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do ``act`` in ``seconds``, if the society still lives then."""
        heapq.heappush(self._due, (self.now + seconds, self._scheduled, act))
        self._scheduled += 1

    def way(self) -> float:
        return self.dice.uniform(*WAY)

    def opened(self, device: Device) -> int:
        """The number of a new connection of ``device``."""
        self.facts.accounts.append(device.account)
        return len(self.facts.accounts) - 1

    def own(self, account: int) -> list[Device]:
        """The account's devices that the design serves."""
        linked = [device for device in self.devices[account] if device.linked]
        return linked if self.multi_device else linked[:1]

    def others(self, room: int, account: int) -> list[int]:
        """Everybody else in the room, by number."""
        return sorted(self.members[room] - {account})

    # -------------------------------------------------------------------------------------------------------- the run

    def live_through(self) -> None:
        for intent in self.society.intents:
            if intent.t >= self.end:
                break
            self._until(intent.t)
            self.now = intent.t
            self._meet(intent)
        self._until(self.end)
        self.now = self.end

    def _until(self, t: float) -> None:
        while self._due and self._due[0][0] <= t:
            self.now, _, act = heapq.heappop(self._due)
            act()

    def _meet(self, intent: Intent) -> None:
        device = self.devices[intent.account][intent.device]
        if intent.kind in {Kind.ARRIVE, Kind.LINK}:
            device.linked = True
            self.arrive(device)
        elif intent.kind in {Kind.ONLINE, Kind.MOVE, Kind.OFFLINE}:
            self._move(device, intent)
        elif intent.kind is Kind.CREATE:
            room = self.society.rooms[intent.room]
            self.members[room.number] = {room.creator, *room.founders}
            self.create(device, room)
        else:
            self._talk(device, intent)

    def _move(self, device: Device, intent: Intent) -> None:
        served = device in self.own(device.account)
        if served and device.online:
            self.leave(device)
        device.conn, device.addr = NOBODY, intent.address
        if served and intent.kind is not Kind.OFFLINE:
            self.facts.account_of_addr.setdefault(device.addr, device.account)
            device.conn = self.opened(device)
            self.come(device)

    def _talk(self, device: Device, intent: Intent) -> None:
        kind, room = intent.kind, intent.room
        device = device if device in self.own(device.account) else self.own(device.account)[0]
        if kind is Kind.ADD:
            self.members[room].add(intent.other)
            self.ever[room].add(intent.other)
            self.add(device, room, intent.other)
        elif kind in {Kind.REMOVE, Kind.LEAVE}:
            gone = intent.other if kind is Kind.REMOVE else intent.account
            self.remove(device, room, gone)
            self.members[room].discard(gone)
        elif kind is Kind.READ:
            self.read(device, room)
        else:
            self._note(room)
            self.say(device, room, intent.size, file=kind is Kind.FILE)

    def _note(self, room: int) -> None:
        made = self.society.rooms[room]
        if made.pair:
            low, high = sorted((made.creator, *made.founders))
            self.facts.talks.add((low, high))

    def truth(self) -> Truth:
        return Truth(
            accounts=self.society.size.accounts,
            talks=frozenset(self.facts.talks),
            rooms=[frozenset(room) for room in self.ever],
            room_of=self.facts.room_of,
            chain=(),
            account_of_conn=Owners(self.facts.accounts),
            account_of_addr=self.facts.account_of_addr,
        )

    def recording(self) -> Recording:
        """Live through everything, and hand over what was seen and kept."""
        self.live_through()
        disk, memory = Log(), Log()
        self.keep(disk, memory)
        return Recording(
            self.name, self.live.events(self.end), disk.events(), memory.events(), self.directory(), self.truth()
        )

    # ------------------------------------------------------------------------------------------- what a design decides

    def arrive(self, device: Device) -> None:
        """The device begins to use the service; it is not connected yet."""

    def come(self, device: Device) -> None:
        """The device has connected: ``device.conn`` is new."""

    def leave(self, device: Device) -> None:
        """The device goes away; it still has its connection."""

    def create(self, device: Device, room: Room) -> None:
        """A room is made of everybody in `members`."""

    def add(self, device: Device, room: int, other: int) -> None:
        """``other``, who is in `members` already, is taken in."""

    def remove(self, device: Device, room: int, other: int) -> None:
        """``other``, who is in `members` still, is removed or leaves."""

    def say(self, device: Device, room: int, size: int, *, file: bool) -> None:
        """A text or a file of ``size`` bytes."""

    def read(self, device: Device, room: int) -> None:
        """The person has read everything that came."""

    def keep(self, disk: Log, memory: Log) -> None:
        """What is on the disk and in memory at the end."""

    def directory(self) -> dict[int, int]:
        """Places that a public record ties to an account."""
        return {}

    def online(self) -> Iterator[Device]:
        """Every device that is connected now."""
        return (device for devices in self.devices for device in devices if device.online)
