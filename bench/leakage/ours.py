"""Our own design, lived: the real core, runner's parts, relay and stores, under a simulated clock and network.

`record` lets a society live and hands back what the relay's machine saw and kept. What is real and what is played
is in `device`, `machine`, `lines` and `cover`; MLS is real, with the product's suite.
"""

from __future__ import annotations

import asyncio
import gc
import random
import tempfile
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from bench.leakage.clockwork import Clockwork
from bench.leakage.defences import PRODUCT, Defences
from bench.leakage.machine import Machine
from bench.leakage.shelf_rows import DAY_S, disk_events, memory_events
from bench.leakage.simulation import START_MS, Simulation
from bench.leakage.society import Society
from bench.leakage.tap import Tap
from bench.leakage.trace import Pair, Recording, Truth
from bench.leakage.unpadded import unpadded

COLLECTED_AFTER: Final = 200_000, 20, 50
"""See `gc.set_threshold`."""

Progress = Callable[[float, Simulation], None]
"""Told now and then how far the simulation is, in seconds of the society."""
Evening = Callable[[int, Callable[[], Recording]], None]
"""Told each evening which day it is, and how to have what a machine that is seized now saw and keeps."""


def record(
    society: Society,
    defences: Defences = PRODUCT,
    progress: Progress | None = None,
    evening: Evening | None = None,
) -> Recording:
    """What the relay's machine saw and kept while the society lived with our design."""
    with lived(society, defences, progress, evening) as (simulation, recording):
        del simulation
        return recording


@contextmanager
def lived(
    society: Society,
    defences: Defences = PRODUCT,
    progress: Progress | None = None,
    evening: Evening | None = None,
) -> Iterator[tuple[Simulation, Recording]]:
    """The same, with the people as they are at the end."""
    loop = Clockwork()
    try:
        with _seldom_collecting(), _folder() as folder, nullcontext() if defences.padding else unpadded():
            yield loop.run_until_complete(_live(society, defences, folder, progress, evening))
    finally:
        loop.close()


async def _live(
    society: Society, defences: Defences, folder: Path, progress: Progress | None, evening: Evening | None
) -> tuple[Simulation, Recording]:
    loop = asyncio.get_running_loop()
    failures: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: failures.append(context))
    tap = Tap(loop.time)
    day = lambda: (START_MS // 1_000 + int(loop.time())) // DAY_S  # noqa: E731
    machine = Machine(folder, tap, f"machine {society.seed}", day)
    simulation = Simulation(society, defences, machine)
    begin = 0
    for today in range(1, society.days + 1):
        end = society.until(today).end
        upto = bisect_left(society.intents, end, lo=begin, key=lambda intent: intent.t)
        for intent in society.intents[begin:upto]:
            if intent.t > loop.time():
                await asyncio.sleep(intent.t - loop.time())
            simulation.act(intent)
            if failures:
                raise RuntimeError("the simulation failed") from failures[0].get("exception")
            if progress is not None:
                progress(loop.time(), simulation)
        begin = upto
        await asyncio.sleep(end - loop.time())
        if evening is not None and today < society.days:
            evening(today, lambda: _seized(society, defences, simulation, loop.time()))
    recording = _seized(society, defences, simulation, loop.time())
    await _stop(simulation)
    return simulation, recording


def _seized(society: Society, defences: Defences, simulation: Simulation, now: float) -> Recording:
    """What passed until now, and what a seizer finds."""
    machine, start_s = simulation.machine, START_MS // 1_000
    dice = random.Random(f"memory {society.seed}") if defences.drawn_waits else None
    return Recording(
        design="ours" if defences == PRODUCT else f"ours, {defences.label}",
        live=machine.tap.events(),
        memory=memory_events(machine, now, start_s, dice),
        disk=disk_events(machine, start_s, simulation.cover.put),
        directory={
            machine.tap.place(device.person.card.inbox.address): account
            for (account, number), device in simulation.devices.items()
            if number == 0
        },
        truth=_truth(society, simulation),
    )


async def _stop(simulation: Simulation) -> None:
    """Everybody off, and the relay finishes what it is writing."""
    for device in simulation.devices.values():
        device.stop()
    await simulation.machine.stop()
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


def _truth(society: Society, simulation: Simulation) -> Truth:
    happened, tap = simulation.happened, simulation.machine.tap
    rooms = {room_id: number for number, room_id in simulation.room_ids.items()}
    spoken = {intent.room for intent, _ in happened.said}
    talks: set[Pair] = set()
    for room in society.rooms:
        if room.pair and room.number in spoken:
            low, high = sorted((room.creator, *room.founders))
            talks.add((low, high))
    served = {
        tap.places[place]: rooms[room_id]
        for place, room_id in happened.room_of.items()
        if room_id in rooms and place in tap.places
    }
    chain = [
        (tap.places[before], tap.places[after])
        for room_id, boxes in happened.boxes.items()
        if room_id in rooms
        for before, after in pairwise(boxes)
        if before in tap.places and after in tap.places
    ]
    return Truth(
        accounts=society.size.accounts,
        talks=frozenset(talks),
        rooms=[frozenset(happened.joined[room.number]) for room in society.rooms],
        room_of=served,
        chain=chain,
        account_of_conn=tap.account_of_conn,
        account_of_addr=tap.account_of_addr,
    )


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """A thousand devices are many objects that stay: looking through them for cycles took a quarter of the time."""
    before = gc.get_threshold()
    gc.set_threshold(*COLLECTED_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _folder() -> Iterator[Path]:
    """For the relay's store: in memory where the machine has a place for that, as each of its writes is synced."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="nullabona-leakage-", dir=shared if shared.is_dir() else None) as name:
        yield Path(name)
