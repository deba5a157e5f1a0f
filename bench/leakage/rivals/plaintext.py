"""A server that reads everything, as Matrix's Synapse or KakaoTalk's.

What its sources say, and `tests/leakage/test_rivals.py` checks (messengers' schemas and settings as published;
Synapse 1.157):

- P1: every message is a row with its sender, room and milliseconds, kept for good (``events``; no limit by default).
- P2: who has read up to where in which room is kept (``receipts_linearized``: the newest for each room and person).
- P3: membership is in plain text: who took whom into which room (state events).
- P4: the address of each login is kept 28 days with when it was last seen (``user_ips``).
- P5: what is sent is as long as it is; nothing is padded.
- P6: every request is a login's: the machine knows who acts, always.

Left out, which favours it: typing, presence, device lists, push tokens, and that others are told of receipts and of
who is taken in or removed.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from bench.leakage.rivals.living import Device, Living
from bench.leakage.rivals.log import Log
from bench.leakage.society import DAY, Room, Society
from bench.leakage.trace import Op

ENVELOPE: Final = 420
"""Bytes of an event around its text: type, ids, signatures. An estimate; no attacker depends on it."""
ADDRESSES_DAYS: Final = 28


class Plaintext(Living):
    """See the module."""

    name = "plaintext server"

    def __init__(self, society: Society) -> None:
        super().__init__(society)
        self._rooms: dict[int, int] = {}
        self._places = 0
        self._missed: dict[tuple[int, int], list[tuple[int, int]]] = {}
        self._events = Log()
        self._receipts: dict[tuple[int, int], float] = {}
        self._seen: dict[tuple[int, int], float] = {}

    def _place(self, room: int) -> int:
        if room not in self._rooms:
            self._rooms[room] = self._new_place(room)
        return self._rooms[room]

    def _new_place(self, room: int) -> int:
        self._places += 1
        self.facts.room_of[self._places - 1] = room
        return self._places - 1

    def come(self, device: Device) -> None:
        who = device.account
        self._seen[who, device.addr] = self.now
        self.live.add(self.now, Op.OPEN, conn=device.conn, addr=device.addr, who=who)
        for place, size in self._missed.pop((who, device.number), []):
            self._deliver(device, place, size)

    def leave(self, device: Device) -> None:
        self._seen[device.account, device.addr] = self.now
        self.live.add(self.now, Op.CLOSE, conn=device.conn, addr=device.addr, who=device.account)

    def create(self, device: Device, room: Room) -> None:
        for other in room.founders:
            self.live.add(
                self.now, Op.LOOKUP, place=other, conn=device.conn, addr=device.addr, who=device.account, to=other
            )
            self._state(device, room.number, other)

    def add(self, device: Device, room: int, other: int) -> None:
        self._state(device, room, other)

    def remove(self, device: Device, room: int, other: int) -> None:
        self._state(device, room, other)

    def _state(self, device: Device, room: int, other: int) -> None:
        place = self._place(room)
        self.live.add(
            self.now,
            Op.APPEND,
            place=place,
            conn=device.conn,
            addr=device.addr,
            who=device.account,
            to=other,
            size=ENVELOPE,
        )
        self._events.add(round(self.now, 3), Op.APPEND, place=place, who=device.account, to=other, size=ENVELOPE)

    def say(self, device: Device, room: int, size: int, *, file: bool) -> None:
        place = self._place(room)
        if file:
            self._transfer(device, room, size)
        long = ENVELOPE + (200 if file else size)
        self.live.add(
            self.now, Op.APPEND, place=place, conn=device.conn, addr=device.addr, who=device.account, size=long
        )
        self._events.add(round(self.now, 3), Op.APPEND, place=place, who=device.account, size=long)
        for member in sorted(self.members[room]):
            for one in self.own(member):
                if one is device:
                    continue
                if one.online:
                    self._deliver(one, place, long)
                else:
                    self._missed.setdefault((member, one.number), []).append((place, long))

    def _transfer(self, device: Device, room: int, size: int) -> None:
        """The file goes up, and anyone who is there fetches it."""
        blob = self._new_place(room)
        self._blob(device, Op.PUT_BLOB, blob, size)
        for member in self.others(room, device.account):
            for one in self.own(member):
                if one.online:
                    self.later(self.way() * 2, partial(self._blob, one, Op.GET_BLOB, blob, size))

    def _blob(self, device: Device, op: Op, blob: int, size: int) -> None:
        if device.online:
            self.live.add(self.now, op, place=blob, conn=device.conn, addr=device.addr, who=device.account, size=size)

    def _deliver(self, device: Device, place: int, size: int) -> None:
        self.live.add(
            self.now, Op.DELIVER, place=place, conn=device.conn, addr=device.addr, who=device.account, size=size
        )

    def read(self, device: Device, room: int) -> None:
        place = self._place(room)
        self._receipts[place, device.account] = self.now
        self.live.add(self.now, Op.READ, place=place, conn=device.conn, addr=device.addr, who=device.account)

    def keep(self, disk: Log, memory: Log) -> None:
        disk.rows += self._events.rows
        for (place, who), t in self._receipts.items():
            disk.add(round(t, 3), Op.READ, place=place, who=who)
        for (who, addr), t in self._seen.items():
            if t > self.now - ADDRESSES_DAYS * DAY:
                disk.add(round(t, 3), Op.OPEN, addr=addr, who=who)
        for device in self.online():
            memory.add(self.now, Op.OPEN, conn=device.conn, addr=device.addr, who=device.account)
