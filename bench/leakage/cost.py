"""How many events a society will cause with our design: what a recording costs is known before it is made.

A rule of thumb, not the measure: within a factor of about one and a half. What is read at drawn moments is three events
each (a connection, the read, its end), and most reads bring nothing: each box is looked into all day long. Many frames
are receipts. One goes to every device in the room; each commit, and each talk, is acknowledged by every device, more
often where people read it; and every device commits once a week to renew its keys. So a room of ``n`` devices costs
about ``n * n`` for each talk and ``n * n * n`` a week.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from bench.leakage.intents import DAY, Kind
from bench.leakage.society import Society
from nullabona.client.core.step import DAY_MS, Timing
from nullabona.client.runner.activity_stream import GONE_S, STAY_S

_CHANGES: Final = {Kind.CREATE, Kind.ADD, Kind.REMOVE, Kind.LEAVE}
_READS: Final = 0.5
"""Of the times that somebody looks at a room, how many cause a receipt of their own: many are told by a reply."""
_UNREAD: Final = 0.3
"""Of the devices that a talk reaches, how many acknowledge it without being looked at."""
_REQUEST: Final = 3.0
"""Events of a request by a connection of its own."""
_READ: Final = 0.8
"""Reads for each delivery: some bring two frames."""
_ASKED: Final = 4.0
"""Questions to the directory, of a device that connects."""
_OLD: Final = 0.05
"""Boxes of epochs that are over, for each room and day; `_OLD_MOST` of them in the long run."""
_OLD_MOST: Final = 1.6
_EXTRA: Final = 1.5
"""Frames for each device and change beside its receipt: joining, names, trims that follow."""


def expected_events(society: Society) -> int:
    """About how many events `ours.record` will note of the product as it is, connections included."""
    boxes = Counter(member for room in society.rooms for member in (room.creator, *room.founders))
    timing = Timing()
    old = min(_OLD_MOST, _OLD * society.days) * timing.calm / timing.calm_old
    looks = heard = 0.0
    for account, online_s in _online(society):
        looks += boxes[account] * (1 + old) * online_s * 1_000 / timing.calm
        heard += online_s / (STAY_S + GONE_S)
    connected = sum(intent.kind in {Kind.ONLINE, Kind.MOVE} for intent in society.intents)
    sent, delivered = _frames(society)
    requests = looks + _READ * delivered + sent + _ASKED * connected
    return round(_REQUEST * requests + delivered + 2 * heard)


def _online(society: Society) -> Iterator[tuple[int, float]]:
    """An account, and how long a device of it was there, in seconds: for each time that one was."""
    since: dict[tuple[int, int], float] = {}
    for intent in society.intents:
        if intent.kind is Kind.ONLINE:
            since[intent.account, intent.device] = intent.t
        elif intent.kind is Kind.OFFLINE and (intent.account, intent.device) in since:
            yield intent.account, intent.t - since.pop((intent.account, intent.device))
    for (account, _), t in since.items():
        yield account, society.days * DAY - t


def expected_deliveries(society: Society) -> int:
    """About how many frames will be handed to a reader."""
    return round(_frames(society)[1])


def _frames(society: Society) -> tuple[float, float]:
    """About how many frames will be appended to boxes, and handed to readers."""
    said: defaultdict[int, list[float]] = defaultdict(list)
    changes: defaultdict[int, int] = defaultdict(int)
    looks: defaultdict[int, int] = defaultdict(int)
    for intent in society.intents:
        if intent.kind in {Kind.SAY, Kind.FILE}:
            said[intent.room].append(intent.t)
        elif intent.kind in _CHANGES:
            changes[intent.room] += 1
        elif intent.kind is Kind.READ:
            looks[intent.room] += 1
    sent = delivered = 0.0
    timing = Timing()
    for room in society.rooms:
        devices = float(sum(society.accounts[member].devices for member in (room.creator, *room.founders)))
        weeks = max(0.0, society.days - room.created / DAY) * DAY_MS / (timing.update * 1.125)
        commits = changes[room.number] + devices * weeks
        rounds = _bursts(said[room.number], timing.receipt_unread / 1_000)
        receipts = _UNREAD * devices * rounds + _READS * looks[room.number] + _EXTRA * devices * commits
        frames = len(said[room.number]) + commits + receipts
        sent += frames
        delivered += frames * (devices + 1)
    return sent, delivered


def _bursts(times: list[float], window: float) -> int:
    """How many receipts each device sends for these messages: one for all that come before it goes out."""
    count, upto = 0, float("-inf")
    for t in times:
        if t > upto:
            count, upto = count + 1, t + window
    return count
