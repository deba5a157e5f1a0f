"""A group has one name for good, as with Marmot over Nostr relays.

What its sources say, and `tests/leakage/test_rivals.py` checks (marmot-protocol MIP-00 to MIP-04 and its threat model;
NIP-44, NIP-59):

- N1: everything of a group carries the same public id (the ``h`` tag); rooms for two are groups.
- N2: each event of a group is signed by a key made for it alone: no sender.
- N3: a relay keeps events with the second they say, and hands them to anyone who asks for the group.
- N4: a client subscribes to the ids of all its groups, and to what is addressed to its own public key, over one
  connection.
- N5: a welcome is addressed to the new member's public key; its time is moved back by up to two days.
- N6: content is padded as NIP-44 says: to a power of two, or an eighth of it above 256 bytes.
- N7: key packages are signed by the account and public.
- N8: no receipts.

Files lie under the hash of their ciphertext. Key packages are published over a connection of their own. Profiles, relay
lists, rotation of the id ("monthly", by hand) and push are left out.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from bench.leakage.rivals.living import Device, Living
from bench.leakage.rivals.log import Log
from bench.leakage.society import DAY, NOBODY, Room, Society
from bench.leakage.trace import Op

MLS: Final = 230
"""Bytes of an MLS message around its text; an estimate."""
EVENT_BYTES: Final = 400
WELCOME: Final = 3_200
COMMIT: Final = 900
BACKDATED: Final = 2 * DAY


def padded(size: int) -> int:
    """NIP-44's length for ``size`` bytes."""
    if size <= 32:
        return 32
    power = 1 << (size - 1).bit_length()
    chunk = 32 if power <= 256 else power // 8
    return chunk * ((size - 1) // chunk + 1)


class GroupIds(Living):
    """See the module."""

    name = "static group ids"

    def __init__(self, society: Society) -> None:
        super().__init__(society)
        self._rooms: dict[int, int] = {}
        self._inboxes: dict[int, int] = {}
        self._places = 0
        self._missed: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
        self._joined: dict[int, set[int]] = {}
        self._events = Log()

    def _new_place(self) -> int:
        self._places += 1
        return self._places - 1

    def _room(self, room: int) -> int:
        if room not in self._rooms:
            self._rooms[room] = self._new_place()
            self.facts.room_of[self._rooms[room]] = room
        return self._rooms[room]

    def _inbox(self, account: int) -> int:
        if account not in self._inboxes:
            self._inboxes[account] = self._new_place()
        return self._inboxes[account]

    def arrive(self, device: Device) -> None:
        self._events.add(float(int(self.now)), Op.APPEND, who=device.account, size=900)

    def come(self, device: Device) -> None:
        account = device.account
        self.live.add(self.now, Op.OPEN, conn=device.conn, addr=device.addr)
        self._ask(device, self._inbox(account), account)
        for room in sorted(self._joined.get(account, set())):
            self._ask(device, self._room(room), NOBODY)
        for place, to, size in self._missed.pop((account, device.number), []):
            self._hand_out(device, place, to, size)

    def leave(self, device: Device) -> None:
        self.live.add(self.now, Op.CLOSE, conn=device.conn, addr=device.addr)

    def _ask(self, device: Device, place: int, to: int) -> None:
        if device.online:
            self.live.add(self.now, Op.READ, place=place, conn=device.conn, addr=device.addr, to=to)

    def _put(self, device: Device, place: int, to: int, size: int, readers: list[int]) -> None:
        """An event over the device's connection; the relay hands it to all who asked for it, the writer too."""
        self.live.add(self.now, Op.APPEND, place=place, conn=device.conn, addr=device.addr, to=to, size=size)
        said = self.now - (self.dice.uniform(0, BACKDATED) if to != NOBODY else 0.0)
        self._events.add(float(int(max(0.0, said))), Op.APPEND, place=place, to=to, size=size)
        for account in readers:
            for one in self.own(account):
                if one.online:
                    wait = 0.001 + self.dice.expovariate(500.0)
                    self.later(wait, partial(self._hand_out, one, place, to, size))
                else:
                    self._missed.setdefault((account, one.number), []).append((place, to, size))

    def _hand_out(self, device: Device, place: int, to: int, size: int) -> None:
        if device.online:
            self.live.add(self.now, Op.DELIVER, place=place, conn=device.conn, addr=device.addr, to=to, size=size)

    def _welcome(self, device: Device, room: int, other: int) -> None:
        self.live.add(self.now, Op.LOOKUP, place=other, conn=device.conn, addr=device.addr, to=other)
        self._put(device, self._inbox(other), other, padded(WELCOME) + EVENT_BYTES, [other])
        self._joined.setdefault(other, set()).add(room)
        for one in self.own(other):
            self.later(self.way() * 3 + 0.2, partial(self._ask, one, self._room(room), NOBODY))

    def create(self, device: Device, room: Room) -> None:
        self._joined.setdefault(device.account, set()).add(room.number)
        for one in self.own(device.account):
            self._ask(one, self._room(room.number), NOBODY)
        self._group_event(device, room.number, COMMIT)
        for other in room.founders:
            self._welcome(device, room.number, other)

    def add(self, device: Device, room: int, other: int) -> None:
        self._group_event(device, room, COMMIT)
        self._welcome(device, room, other)

    def remove(self, device: Device, room: int, other: int) -> None:
        self._group_event(device, room, COMMIT)
        self._joined.get(other, set()).discard(room)

    def _group_event(self, device: Device, room: int, size: int) -> None:
        readers = sorted(member for member in self.members[room] if room in self._joined.get(member, set()))
        self._put(device, self._room(room), NOBODY, padded(size) + EVENT_BYTES, readers)

    def say(self, device: Device, room: int, size: int, *, file: bool) -> None:
        if file:
            self._transfer(device, room, size)
        self._group_event(device, room, MLS + (300 if file else size))

    def _transfer(self, device: Device, room: int, size: int) -> None:
        blob = self._new_place()
        self.facts.room_of[blob] = room
        self._blob(device, Op.PUT_BLOB, blob, size + 16)
        for other in self.others(room, device.account):
            for one in self.own(other):
                self.later(self.way() * 4, partial(self._blob, one, Op.GET_BLOB, blob, size + 16))

    def _blob(self, device: Device, op: Op, blob: int, size: int) -> None:
        if device.online:
            conn = self.opened(device)
            for what in (Op.OPEN, op, Op.CLOSE):
                place, long = (blob, size) if what is op else (NOBODY, 0)
                self.live.add(self.now, what, place=place, conn=conn, addr=device.addr, size=long)

    def keep(self, disk: Log, memory: Log) -> None:
        disk.rows += self._events.rows
        for device in self.online():
            memory.add(self.now, Op.OPEN, conn=device.conn, addr=device.addr)
            memory.add(
                self.now,
                Op.READ,
                place=self._inbox(device.account),
                conn=device.conn,
                addr=device.addr,
                to=device.account,
            )
            for room in sorted(self._joined.get(device.account, set())):
                memory.add(self.now, Op.READ, place=self._room(room), conn=device.conn, addr=device.addr)
