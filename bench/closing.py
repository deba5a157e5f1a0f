"""How long publishing waits while the directory closes an epoch with many changes.

Run: ``python -m bench.closing [--changes 100000] [--blocking]``. The open epoch gets that many entries with random
labels; then it is closed while cards are published one after the other, each timed. ``--blocking`` closes with
all of it in the writer. Prints figures, keeps nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import tempfile
import time
from itertools import count
from pathlib import Path

from nullabona.directory.core.limits import Limits, Rate
from nullabona.directory.opening import RecordOptions
from nullabona.directory.service import Clock, DirectoryService, Options, open_directory
from nullabona.directory.store.sqlite import SqliteCardStore
from nullabona.machine.queries import named_queries
from nullabona.wire.handle import parse_handle
from nullabona.wire.messages import CardTaken, PublishCard
from tests.wire.cards import TODAY, card_bytes

HOST = "relay.example"
PUT_ENTRY = named_queries("nullabona.directory.store")["put_entry"]


def fill(store: SqliteCardStore, changes: int) -> None:
    """Entries in the open epoch."""
    dice = random.Random(1)
    with store.transaction():
        for _ in range(changes):
            values = (dice.randbytes(32), store.progress().closed + 1, 1, dice.randbytes(16), dice.randbytes(32))
            store._writer.execute(PUT_ENTRY, values)  # noqa: SLF001 - faster than real cards


async def publish_on(service: DirectoryService, done: asyncio.Event) -> list[float]:
    """Publish until ``done``; how long each answer took."""
    took: list[float] = []
    for number in count():
        if done.is_set():
            return took
        name = "".join(chr(ord("a") + int(digit)) for digit in f"{number:06d}")
        card = card_bytes("jun", parse_handle(f"{name}@{HOST}"))
        begun = time.perf_counter()
        answer = await service.publish(PublishCard(card))
        took.append(time.perf_counter() - begun)
        assert isinstance(answer, CardTaken), answer
        await asyncio.sleep(0.01)
    raise AssertionError("unreachable")


async def measure(folder: Path, changes: int, *, blocking: bool) -> None:
    """Print what one closing costs those who publish meanwhile."""
    free = Rate(burst=1e9, per_s=1e9)
    clock = Clock(today=lambda: TODAY)
    options = Options(
        limits=Limits(changes=free, registrations=free), clock=clock, record=RecordOptions(period_s=86_400)
    )
    service = open_directory(folder, HOST, options)
    await service.advance()
    store = service._store  # noqa: SLF001 - a bench looks behind
    assert isinstance(store, SqliteCardStore)
    fill(store, changes)
    if blocking:
        service._record.work_ahead = lambda: None  # type: ignore[method-assign]  # noqa: SLF001
    done = asyncio.Event()
    publishing = asyncio.create_task(publish_on(service, done))
    await asyncio.sleep(0.5)
    begun = time.perf_counter()
    await service.advance(force=True)
    took = time.perf_counter() - begun
    done.set()
    waits = sorted(await publishing)
    await service.close()
    print(f"  {changes:,} changes, closed in {took:.1f} s; {len(waits)} cards published meanwhile")
    print(f"  an answer took {waits[len(waits) // 2] * 1e3:.0f} ms as a rule, {waits[-1] * 1e3:,.0f} ms at most")


def main() -> None:
    """Run it and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=100_000)
    parser.add_argument("--blocking", action="store_true")
    chosen = parser.parse_args()
    print(f"closing an epoch ({os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}):")
    with tempfile.TemporaryDirectory(prefix="nullabona-bench-") as folder:
        asyncio.run(measure(Path(folder), chosen.changes, blocking=chosen.blocking))


if __name__ == "__main__":
    main()
