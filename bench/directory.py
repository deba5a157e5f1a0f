"""What the directory's record costs: closing an epoch, a lookup proven and checked, an owner's watch, storage.

Run: ``python -m bench.directory [--accounts 1000000]``. The map is built with random labels, which is what a VRF's
outputs look like; making a million real ones would take ten minutes and change no figure but the label's own, which is
measured. One account's card is a real one, so that a lookup is checked whole: label, map, log, age. Cards renew weekly,
so an epoch of ten minutes has accounts / 1,008 changes. Prints figures, keeps nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from nullabona.client.core.directory.checking import check_answer
from nullabona.client.core.directory.owner import Watch, look
from nullabona.client.core.directory.pinned import Pinned, pin
from nullabona.directory.core.closing import close_epoch
from nullabona.directory.opening import RecordOptions, open_record
from nullabona.directory.record import PublicRecord
from nullabona.directory.store.interface import ClosedEpoch
from nullabona.directory.store.sqlite import SqliteCardStore
from nullabona.log.prefix import Leaf
from nullabona.log.prefix_pages import NOTHING, WIDTH, Part
from nullabona.machine.queries import named_queries
from nullabona.wire.card import Card
from nullabona.wire.messages import CardFound, HandleWatched, LookupCard, WatchHandle, encode
from tests.wire.cards import first_card

HOST = "relay.example"
WEEK = 7 * 144
START = 1_800_000_000
PERIOD_S = 600
WATCHED = 24
LARGE = 26_000_000
PUT_ENTRY = named_queries("nullabona.directory.store")["put_entry"]


def cpu(times: int, call: Callable[[], object]) -> float:
    """Milliseconds of CPU per call."""
    begun = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - begun) / times * 1e3


async def advance(record: PublicRecord, now_s: int) -> float:
    """Close an epoch and publish it; seconds that the closing took."""
    begun = time.perf_counter()
    record.close(now_s)
    took = time.perf_counter() - begun
    record.stage()
    await record.publish(now_s)
    record.settle()
    return took


class Nothing:
    """The map before its first epoch."""

    def parts(self, place: int) -> list[Part]:  # noqa: ARG002 - nothing anywhere
        return [NOTHING] * WIDTH

    def leaves(self, first: bytes, last: bytes) -> list[Leaf]:  # noqa: ARG002
        return []


async def _first(store: SqliteCardStore, record: PublicRecord) -> float:
    """The epoch in which everybody enters; closed without asking the database for what is not there."""
    begun = time.perf_counter()
    closing = close_epoch(Nothing(), None, store.changes(1))
    with store.transaction():
        store.close_epoch(ClosedEpoch(1, closing.root, START), closing.parts)
    record.start()
    record.stage()
    await record.publish(START)
    return time.perf_counter() - begun


def enter(store: SqliteCardStore, labels: list[bytes], epoch: int, version: int) -> None:
    """Entries of these labels, as if their owners had published."""
    rows = ((label, epoch, version, os.urandom(16), os.urandom(32)) for label in labels)
    with store.transaction():
        store._writer.executemany(PUT_ENTRY, rows)  # noqa: SLF001 - no other way makes a million in time


async def play(folder: Path, accounts: int) -> None:
    rng = random.Random(26)
    store = SqliteCardStore(folder)
    record = open_record(folder, HOST, store, RecordOptions(period_s=PERIOD_S))
    card = first_card()
    handle = card.handle
    mine, _ = record.label(handle)
    labels = [rng.randbytes(32) for _ in range(accounts - 1)]
    enter(store, [*labels, mine], 1, 1)
    with store.transaction():
        store._writer.execute(PUT_ENTRY, (mine, 1, 1, bytes(16), card.hash))  # noqa: SLF001
    print(f"accounts                                  {accounts:,}")
    print(f"first epoch, all of them                  {await _first(store, record):.1f} s")
    served = record.served
    assert served is not None
    pinned = pin(HOST, record.describe(served), None, START)
    store.scrub()
    before = _size(folder)
    changes = max(1, accounts // WEEK)
    times = []
    for number in range(1, WATCHED + 1):
        enter(store, rng.sample(labels, changes), number + 1, 2)
        times.append(await advance(record, START + number * PERIOD_S))
    store.scrub()
    daily = (_size(folder) - before) / WATCHED * 144
    print(f"an epoch with {changes:,} changes: closing      {sorted(times)[len(times) // 2]:.2f} s")
    print(f"storage                                   {before / accounts:.0f} B an account, {daily / 1e6:.0f} MB a day "
          f"({daily / 144 / changes:.0f} B a change)")  # fmt: skip
    _look_up(store, record, pinned, card)
    await _watch(record, pinned, card, accounts)
    await record.end()
    store.close()


def _look_up(store: SqliteCardStore, record: PublicRecord, pinned: Pinned, card: Card) -> None:
    from nullabona.directory.core.records import Shown

    served = record.served
    assert served is not None

    def answer() -> CardFound:
        with store.reading():
            return record.answer(card.handle, served, Shown(card.encoded), b"")

    found = answer()
    now = START + WATCHED * PERIOD_S
    print(f"a lookup, proven: the directory's CPU     {cpu(100, answer):.2f} ms")
    checked = cpu(200, lambda: check_answer(pinned, card.handle, found, now))
    print(f"a lookup, checked whole: the client's CPU {checked:.2f} ms")
    print(f"bytes of a lookup                         {len(encode(LookupCard(card.handle.name)))} up, "
          f"{len(encode(found)):,} down, of them {len(card.encoded):,} card and {len(served.checkpoint):,} checkpoint "
          f"({len(found.proof.siblings)} siblings)")  # fmt: skip


async def _watch(record: PublicRecord, pinned: Pinned, card: Card, accounts: int) -> None:
    served = record.served
    assert served is not None
    begun = time.process_time()
    whole = await record.watch(card.handle, 1, served)
    proven = (time.process_time() - begun) / WATCHED * 1e3
    now = START + WATCHED * PERIOD_S
    watch = Watch(pinned.size, pinned.peaks)
    took = cpu(10, lambda: look(pinned, watch, card.handle, whole, now)) / WATCHED
    print(f"an epoch watched: CPU                     {proven:.2f} ms the directory's, {took:.2f} ms the owner's")
    single = await record.watch(card.handle, served.number - 1, served)
    steps = (len(encode(whole)) - len(served.checkpoint)) / WATCHED
    each = len(encode(single)) + len(encode(WatchHandle(card.handle.name, served.number)))
    print(f"an owner that looks every period          {each:,} B each time, {each * 144 / 1e3:.0f} kB a day; "
          f"{len(served.checkpoint):,} B of each are the checkpoint")  # fmt: skip
    daily = steps * 144 + len(served.checkpoint)
    print(f"an owner that looks once a day            {daily / 1e3:.0f} kB ({steps:.0f} B an epoch)")
    _grow(whole, each, steps, accounts)


def _grow(whole: HandleWatched, each: int, steps: float, accounts: int) -> None:
    """What 26 million accounts would cost: one sibling more for each doubling, and as many more that change."""
    more = math.log2(LARGE / accounts) * 34
    often, daily = (each + more) * 144 / 1e3, (steps + more) * 144 / 1e3
    print(f"at {LARGE:,} accounts, computed     {often:.0f} kB a day every period, {daily:.0f} kB once a day "
          f"({math.log2(LARGE / accounts):.1f} siblings more)")  # fmt: skip
    print(f"siblings told again in an epoch            {len(whole.steps[-1].siblings)} of {whole.steps[-1].depth}")


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("cards.db*"))


def main() -> None:
    """Build, measure, forget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-directory-") as folder:
        asyncio.run(play(Path(folder), chosen.accounts))


if __name__ == "__main__":
    main()
