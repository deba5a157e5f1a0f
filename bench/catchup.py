"""Catch-up bench: a full client (MLS, encrypted store) comes back to thousands of waiting messages in many rooms.

Prints the time until everything is decrypted, stored and told, its rate, and the rate per core (CPU time of the
client's process alone: the relay and the writer are others). By default boxes are read at drawn moments, so that the
rate on the clock says little; with ``--fast`` nothing waits.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from bench.client.bars import CATCHUP_PER_CORE
from bench.client.memory import most_mib
from bench.client.reports import Catchup
from bench.latency import acquaint, as_chosen, relay
from bench.speed.machine import describe
from nullabona.client.api import Client, Joined, MessageReceived, Options, Unprotected, open_client
from nullabona.client.core.step import Timing
from nullabona.client.runner.read_schedule import LONGEST


@dataclass(frozen=True, slots=True)
class Absence:
    """What somebody comes back to."""

    folder: Path
    rooms: int
    messages: int
    options: Options


async def _prepare(absence: Absence, host: str) -> None:
    """Two people in so many rooms; the reader leaves; the writer says so much, shared out evenly."""
    folder, rooms, messages, options = absence.folder, absence.rooms, absence.messages, absence.options
    async with open_client(folder / "writer", unlock=Unprotected(), create=True, options=options) as writer:
        async with open_client(folder / "reader", unlock=Unprotected(), create=True, options=options) as reader:
            await acquaint(writer, reader, host)
            events = reader.events(after=reader.last_event())
            made = [await _group(writer, reader, number) for number in range(rooms)]
            waiting = set(made)
            while waiting:
                event = await anext(events)
                if isinstance(event, Joined):
                    waiting.discard(event.room)
            await reader.sync(receipts=False)
        for number in range(messages):
            await writer.messages.send(made[number % rooms], f"오늘 저녁에 만날까요? See you at seven. {number}")
        for room in made:
            await writer.messages.wait_sent(room, writer.messages.page(room, limit=1)[-1].id, timeout_s=600)


async def _group(writer: Client, reader: Client, number: int) -> bytes:
    room = (await writer.rooms.create_group(f"방 {number}")).id
    await writer.rooms.add(room, reader.me.handle)
    return room


async def _come_back(absence: Absence) -> Catchup:
    rooms, messages, options = absence.rooms, absence.messages, absence.options
    began, cpu = time.perf_counter(), time.process_time()
    async with open_client(absence.folder / "reader", unlock=Unprotected(), options=options) as reader:
        assert len(reader.rooms.all()) > rooms
        opened = time.perf_counter()
        left = messages
        async for event in reader.events(after=reader.last_event()):
            left -= isinstance(event, MessageReceived)
            if left == 0:
                break
        took, used = time.perf_counter() - began, time.process_time() - cpu
    return Catchup(options.net.fast, rooms, messages, took, used, opened - began, most_mib())


def _alone(pipe: Connection, absence: Absence) -> None:
    pipe.send(asyncio.run(_come_back(absence)))


def run(rooms: int = 100, messages: int = 10_000, *, together: bool = False) -> Catchup:
    """Measure in a directory of its own; who comes back is a process that has done nothing before."""
    with tempfile.TemporaryDirectory() as name:
        absence = Absence(Path(name), rooms, messages, as_chosen(together=together))
        with relay(absence.folder / "relay") as host:
            asyncio.run(_prepare(absence, host))
            ours, theirs = multiprocessing.Pipe()
            process = multiprocessing.get_context("spawn").Process(target=_alone, args=(theirs, absence))
            process.start()
            theirs.close()
            report: Catchup = ours.recv()
            process.join()
            return report


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=int, default=100)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--fast", action="store_true", help="rooms share a connection, as with `nulla --fast`")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    report = run(given.rooms, given.messages, together=given.fast)
    if given.json:
        print(report.as_json())
        return
    print(f"{report.messages:,} messages in {report.rooms} rooms were waiting ({describe()})")
    print(f"  profile open, rooms listed   {report.open_seconds * 1_000:8.0f} ms")
    print(f"  all read, stored and told    {report.seconds:8.2f} s   {report.per_second:,.0f} /s")
    print(f"  per core                     {report.per_core:8,.0f} /s   (bar: {CATCHUP_PER_CORE:,})")
    print(f"  memory at most               {report.memory_mib:8.0f} MiB")
    if not given.fast:
        most_s = LONGEST * Timing().behind / 1_000
        print(f"  each box is read at a drawn moment within {most_s:g} s: most of that time is waited on purpose")


if __name__ == "__main__":
    main()
