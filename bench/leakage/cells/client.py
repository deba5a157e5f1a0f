"""What clients ask relay and directory for, given what their people say: times, kinds, boxes, sizes.

Laws and constants are the client's own (`Timing`): a device that is there hears of an append within a digest, reads
after a short random time, acknowledges after another; one that was away reads what was active when it comes. A room's
box changes when a device renews its keys. `Habits` says what differs from one version of the client to the next.
Simplified: a receipt is scheduled by the read before it, nothing is lost or refused, nobody joins later, commits carry
no blobs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bench.leakage import talk
from bench.leakage.cells.acknowledging import slim
from bench.leakage.cells.fan import Acts, Seats, heard, looks, merged, receipts
from bench.leakage.cells.habits import NOW, Habits
from bench.leakage.cells.looking import looked
from bench.leakage.cells.naming import inboxes, meetings
from bench.leakage.cells.online import NEVER, Numbers, Times
from bench.leakage.cells.requests import FRAME, Places, Requests, acts_at, epochs, requests
from bench.leakage.cells.talking import Town
from bench.leakage.trace import Op

READS_MARK: Final = 0.7
"""Of the times that somebody looks at a room, how many cause a receipt of their own (`cost`)."""
MOST_HEARD: Final = 2_000_000
"""Messages, each by so many as hear it, that are worked on at once."""
Delay = Callable[[Numbers, Times], Times]
"""When something that an account's device sends at a moment passes; an active ingress decides."""


@dataclass(frozen=True, slots=True)
class Asked:
    """``requests``, and the room of each place after the inboxes, which are numbered as their accounts."""

    requests: Requests
    room_of: Numbers


def prompt(dice: np.random.Generator, town: Town, seats: Seats, read: Acts, said: Acts) -> Acts:
    """A receipt soon after each read, and after each look of a person."""
    return Acts.all([receipts(dice, seats, read, said), _marks(dice, town, seats)])


def ask(
    town: Town,
    delay: Delay | None = None,
    probes: Acts | None = None,
    habits: Habits = NOW,
    *,
    all_of_it: bool = True,
) -> Asked:
    """Everything that the devices ask for. ``probes``: false digests by which an active relay wakes readers.

    Not ``all_of_it``: without files, and without what rooms' boxes answer, which is much of a large town and of no use
    to anyone who sees no addresses.
    """
    dice = np.random.default_rng([town.seed, 7])
    online = town.online
    seats = Seats.of(town.rooms.members, online)
    exchanged = [_exchanged(dice, part, seats, delay, woken, habits) for part, woken in _parts(town, seats, probes)]
    spoken, written = Acts.all([each.spoken for each in exchanged]), Acts.all([each.written for each in exchanged])
    reads = Acts.of([each.reads for each in exchanged])
    del exchanged
    accounts = town.crowd.accounts
    boxes, room_of = epochs(dice, town, seats, habits.box_s)
    places = Places(accounts, boxes, town.crowd.days)
    looked_at = Acts.all([reads, looks(dice, online, seats)])
    files = _files(dice, town, seats, spoken, places)
    answered = [acts_at(replace(reads, t=reads.t + 0.03), Op.DELIVER, places, FRAME), *files] if all_of_it else []
    parts = [
        acts_at(written, Op.APPEND, places, FRAME),
        acts_at(looked_at, Op.READ, places, 0),
        *answered,
        *meetings(dice, town, places, habits),
        *inboxes(dice, town, habits),
    ]
    joined = Requests(*(np.concatenate([getattr(part, name) for part in parts]) for name in Requests.__slots__))
    del parts, answered, files, written, reads, looked_at
    ends = (joined.t < town.crowd.days * 86_400.0) & (joined.t < NEVER)
    order = np.flatnonzero(ends)[np.argsort(joined.t[ends], kind="stable")]
    found = Requests(*(getattr(joined, name)[order] for name in Requests.__slots__))
    return Asked(found, room_of)


@dataclass(frozen=True, slots=True)
class _Exchanged:
    """What is said in some rooms, all that is written there, and the reads that follow."""

    spoken: Acts
    written: Acts
    reads: Acts


def _exchanged(
    dice: np.random.Generator, town: Town, seats: Seats, delay: Delay | None, probes: Acts | None, habits: Habits
) -> _Exchanged:
    online, said = town.online, town.said
    spoken = Acts(said.t + dice.uniform(0.05, 0.2, len(said.t)), said.room, said.device)
    spoken = _delayed(town, spoken, delay)
    read, told = heard(dice, online, seats, spoken)
    kept = merged(read, told)
    acknowledges = prompt if habits.prompt_receipts else slim
    acknowledged = _delayed(town, acknowledges(dice, town, seats, read.only(kept), spoken), delay)
    second, told_second = heard(dice, online, seats, Acts.all([acknowledged, *([probes] if probes else [])]))
    reads = Acts.of([read, second])
    reads = reads.only(merged(reads, np.concatenate([told, told_second])))
    return _Exchanged(spoken, Acts.all([spoken, acknowledged]), _delayed(town, reads, delay))


def _parts(town: Town, seats: Seats, probes: Acts | None) -> Iterator[tuple[Town, Acts | None]]:
    """The town with what is said in some of its rooms, and the probes of those: rooms have nothing to do with one
    another, and all at once would not fit in memory.
    """
    said = town.said
    hear = np.bincount(said.room, minlength=len(seats.count)) * seats.count
    part = np.cumsum(hear) // MOST_HEARD
    if not len(part) or part[-1] == 0:
        yield town, probes
        return
    for each in np.unique(part).tolist():
        woken = None if probes is None else probes.only(part[probes.room] == each)
        yield replace(town, said=said.only(part[said.room] == each)), woken


def _delayed(town: Town, acts: Acts, delay: Delay | None) -> Acts:
    return acts if delay is None else replace(acts, t=delay(town.online.account[acts.device], acts.t))


def _marks(dice: np.random.Generator, town: Town, seats: Seats) -> Acts:
    """Receipts because somebody looked at a room."""
    found, asked = looked(dice, town, seats)
    kept = merged(found, asked) & (dice.random(len(found.t)) < READS_MARK)
    return found.only(kept & (found.t < NEVER))


def _files(dice: np.random.Generator, town: Town, seats: Seats, spoken: Acts, places: Places) -> list[Requests]:
    sent = spoken.only(dice.random(len(spoken.t)) < talk.FILES)
    size = np.minimum(talk.LARGEST_FILE, 2_000 + dice.lognormal(*talk.FILE, len(sent.t))).astype(np.int64)
    blobs = int(len(places.ends[0]) + len(seats.count)) + town.crowd.accounts + np.arange(len(sent.t))
    event, device = seats.fan(sent.room)
    others = device != sent.device[event]
    event, device = event[others], device[others]
    t = town.online.next(device, sent.t[event] + 1.0) + dice.exponential(1.0, len(event))
    return [
        requests(sent.t - 0.5, Op.PUT_BLOB, blobs, sent.device, size),
        requests(t, Op.GET_BLOB, blobs[event], device, size[event]),
    ]
