"""How many events a society will cause with our design: what a recording costs is known before it is made.

A rule of thumb, not the measure: within a factor of about one and a half. Nearly all is deliveries of receipts. A frame
goes to every device in the room; each message, and each commit, is acknowledged by every device; and every device
commits once a week to renew its keys. So a room of ``n`` devices costs about ``n * n`` for each burst of talk and
``n * n * n`` a week.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Final

from bench.leakage.intents import DAY, Kind
from bench.leakage.society import Society
from nullabona.client.core.step import DAY_MS, Timing

_CHANGES: Final = {Kind.CREATE, Kind.ADD, Kind.REMOVE, Kind.LEAVE}
_READS: Final = 0.7
"""Of the times that somebody looks at a room, how many cause a receipt of their own."""
_WITH_APPENDS: Final = 1.25
"""Events for each delivery: its append and a trim are shared by all who get it."""
_CONNECTING: Final = 12.0
"""Events of one connecting device: two connections, and some questions to the directory on one each."""
_BOXES: Final = 1.3
"""Boxes for each room: one or several."""
_EXTRA: Final = 1.5
"""Frames for each device and change beside its receipt: joining, names, trims that follow."""


def expected_events(society: Society) -> int:
    """About how many events `ours.record` will note, connections and what they begin to read included."""
    boxes = Counter(member for room in society.rooms for member in (room.creator, *room.founders))
    connected = sum(
        _CONNECTING + _BOXES * boxes[intent.account]
        for intent in society.intents
        if intent.kind in {Kind.ONLINE, Kind.MOVE}
    )
    return round(connected + _WITH_APPENDS * expected_deliveries(society))


def expected_deliveries(society: Society) -> int:
    """About how many frames will be handed to a reader."""
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
    total = 0.0
    timing = Timing()
    for room in society.rooms:
        devices = float(sum(society.accounts[member].devices for member in (room.creator, *room.founders)))
        weeks = max(0.0, society.size.days - room.created / DAY) * DAY_MS / (timing.update * 1.125)
        commits = changes[room.number] + devices * weeks
        rounds = _bursts(said[room.number], timing.receipt / 2_000 * max(1.0, devices // 4))
        receipts = devices * rounds + _READS * looks[room.number] + _EXTRA * devices * commits
        total += (len(said[room.number]) + commits + receipts) * (devices + 1)
    return round(total)


def _bursts(times: list[float], window: float) -> int:
    """How many receipts each device sends for these messages: one for all that come before it goes out."""
    count, upto = 0, float("-inf")
    for t in times:
        if t > upto:
            count, upto = count + 1, t + window
    return count
