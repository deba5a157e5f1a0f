"""What names an account: look-ups of its handle, and what comes into its inbox and is read there."""

from __future__ import annotations

from typing import Final

import numpy as np

from bench.leakage.cells.fan import ACTIVE, BEHIND, CALM_OLD, DIGEST
from bench.leakage.cells.habits import DAILY, Habits
from bench.leakage.cells.online import NEVER, Numbers, Online, Times
from bench.leakage.cells.requests import FRAME, Places, Requests, requests
from bench.leakage.cells.talking import Town
from bench.leakage.trace import Op
from nullabona.client.runner.own_lists import LATE_S, LOOK_S, SOON_S
from nullabona.client.runner.read_schedule import INBOX_LONG_MS

REQUEST: Final = 9_000
INVITATION: Final = 5_000
LONG: Final = INBOX_LONG_MS / 1_000


def meetings(dice: np.random.Generator, town: Town, places: Places, habits: Habits) -> list[Requests]:
    """Contact requests and invitations: look-ups, what comes into inboxes, and how it is answered."""
    rooms, online = town.rooms, town.online
    made = np.flatnonzero(rooms.made < NEVER)
    maker = np.array([rooms.members[room][0] for room in made.tolist()], np.int64)
    device, t = online.used(dice, maker, rooms.made[made])
    event = np.repeat(np.arange(len(made)), [len(rooms.members[room]) - 1 for room in made.tolist()])
    to = np.array([member for room in made.tolist() for member in rooms.members[room][1:]], np.int64)
    step = np.arange(len(event)) - np.searchsorted(event, event)
    pair = rooms.pair[made][event]
    asks = t[event] + 0.2 * step
    arrives = asks + np.where(pair, 0.3, 0.2 * 15)
    size = np.where(pair, REQUEST, INVITATION)
    theirs, there = online.used(dice, to, arrives)
    answers = np.maximum(rooms.open[made][event], there + 4.0)
    looked = pair if not habits.asks_members else np.ones(len(event), bool)
    found = [
        requests(asks[looked], Op.LOOKUP, to[looked], device[event][looked], 0),
        requests(arrives, Op.APPEND, to, device[event], size),
        requests(answers[pair] + 0.5, Op.APPEND, places.of(made[event][pair], answers[pair]), theirs[pair], FRAME),
    ]
    if habits.asks_who_asked:
        found.append(requests(answers[pair], Op.LOOKUP, maker[event][pair], theirs[pair], 0))
    if habits.waits_at_inbox:
        return [*found, requests(there + 0.1, Op.DELIVER, to, theirs, size, inbox=True)]
    return [*found, *_told(dice, online, to, arrives, size)]


def _told(dice: np.random.Generator, online: Online, to: Numbers, arrives: Times, size: Numbers) -> list[Requests]:
    """Each device of whom something came to is told by a digest, and reads."""
    device = online.devices[to].ravel()
    event = np.repeat(np.arange(len(to)), 2)[device >= 0]
    device = device[device >= 0]
    told = arrives[event] + dice.uniform(*DIGEST, len(event))
    there = online.next(device, told)
    reads = there + dice.exponential(np.where(there > told, BEHIND, ACTIVE))
    return [
        requests(reads, Op.READ, to[event], device, 0),
        requests(reads + 0.03, Op.DELIVER, to[event], device, size[event]),
    ]


def inboxes(dice: np.random.Generator, town: Town, habits: Habits) -> list[Requests]:
    """How inboxes are read to which nothing came, and who looks up their own handle."""
    online = town.online
    account = online.account[online.device]
    begin = online.begin + dice.uniform(0.0, 0.3, len(online.begin))
    found = _waiting(online, begin) if habits.waits_at_inbox else _now_and_then(dice, online, begin)
    if habits.own_letters:
        found += _own_letters(dice, town, habits.own_letters)
    if habits.looks_up_itself:
        return [*found, requests(begin + 0.1, Op.LOOKUP, account, online.device, 0)]
    device, t = drawn_looks(dice, online, town.crowd.days * DAILY)
    return [*found, requests(t, Op.LOOKUP, online.account[device], device, 0)]


def _waiting(online: Online, begin: Times) -> list[Requests]:
    """For each span that a device is there: a connection that reads the inbox."""
    account = online.account[online.device]
    return [
        requests(begin, Op.OPEN, np.full(len(begin), -1), online.device, -1, inbox=True),
        requests(begin + 0.05, Op.READ, account, online.device, 0, inbox=True),
        requests(online.end, Op.CLOSE, np.full(len(begin), -1), online.device, -1, inbox=True),
    ]


def _now_and_then(dice: np.random.Generator, online: Online, begin: Times) -> list[Requests]:
    """A read every few hours, and one when a device comes for the first time or after more than a day."""
    first = np.concatenate([[True], online.device[1:] != online.device[:-1]])
    away = np.concatenate([[0.0], online.begin[1:] - online.end[:-1]])
    comes = first | (away > LONG)
    count = dice.poisson((online.end - online.begin) / CALM_OLD)
    span = np.repeat(np.arange(len(count)), count)
    t = online.begin[span] + dice.random(len(span)) * (online.end - online.begin)[span]
    times = np.concatenate([begin[comes], t])
    device = np.concatenate([online.device[comes], online.device[span]])
    return [requests(times, Op.READ, online.account[device], device, 0)]


def drawn_looks(dice: np.random.Generator, online: Online, end: float) -> tuple[Numbers, Times]:
    """When devices look at their own handles (`own_lists`): some hours after the last look, at a drawn time. A look
    that fell due while its device was off is drawn again when that comes, soon if it is late by more than a day.
    """
    first = np.searchsorted(online.device, np.arange(len(online.account) + 1))
    devices, times = list[int](), list[float]()
    for device in range(len(online.account)):
        spans = range(first[device], first[device + 1])
        due = online.begin[spans[0]] + dice.random() * LOOK_S if spans else end
        for span in spans:
            begin, until = float(online.begin[span]), float(online.end[span])
            if due <= begin:
                due = begin + 1 + dice.random() * (LATE_S if begin - due > DAILY else SOON_S)
            while due < min(until, end):
                devices.append(device)
                times.append(due)
                due += (0.5 + dice.random() / 2) * LOOK_S
    return np.array(devices, np.int64), np.array(times)


def _own_letters(dice: np.random.Generator, town: Town, a_day: float) -> list[Requests]:
    """Letters that a device writes to its own account's inbox while it is there, and how they are read."""
    device, t = _while_there(dice, town, a_day)
    to, size = town.online.account[device], np.full(len(device), REQUEST)
    return [requests(t, Op.APPEND, to, device, size), *_told(dice, town.online, to, t, size)]


def _while_there(dice: np.random.Generator, town: Town, a_day: float) -> tuple[Numbers, Times]:
    """Devices and moments, so many a day of each device on average, all while it is there."""
    online = town.online
    seconds = online.end - online.begin
    share = float(seconds.sum()) / (len(online.account) * town.crowd.days * DAILY)
    count = dice.poisson(seconds * a_day / DAILY / share)
    span = np.repeat(np.arange(len(count)), count)
    return online.device[span], online.begin[span] + dice.random(len(span)) * seconds[span]
