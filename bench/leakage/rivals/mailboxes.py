"""Sealed queues that are addressed to accounts, as Signal's.

What its sources say, and `tests/leakage/test_rivals.py` checks (Signal-Server and Signal-Android as published in 2026;
Martiny et al., NDSS 2021):

- S1: a message waits in the queue of the account it is for, with the server's milliseconds and its size, and is erased
  once the device has confirmed it.
- S2: of each account the day of its last visit is kept, nothing finer.
- S3: sealed sender: what is put into a queue names no sender. It comes over a connection of its own without a login.
- S4: whatever a device receives is answered at once and by itself with a delivery receipt, an ordinary sealed message.
- S5: no network address is on the disk.
- S6: groups are encrypted: the machine has no place for one, a message to a group is one request naming everybody in it
  but the sender.
- S7: the receiving connection is a login.

The connection without a login is opened when there is something to send and closed after a minute of rest; the client
as published holds it open beside the other while the app is in front, which would tie the two together. Content is
padded to steps of 160 bytes. A second device's copies of what the first has sent, typing, profiles, push and storage
are left out. All of that favours it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from bench.leakage.rivals.living import THINKS, Device, Living
from bench.leakage.rivals.log import Log
from bench.leakage.society import DAY, NOBODY, Room, Society
from bench.leakage.trace import Op

STEP: Final = 160
ENVELOPE: Final = 620
"""Bytes around the padded content: the ratchet's header, the sender's certificate, the envelope. An estimate."""
REST: Final = 60.0


@dataclass(frozen=True, slots=True)
class Item:
    """One sealed message in a queue; ``of`` and ``room`` are inside the seal and answered by the device alone."""

    t: float
    size: int
    of: int
    room: int
    content: bool


def padded(size: int) -> int:
    return -(-(size + 40) // STEP) * STEP + ENVELOPE


class Mailboxes(Living):
    """See the module."""

    name = "account queues"

    def __init__(self, society: Society) -> None:
        super().__init__(society)
        self._places: dict[int, int] = {}
        self._blobs = 0
        self._waiting: dict[tuple[int, int], list[Item]] = {}
        self._side: dict[tuple[int, int], tuple[int, float]] = {}
        self._unread: dict[tuple[int, int], dict[int, int]] = {}
        self._known: set[tuple[int, int, int]] = set()
        self._seen: dict[int, float] = {}

    def _mailbox(self, account: int) -> int:
        return self._places.setdefault(account, len(self._places) + self._blobs)

    # ------------------------------------------------------------------------------------------------- two connections

    def come(self, device: Device) -> None:
        who = device.account
        self._seen[who] = self.now
        self.live.add(self.now, Op.OPEN, conn=device.conn, addr=device.addr, who=who)
        self.live.add(self.now, Op.READ, place=self._mailbox(who), conn=device.conn, addr=device.addr, who=who, to=who)
        for item in self._waiting.pop((who, device.number), []):
            self._hand_out(device, item)

    def leave(self, device: Device) -> None:
        self._seen[device.account] = self.now
        self.live.add(self.now, Op.CLOSE, conn=device.conn, addr=device.addr, who=device.account)
        self._close_side(device)

    def _open_side(self, device: Device) -> int:
        """The connection without a login; it rests a minute after the last use and is closed."""
        key = device.account, device.number
        if key not in self._side:
            conn = self.opened(device)
            self.live.add(self.now, Op.OPEN, conn=conn, addr=device.addr)
            self.later(REST, partial(self._rest, device, conn))
            self._side[key] = conn, self.now
        self._side[key] = self._side[key][0], self.now
        return self._side[key][0]

    def _rest(self, device: Device, conn: int) -> None:
        now, used = self._side.get((device.account, device.number), (NOBODY, 0.0))
        if now != conn:
            return
        left = used + REST - self.now
        if left > 0:
            self.later(left, partial(self._rest, device, conn))
        else:
            self._close_side(device)

    def _close_side(self, device: Device) -> None:
        conn, _ = self._side.pop((device.account, device.number), (NOBODY, 0.0))
        if conn != NOBODY:
            self.live.add(self.now, Op.CLOSE, conn=conn, addr=device.addr)

    # --------------------------------------------------------------------------------------------------------- sending

    def _send(self, device: Device, to: Sequence[int], size: int, room: int, *, content: bool) -> None:
        """One request without a login, to everybody in ``to``."""
        conn = self._open_side(device)
        for other in to:
            self._keys(device, conn, other)
        for other in to:
            self.live.add(
                self.now, Op.APPEND, place=self._mailbox(other), conn=conn, addr=device.addr, to=other, size=size
            )
        item = Item(self.now, size, device.account, room, content)
        for other in to:
            if content:
                unread = self._unread.setdefault((other, room), {})
                unread[item.of] = unread.get(item.of, 0) + 1
            for one in self.own(other):
                if one.online:
                    self.later(0.001 + self.dice.expovariate(500.0), partial(self._hand_out, one, item))
                else:
                    self._waiting.setdefault((other, one.number), []).append(item)

    def _keys(self, device: Device, conn: int, other: int) -> None:
        """Before the first message: the other's keys, asked for without a login."""
        if (device.account, device.number, other) not in self._known:
            self._known.add((device.account, device.number, other))
            self.live.add(self.now, Op.LOOKUP, place=other, conn=conn, addr=device.addr, to=other)

    def _hand_out(self, device: Device, item: Item) -> None:
        if not device.online:
            self._waiting.setdefault((device.account, device.number), []).append(item)
            return
        who, place = device.account, self._mailbox(device.account)
        self.live.add(
            self.now, Op.DELIVER, place=place, conn=device.conn, addr=device.addr, who=who, to=who, size=item.size
        )
        conn = device.conn
        self.later(self.way() * 2, partial(self._confirm, device, conn))
        if item.content and device is next((one for one in self.own(who) if one.online), None):
            wait = self.way() * 2 + self.dice.uniform(*THINKS)
            self.later(wait, partial(self._receipt, device, item.of))

    def _confirm(self, device: Device, conn: int) -> None:
        if device.conn == conn:
            who = device.account
            self.live.add(self.now, Op.ERASE, place=self._mailbox(who), conn=conn, addr=device.addr, who=who, to=who)

    def _receipt(self, device: Device, to: int) -> None:
        if device.online:
            self._send(device, [to], padded(16), NOBODY, content=False)

    # ------------------------------------------------------------------------------------------------------------ acts

    def create(self, device: Device, room: Room) -> None:
        if not room.pair:
            self._send(device, self.others(room.number, device.account), padded(180), room.number, content=False)

    def add(self, device: Device, room: int, other: int) -> None:  # noqa: ARG002 - see `Living`
        self._send(device, self.others(room, device.account), padded(180), room, content=False)

    def remove(self, device: Device, room: int, other: int) -> None:  # noqa: ARG002 - see `Living`
        self._send(device, self.others(room, device.account), padded(180), room, content=False)

    def say(self, device: Device, room: int, size: int, *, file: bool) -> None:
        to = self.others(room, device.account)
        if file:
            self._transfer(device, to, size)
        if to:
            self._send(device, to, padded(220 if file else size), room, content=True)

    def _transfer(self, device: Device, to: Sequence[int], size: int) -> None:
        """The file goes up by its number, and anyone who is there fetches it."""
        blob = len(self._places) + self._blobs
        self._blobs += 1
        self._blob(device, Op.PUT_BLOB, blob, size)
        for other in to:
            for one in self.own(other):
                self.later(self.way() * 2, partial(self._blob, one, Op.GET_BLOB, blob, size))

    def _blob(self, device: Device, op: Op, blob: int, size: int) -> None:
        """Over a connection of its own, as files lie with another service."""
        if device.online:
            conn = self.opened(device)
            for what in (Op.OPEN, op, Op.CLOSE):
                place, long = (blob, size) if what is op else (NOBODY, 0)
                self.live.add(self.now, what, place=place, conn=conn, addr=device.addr, size=long)

    def read(self, device: Device, room: int) -> None:
        for other, count in sorted(self._unread.pop((device.account, room), {}).items()):
            self._send(device, [other], padded(8 + 8 * count), NOBODY, content=False)

    def keep(self, disk: Log, memory: Log) -> None:
        for (account, _), items in self._waiting.items():
            for item in items:
                place = self._mailbox(account)
                disk.add(round(item.t, 3), Op.APPEND, place=place, to=account, size=item.size)
        for account, t in self._seen.items():
            disk.add(t // DAY * DAY, Op.OPEN, who=account)
        for device in self.online():
            memory.add(self.now, Op.OPEN, conn=device.conn, addr=device.addr, who=device.account)
            conn, _ = self._side.get((device.account, device.number), (NOBODY, 0.0))
            if conn != NOBODY:
                memory.add(self.now, Op.OPEN, conn=conn, addr=device.addr)
