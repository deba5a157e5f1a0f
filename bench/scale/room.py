"""One room's life as its clients lead it: what they append, acknowledge and trim, and what is put back.

The rules are those of `nullabona.client.core` (spec/room.md §4 and §5), with its delays, for whole devices instead of
keys and frames:

- a device that is online has read everything. It tells so with each message, or with a receipt: some time after others'
  messages, soon after a new epoch and after the person has looked, but not while they talk (`delivery.receipts`);
- of the current box, what every device has told is trimmed by the device whose day it is (`sync.open_box`);
- each device renews its keys about weekly, which ends the epoch and begins another box (`group.commits`);
- a closed box is trimmed when all who were in its epoch have shown up in a later one and told that they read it to its
  end; until then it is announced again, less and less often (`sync.closed_boxes`);
- what was gone before a device could read it is sent again by its author, and put back by another one if the author is
  away (`sync.repair`). Who lacks the end of an epoch comes back by a commit of its own (`sync.rejoin`).

`python -m bench.scale.compare` plays the same lives with whole clients.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterable
from typing import Final

from bench.scale.box import Box
from bench.scale.device import Device
from bench.scale.ledger import DAY_S, MIDNIGHT_S, Ledger, day_of
from bench.scale.receipts import Receipts
from nullabona.client.core.delivery.receipts import MAX_LISTED
from nullabona.client.core.step import Timing
from nullabona.client.core.sync.closed_boxes import KEEP_DAYS, MAX_CLOSED, OLDEST_KEPT

_TIMES: Final = Timing()
LIGHTEN_S: Final = _TIMES.lighten / 1_000
TRIM_S: Final = _TIMES.trim / 1_000
ANNOUNCEMENT_S: Final = _TIMES.announcement / 1_000
UPDATE_S: Final = _TIMES.update / 1_000
PUT_BACK_S: Final = _TIMES.put_back_any / 1_000
AGAIN_S: Final = 1.0
"""From learning that somebody lacks a message until it is sent again."""
_MOST_DOUBLED: Final = 10


class RoomLife:
    """``known`` are all who will ever be in the room; what happens is put in with `at`, and `run` plays it in order."""

    def __init__(
        self, known: Iterable[Device], ledger: Ledger, dice: random.Random, kept_days: int, *, trims: bool = True
    ) -> None:
        self.known = {device.number: device for device in known}
        self.ledger = ledger
        self.devices: dict[int, Device] = {}
        """Those that are in the room now."""
        self.boxes: list[Box] = []
        """The current one last; before it those closed ones that clients follow."""
        self.kept: list[Box] = []
        """Those that the relay has."""
        self._dice = dice
        self._kept_days = kept_days
        self._trims = trims
        self._began = 0
        self._read: dict[int, int] = {}
        """The last message that each account has read, as the ledger's count of messages in this room."""
        self._said = 0
        self._said_by: dict[int, int] = {}
        self._due: list[tuple[float, int, Callable[[float], None]]] = []
        self._asked = 0
        self._receipts = Receipts(dice, self.at, lambda: len(self.devices), self._receipt)

    def at(self, t: float, act: Callable[[float], None]) -> None:
        """``act`` at ``t``."""
        self._asked += 1
        heapq.heappush(self._due, (t, self._asked, act))

    def run(self, end: float) -> None:
        """Play until ``end``."""
        midnight = day_of(self._due[0][0]) * DAY_S + MIDNIGHT_S + DAY_S if self._due else end
        while self._due and self._due[0][0] < end:
            while midnight <= self._due[0][0]:
                self._sweep(midnight)
                midnight += DAY_S
            t, _, act = heapq.heappop(self._due)
            act(t)
        while midnight < end:
            self._sweep(midnight)
            midnight += DAY_S

    @property
    def current(self) -> Box:
        return self.boxes[-1]

    def held(self) -> int:
        """Frames that are there."""
        return sum(len(box) for box in self.kept)

    # -- what people do

    def begin(self, t: float, devices: Iterable[Device], creator: int) -> None:
        """The room is made; those who are offline come in when they are back."""
        for device in devices:
            self.devices[device.number] = device
            mine = device.account == creator
            device.update_at = t + (UPDATE_S if mine else self._dice.uniform(0, UPDATE_S))
        self._next_box()
        for device in self.devices.values():
            if device.online:
                self._enter(t, device, self.current)

    def join(self, t: float, device: Device) -> None:
        """Somebody lets a device in: a commit, and a new epoch with it."""
        by = self._anybody()
        if device.number in self.devices or by is None:
            return
        device.update_at = t + self._dice.uniform(0, UPDATE_S)
        self._commit(t, by, joins=device)

    def leave(self, t: float, account: int) -> None:
        """An account's devices are removed."""
        gone = [number for number, device in self.devices.items() if device.account == account]
        for number in gone:
            del self.devices[number]
        by = self._anybody()
        if gone and by is not None:
            self._commit(t, by)

    def say(self, t: float, number: int) -> None:
        """A person says something on a device, if that is there."""
        if self._is_here(self.known[number]):
            self.ledger.said += 1
            self.known[number].talked_at = t
            self._speak(t, self.known[number])

    def look(self, t: float, number: int) -> None:
        """A person looks at the room: a receipt tells how far they have read, if that is news."""
        device = self.devices.get(number)
        if device is None or not device.online or self._read.get(device.account, 0) >= self._said:
            return
        seen = self._said_by.get(device.account, 0)
        self._read[device.account] = self._said
        if self._said > seen:
            self._receipts.read(t, device)

    def note(self, t: float, number: int) -> None:
        """A device tells the account's others of a change: a message that nobody acknowledges with a receipt."""
        if self._is_here(self.known[number]):
            self._send(t, self.known[number])

    # -- presence

    def come(self, t: float, number: int) -> None:
        """A device is online and reads all that it lacks."""
        device = self.known[number]
        device.online = True
        if number not in self.devices:
            return
        self._catch_up(t, device)
        self._lighten(t, device)
        self._renew(t, device)
        for _ in range(device.owed):
            self.at(t + AGAIN_S, lambda at: self._again(at, device))
        device.owed = 0

    def go(self, t: float, number: int) -> None:  # noqa: ARG002 - as `come`
        """A device is offline from now on."""
        device = self.known[number]
        device.online = False
        for box in self.boxes:
            if device.number in box.told:
                box.position[device.number] = box.head

    def _catch_up(self, t: float, device: Device) -> None:
        news = lost = False
        for box in [box for box in self.boxes if device.number in box.told]:
            before = box.position.get(device.number, 0)
            here = box.index == device.epoch
            if here and before < box.commit < box.floor:
                break  # what ended its epoch is gone
            gone, said = self._read_on(device, box, before)
            lost, news = lost or gone, news or said
            if here and box.closed_at is not None:
                self._enter(t, device, self.boxes[self.boxes.index(box) + 1])
        if device.epoch < self.current.index:
            self._rejoin(t, device)
        elif lost or (device.receipt_at is not None and device.receipt_at <= t):
            device.receipt_at = None
            self._receipts.soon(t, device)
        elif news:
            self._receipts.later(t, device)

    def _read_on(self, device: Device, box: Box, before: int) -> tuple[bool, bool]:
        """Read a box from ``before`` to its head; whether something was gone, and whether somebody said something."""
        lost = range(before + 1, box.floor)
        self.ledger.missed += len(lost)
        device.missing += [(box, seq) for seq in lost[-MAX_LISTED:]]
        box.position[device.number] = box.head
        if box.closed_at is not None and box.head > box.told[device.number]:
            device.untold.add(box)
        return bool(lost), box.last_said > before

    def _enter(self, t: float, device: Device, box: Box) -> None:
        """The device is in the epoch of this box."""
        device.epoch, device.lightened, device.lighten_at = box.index, 0, None
        if box is self.current and device.online:
            self.at(max(device.update_at, t), lambda at: self._renew(at, device))
            self._receipts.soon(t, device)

    # -- what devices send

    def _speak(self, t: float, device: Device) -> None:
        seq = self._send(t, device)
        self._said += 1
        self._said_by[device.account] = self._said
        self.current.authors[seq] = device.number
        self.current.last_said = seq
        for other in self.devices.values():
            if other.online and other is not device and other.epoch == self.current.index:
                self._receipts.later(t, other)

    def _send(self, t: float, device: Device) -> int:
        """A message of any kind. It tells how far its sender had read before it."""
        box = self.current
        device.receipt_at = None
        device.shown = box.index
        for old in device.untold:
            old.told[device.number] = old.head
        device.untold.clear()
        if not box.is_there and box.head:
            self._revive(t, device)
        was = box.told[device.number]
        box.told[device.number] = box.head
        seq = box.append(t)
        if was <= box.low:
            box.low = min(box.told[number] for number in self.devices)
            self._consider(t)
        if device.missing:
            missing, device.missing = device.missing, []
            self._restore(t, device, missing)
        return seq

    def _revive(self, t: float, by: Device) -> None:
        """The relay forgot the current box, which nobody used: it gets another incarnation and is read again."""
        box = self.current
        lacking = [seq for seq in box.authors if seq > box.low]
        self.ledger.lost += 1
        box.low, box.told = 0, dict.fromkeys(box.told, 0)
        for _ in lacking:  # not everybody has acknowledged these
            self.ledger.back += 1
            box.append(t)
        for device in self.devices.values():
            device.lightened, device.lighten_at = 0, None
            if device.online and device is not by:
                self._receipts.later(t, device)

    def _receipt(self, t: float, device: Device) -> None:
        if self._is_here(device) and len(self.devices) > 1:
            self._send(t, device)

    # -- epochs

    def _next_box(self) -> None:
        box = Box(self._began, self.ledger, self._kept_days)
        self._began += 1
        box.told = dict.fromkeys(self.devices, 0)
        self.boxes.append(box)
        self.kept.append(box)
        if len(self.boxes) - 1 > MAX_CLOSED:
            del self.boxes[OLDEST_KEPT]

    def _commit(self, t: float, by: Device, joins: Device | None = None) -> None:
        """``by`` ends the epoch; all who are online are in the next one at once."""
        old = self.current
        old.commit = old.append(t)
        old.closed_at = t
        if joins is not None:
            self.devices[joins.number] = joins
        self._next_box()
        if joins is not None:
            self._enter(t, joins, self.current)
        online = [device for device in self.devices.values() if device.online and device.epoch == old.index]
        for device in online:
            device.untold.add(old)
            self._enter(t, device, self.current)
        if by.epoch != self.current.index:
            self._enter(t, by, self.current)
        first = self._dice.uniform(0, ANNOUNCEMENT_S) / max(1, len(online))
        self.at(t + ANNOUNCEMENT_S + first, lambda at: self._announce(at, old))

    def _rejoin(self, t: float, device: Device) -> None:
        """The device missed what ended its epoch: it comes back by a commit of its own."""
        self.ledger.rejoined += 1
        device.untold.clear()
        self._commit(t, device)

    def _renew(self, t: float, device: Device) -> None:
        if self._is_here(device) and device.update_at <= t and len(self.devices) > 1:
            device.update_at = t + UPDATE_S + self._dice.uniform(0, UPDATE_S / 4)
            self._commit(t, device)

    def _announce(self, t: float, box: Box) -> None:
        """The first device whose time has come looks after a closed box."""
        if box not in self.boxes:
            return
        if box.closed_at is not None and t - box.closed_at > KEEP_DAYS * DAY_S:
            self.boxes.remove(box)
            return
        if self._anybody() is not None:
            were = [device for number, device in self.devices.items() if number in box.told]
            shown = all(device.shown > box.index for device in were)
            if shown and all(box.told[device.number] >= box.head for device in were):
                self.at(t + self._dice.uniform(0, TRIM_S), lambda at: self._trim_closed(at, box))
                return
            if not shown:
                box.append(t)
                for device in self.devices.values():
                    if device.online and device.number in box.told and device.epoch > box.index:
                        device.untold.add(box)
            box.announcements += 1
        wait = ANNOUNCEMENT_S * 2 ** min(box.announcements, _MOST_DOUBLED)
        self.at(t + wait + self._dice.uniform(0, ANNOUNCEMENT_S), lambda at: self._announce(at, box))

    def _trim_closed(self, t: float, box: Box) -> None:
        box.trim(t, box.head)
        if box in self.boxes:
            self.boxes.remove(box)
        for device in self.devices.values():
            device.untold.discard(box)

    # -- the current box

    def _consider(self, t: float) -> None:
        """If there is something to trim, each device that is online plans to."""
        if not self._trims:
            return
        box = self.current
        for device in self.devices.values():
            if device.online and device.lighten_at is None and box.low > device.lightened and device.epoch == box.index:
                self._lighten_later(device, t + self._dice.uniform(0, LIGHTEN_S))

    def _lighten_later(self, device: Device, due: float) -> None:
        device.lighten_at = due
        self.at(due, lambda at: self._lighten(at, device))

    def _lighten(self, t: float, device: Device) -> None:
        if device.lighten_at is None or device.lighten_at > t or not self._is_here(device):
            return
        turns = sorted(self.devices)
        today = day_of(t)
        days = (turns.index(device.number) - today) % len(turns)
        if days:
            self._lighten_later(device, (today + days + self._dice.random()) * DAY_S + MIDNIGHT_S)
            return
        device.lighten_at = None
        device.lightened = self.current.low
        box = self.current
        box.trim(t, box.low)
        box.authors = {seq: author for seq, author in box.authors.items() if seq > box.low}

    # -- what somebody lacks

    def _restore(self, t: float, device: Device, missing: list[tuple[Box, int]]) -> None:
        others = [other for other in self.devices.values() if other.online and other is not device]
        for box, seq in missing:
            author = self.devices.get(box.authors.get(seq, -1))
            if author is not None and author.online and author is not device:
                self.at(t + AGAIN_S, lambda at, author=author: self._again(at, author))  # type: ignore[misc]
                continue
            if author is not None and author is not device:
                author.owed += 1
            if others and box in self.boxes:
                wait = self._dice.uniform(0, PUT_BACK_S) / len(others)
                self.at(t + wait, lambda at, box=box: self._put_back(at, box))  # type: ignore[misc]

    def _again(self, t: float, author: Device) -> None:
        if self._is_here(author):
            self.ledger.back += 1
            self._speak(t, author)

    def _put_back(self, t: float, box: Box) -> None:
        if box not in self.boxes:
            return
        self.ledger.back += 1
        box.append(t)
        for device in self.devices.values():
            if device.online and box is not self.current and device.number in box.told:
                device.untold.add(box)

    def _is_here(self, device: Device) -> bool:
        """Whether the device is in the room, online, and in the current epoch."""
        return device.online and device.number in self.devices and device.epoch == self.current.index

    def _anybody(self) -> Device | None:
        here = [device for device in self.devices.values() if self._is_here(device)]
        return self._dice.choice(here) if here else None

    def _sweep(self, t: float) -> None:
        for box in self.kept:
            box.sweep(t)
        self.kept = [box for box in self.kept if box.is_there or box in self.boxes]
