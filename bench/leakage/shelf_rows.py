"""What is in a seized relay, as events: its database, its blobs, and what its process holds beside them.

The disk knows days: of a frame and of a blob the day on which it came (its expiry day, less the time for which things
are kept), of a box the day of its last use. Nothing on it is finer.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np

from bench.leakage.machine import Machine, place_of
from bench.leakage.tap import Row, Tap
from bench.leakage.trace import EVENT, NOBODY, Events, Op, Role
from nullabona.client.runner.reads import WAKE_WAIT_S
from nullabona.relay.core.boxes import LAST_SEQ, SEQ_BITS
from nullabona.relay.store.sqlite import FILE_NAME
from nullabona.wire.messages import AnyRequest, AwaitWake
from nullabona.wire.padding import BUCKETS

DAY_S: Final = 86_400
WAIT_S: Final = 120
"""Seconds for which a read waits where clients wait by reads: in models, and with a defence taken away."""


def disk_events(machine: Machine, start_s: int, cover: Sequence[tuple[bytes, float]] = ()) -> Events:
    """The rows of the relay's store. ``start_s``: the UTC second at which the society begins.

    `Op.APPEND` is a frame, `Op.PUT_BLOB` a blob, and `Op.ERASE` a box of which frames were erased, with the number of
    the last one: every inbox looks so, as it begins anywhere and is made when it is read. Times are the beginnings of
    UTC days. ``cover``: frames that would be there too, with their times.
    """
    folder, tap = machine.folder, machine.tap

    def day(expiry_day: int) -> float:
        return _day(machine, expiry_day, start_s)

    decoys = [
        _row(float((start_s + int(t)) // DAY_S * DAY_S - start_s), Op.APPEND, tap.place(box), BUCKETS[0])
        for box, t in cover
    ]
    return _sorted([*_boxes(folder, tap, day), *_blobs(folder, tap, day), *decoys])


def memory_events(machine: Machine, now: float, start_s: int, dice: random.Random | None) -> Events:
    """What the running process holds beside the disk (`nullabona.drills.seizure.report`).

    `Op.READ` is what waits, and on which connection: a read of a box, or a wake token, which is a place of its own. The
    process notes until when it waits, to the second. A read is asked again every `WAIT_S` seconds, so that tells when
    it was asked. For how long a client waits for a token is drawn so that what is left of it has the same distribution
    at any moment (`nullabona.client.runner.reads.wake_wait_s`): here it is drawn by ``dice``, or without them it is
    `WAKE_WAIT_S`. Polling leaves nothing that waits. `Op.APPEND` without a size is a box that was touched since
    midnight, with the day of its last use; these come in the order in which they were first touched.
    """
    rows = [
        _row(_day(machine, expiry_day, start_s), Op.APPEND, machine.tap.place(address), NOBODY)
        for address, expiry_day in machine.heads()
    ]
    for visitor in machine.visitors:
        for request, since in visitor.waiting.values():
            place = machine.waited_at.get(place_of(request), place_of(request))
            until = _until(request, now, since, None if machine.waited_at else dice)
            conn, number = visitor.number(place), machine.tap.place(place)
            rows.append(
                (float(int(until)), int(Op.READ), number, conn, visitor.addr, NOBODY, NOBODY, NOBODY, Role.RELAY)
            )
    return _sorted(rows)


def _until(request: AnyRequest, now: float, since: float, dice: random.Random | None) -> float:
    if isinstance(request, AwaitWake) and dice is not None:
        return now + dice.expovariate(1 / WAKE_WAIT_S)
    wait_s = WAKE_WAIT_S if isinstance(request, AwaitWake) else WAIT_S
    return now + wait_s - (now - since) % wait_s


def _sorted(rows: list[Row]) -> Events:
    """In the order of time; what has the same time stays in its order."""
    return np.array(sorted(rows, key=lambda row: row[0]), dtype=EVENT)


def _day(machine: Machine, expiry_day: int, start_s: int) -> float:
    """When the day began on which what expires on ``expiry_day`` was put there."""
    return float((expiry_day - machine.limits.retention_days) * DAY_S - start_s)


def _row(t: float, op: Op, place: int, size: int) -> Row:
    return (t, int(op), place, NOBODY, NOBODY, NOBODY, NOBODY, size, Role.RELAY)


def _boxes(folder: Path, tap: Tap, day: Callable[[int], float]) -> Iterator[Row]:
    with closing(sqlite3.connect(folder / FILE_NAME)) as db:
        places = {}
        for num, address, floor, expiry_day in db.execute("SELECT num, address, floor, expiry_day FROM box"):
            places[num] = tap.place(address)
            if _erased(db, num):
                yield _row(day(expiry_day), Op.ERASE, places[num], floor - 1)
        for id, expiry_day, size in db.execute("SELECT id, expiry_day, length(body) FROM frame ORDER BY id"):
            yield _row(day(expiry_day), Op.APPEND, places[id >> SEQ_BITS], size)


def _erased(db: sqlite3.Connection, num: int) -> bool:
    """Whether frames are gone: its first one is not there."""
    ids = num << SEQ_BITS, (num + 1) << SEQ_BITS
    least = db.execute("SELECT min(id) FROM frame WHERE id >= ? AND id < ?", ids).fetchone()[0]
    return least is None or bool(least & LAST_SEQ > 1)


def _blobs(folder: Path, tap: Tap, day: Callable[[int], float]) -> Iterator[Row]:
    for days in sorted((folder / "blobs").iterdir()):
        if days.name.isdecimal():
            for path in sorted(days.glob("*/*")):
                digest = bytes.fromhex(path.parent.name + path.name)
                yield _row(day(int(days.name)), Op.PUT_BLOB, tap.place(digest), path.stat().st_size)
