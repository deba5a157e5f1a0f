"""A queue for each direction of each pair, as SimpleX's; a group is everybody's queues to everybody.

What its sources say, and `tests/leakage/test_rivals.py` checks (simplexmq and simplex-chat as published in 2026:
protocol/simplex-messaging.md, protocol/security.md, the server's schema and defaults):

- X1: each queue has one recipient, and its two ends have different names; a direction of a pair is one queue.
- X2: everything that passes is a block of 16,384 bytes.
- X3: private routing: what is put into a queue comes through another operator's server. The machine sees neither
  address nor connection of who sends.
- X4: a message to a group is one message to each other member, into the queue for that member in that group.
- X5: on the disk a waiting message has its queue and the second; erased once confirmed, after 21 days otherwise.
- X6: a queue takes 128 messages; the sender keeps further ones until there is room again.
- X7: a client subscribes to all its queues over one connection, so that the machine can match them to one user.
- X8: delivery receipts, each an ordinary message: to contacts and in groups of up to 20.
- X9: of a queue the day of its last use is kept. No account, address or connection is on the disk.
- X10: no second device: an account is one device.

All accounts use one server, as in every model here; in practice people spread over several, which helps it. Files go
over connections of their own, in chunks of fixed sizes, each recipient with names of their own for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Final

from bench.leakage.rivals.living import THINKS, Device, Living
from bench.leakage.rivals.log import Log
from bench.leakage.society import DAY, NOBODY, Room, Society
from bench.leakage.trace import Op

BLOCK: Final = 16_384
QUOTA: Final = 128
RETENTION_DAYS: Final = 21
RECEIPTS_UP_TO: Final = 20
CHUNKS: Final = (65_536, 262_144, 1_048_576, 4_194_304)
FILES_S: Final = 48 * 3_600.0


@dataclass(frozen=True, slots=True)
class Item:
    """A message in a queue; whether a receipt is due is inside."""

    t: float
    content: bool


@dataclass(slots=True)
class Queue:
    """One direction of a pair in one room; ``held`` is what the sender keeps because the queue is full."""

    place: int
    room: int
    sender: int
    recipient: int
    items: list[Item] = field(default_factory=list)
    held: list[Item] = field(default_factory=list)
    used: float = 0.0


class Queues(Living):
    """See the module."""

    name = "pair queues"
    multi_device = False

    def __init__(self, society: Society) -> None:
        super().__init__(society)
        self._queues: dict[tuple[int, int, int], Queue] = {}
        self._of: dict[int, list[Queue]] = {}
        self._places = 0
        self._files: list[tuple[float, int, int]] = []

    def _new_place(self) -> int:
        self._places += 1
        return self._places - 1

    # --------------------------------------------------------------------------------------------------------- queues

    def _join(self, room: int, one: int, two: int) -> None:
        """Both directions, each made by its recipient and then confirmed by its sender."""
        for sender, recipient in ((one, two), (two, one)):
            if (room, sender, recipient) in self._queues:
                continue
            queue = Queue(self._new_place(), room, sender, recipient)
            self.facts.room_of[queue.place] = room
            self._queues[room, sender, recipient] = queue
            self._of.setdefault(recipient, []).append(queue)
            device = self.own(recipient)[0]
            if device.online:
                self._subscribe(device, queue)
            self.later(self.way() * 3, partial(self._put, queue, content=False))

    def _subscribe(self, device: Device, queue: Queue) -> None:
        self.live.add(self.now, Op.READ, place=queue.place, conn=device.conn, addr=device.addr)

    def come(self, device: Device) -> None:
        self.live.add(self.now, Op.OPEN, conn=device.conn, addr=device.addr)
        for queue in self._of.get(device.account, []):
            self._subscribe(device, queue)
            for item in list(queue.items):
                self._hand_out(device, queue, item)

    def leave(self, device: Device) -> None:
        self.live.add(self.now, Op.CLOSE, conn=device.conn, addr=device.addr)

    def _put(self, queue: Queue, *, content: bool) -> None:
        item = Item(self.now, content)
        if len(queue.items) >= QUOTA:
            queue.held.append(item)
            return
        queue.items.append(item)
        queue.used = self.now
        self.live.add(self.now, Op.APPEND, place=queue.place, size=BLOCK)
        device = self.own(queue.recipient)[0]
        if device.online:
            self.later(0.001 + self.dice.expovariate(500.0), partial(self._hand_out, device, queue, item))

    def _hand_out(self, device: Device, queue: Queue, item: Item) -> None:
        if device.online and item in queue.items:
            self.live.add(self.now, Op.DELIVER, place=queue.place, conn=device.conn, addr=device.addr, size=BLOCK)
            conn = device.conn
            self.later(self.way() * 2, partial(self._confirm, device, conn, queue, item))

    def _confirm(self, device: Device, conn: int, queue: Queue, item: Item) -> None:
        if device.conn != conn or item not in queue.items:
            return
        queue.items.remove(item)
        queue.used = self.now
        self.live.add(self.now, Op.ERASE, place=queue.place, conn=conn, addr=device.addr)
        if item.content and len(self.members[queue.room]) <= RECEIPTS_UP_TO:
            back = self._queues[queue.room, queue.recipient, queue.sender]
            self.later(self.way() * 2 + self.dice.uniform(*THINKS), partial(self._put, back, content=False))
        if queue.held:
            held = queue.held.pop(0)
            self.later(self.way() * 4, partial(self._put, queue, content=held.content))

    # ------------------------------------------------------------------------------------------------------------ acts

    def create(self, device: Device, room: Room) -> None:  # noqa: ARG002 - see `Living`
        members = sorted(self.members[room.number])
        for at, one in enumerate(members):
            for two in members[at + 1 :]:
                self._join(room.number, one, two)

    def add(self, device: Device, room: int, other: int) -> None:  # noqa: ARG002 - see `Living`
        for one in self.others(room, other):
            self._join(room, one, other)

    def remove(self, device: Device, room: int, other: int) -> None:  # noqa: ARG002 - see `Living`
        self._to_all(device, room, content=False)

    def say(self, device: Device, room: int, size: int, *, file: bool) -> None:
        if file:
            self._transfer(device, room, size)
        self._to_all(device, room, content=True)

    def _to_all(self, device: Device, room: int, *, content: bool) -> None:
        wait = 0.0
        for other in self.others(room, device.account):
            queue = self._queues[room, device.account, other]
            self.later(wait, partial(self._put, queue, content=content))
            wait += self.dice.uniform(0.001, 0.01)

    def _transfer(self, device: Device, room: int, size: int) -> None:
        chunk = next((each for each in CHUNKS if size <= each), CHUNKS[-1])
        for other in self.others(room, device.account):
            name = self._new_place()
            self._blob(device, Op.PUT_BLOB, name, chunk)
            self._files.append((self.now, name, chunk))
            theirs = self._new_place()
            one = self.own(other)[0]
            self.later(self.way() * 4, partial(self._blob, one, Op.GET_BLOB, theirs, chunk))

    def _blob(self, device: Device, op: Op, name: int, size: int) -> None:
        if device.online:
            conn = self.opened(device)
            for what in (Op.OPEN, op, Op.CLOSE):
                place, long = (name, size) if what is op else (NOBODY, 0)
                self.live.add(self.now, what, place=place, conn=conn, addr=device.addr, size=long)

    def keep(self, disk: Log, memory: Log) -> None:
        for queue in self._queues.values():
            disk.add(queue.used // DAY * DAY, Op.READ, place=queue.place)
            for item in queue.items:
                if item.t > self.now - RETENTION_DAYS * DAY:
                    disk.add(float(int(item.t)), Op.APPEND, place=queue.place, size=BLOCK)
        for t, name, chunk in self._files:
            if t > self.now - FILES_S:
                disk.add(t // 3_600 * 3_600, Op.PUT_BLOB, place=name, size=chunk)
        for device in self.online():
            memory.add(self.now, Op.OPEN, conn=device.conn, addr=device.addr)
            for queue in self._of.get(device.account, []):
                memory.add(self.now, Op.READ, place=queue.place, conn=device.conn, addr=device.addr)
