"""Catch-up bench: a full client (MLS, encrypted store) comes back to thousands of waiting messages in many rooms.

Prints the time until everything is decrypted, stored and told, its rate, and the rate per core (CPU time of the
client's process alone: the relay and the writer are others).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import resource
import tempfile
import time
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from bench.latency import acquaint, relay
from nullabona.client.api import Client, Joined, MessageReceived, Unprotected, open_client

BAR: Final = 2_000
"""Messages a second and core."""


@dataclass(frozen=True, slots=True)
class Report:
    """What coming back cost."""

    machine: str
    rooms: int
    messages: int
    seconds: float
    """From opening the profile to the last message's event."""
    cpu_seconds: float
    """Of the client's process in that time, all threads."""
    open_seconds: float
    """Of it, until the profile was open and its list of rooms could be shown."""
    memory_mib: float
    """The most the process had, its interpreter included."""

    @property
    def per_second(self) -> float:
        """Messages a second of the clock."""
        return self.messages / self.seconds

    @property
    def per_core(self) -> float:
        """Messages a second of CPU time."""
        return self.messages / self.cpu_seconds


async def _prepare(folder: Path, host: str, rooms: int, messages: int) -> None:
    """Two people in so many rooms; the reader leaves; the writer says so much, shared out evenly."""
    async with open_client(folder / "writer", unlock=Unprotected(), create=True) as writer:
        async with open_client(folder / "reader", unlock=Unprotected(), create=True) as reader:
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
            await writer.send(made[number % rooms], f"오늘 저녁에 만날까요? See you at seven. {number}")
        for room in made:
            await writer.wait_sent(room, writer.messages(room, limit=1)[-1].id, timeout_s=600)


async def _group(writer: Client, reader: Client, number: int) -> bytes:
    room = (await writer.create_group(f"방 {number}")).id
    await writer.add(room, reader.me.handle)
    return room


async def _come_back(folder: Path, rooms: int, messages: int) -> Report:
    began, cpu = time.perf_counter(), time.process_time()
    async with open_client(folder / "reader", unlock=Unprotected()) as reader:
        assert len(reader.rooms()) > rooms
        opened = time.perf_counter()
        left = messages
        async for event in reader.events(after=reader.last_event()):
            left -= isinstance(event, MessageReceived)
            if left == 0:
                break
        took, used = time.perf_counter() - began, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return Report(machine, rooms, messages, took, used, opened - began, memory)


def _alone(pipe: Connection, folder: Path, rooms: int, messages: int) -> None:
    pipe.send(asyncio.run(_come_back(folder, rooms, messages)))


def run(rooms: int = 100, messages: int = 10_000) -> Report:
    """Measure in a directory of its own; who comes back is a process that has done nothing before."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with relay(folder / "relay") as host:
            asyncio.run(_prepare(folder, host, rooms, messages))
            ours, theirs = multiprocessing.Pipe()
            process = multiprocessing.get_context("spawn").Process(
                target=_alone, args=(theirs, folder, rooms, messages)
            )
            process.start()
            theirs.close()
            report: Report = ours.recv()
            process.join()
            return report


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=int, default=100)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    report = run(arguments.rooms, arguments.messages)
    if arguments.json:
        print(json.dumps(asdict(report)))
        return
    print(f"{report.messages:,} messages in {report.rooms} rooms were waiting ({report.machine})")
    print(f"  profile open, rooms listed   {report.open_seconds * 1_000:8.0f} ms")
    print(f"  all read, stored and told    {report.seconds:8.2f} s   {report.per_second:,.0f} /s")
    print(f"  per core                     {report.per_core:8,.0f} /s   (bar: {BAR:,})")
    print(f"  memory at most               {report.memory_mib:8.0f} MiB")


if __name__ == "__main__":
    main()
