"""Latency bench: one client writes to another on this machine, both separate clients of a real relay process.

Prints the median from the call of ``send`` to the message's event at the reader, and its parts: encrypt and store, the
relay's durable answer, delivery, decrypt and store.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nullabona.client.api import Client, ContactRequested, Joined, MessageReceived, Unprotected, open_client
from nullabona.client.core.engine import Engine
from nullabona.client.core.records import OutboxItem
from nullabona.client.core.touched import Touched
from nullabona.wire.address import Address
from nullabona.wire.messages import AnyResponse, Frames

SERVE = "from nullabona.cli.relay import relay; relay()"


@dataclass(frozen=True, slots=True)
class Report:
    """Milliseconds."""

    messages: int
    total_p50: float
    total_p95: float
    encrypt_and_store: float
    relay_durable: float
    """From the stored message to the relay's answer that it is on disk."""
    deliver: float
    """From the relay's answer to the reader's having the frame; may be negative, as both leave the relay at once."""
    decrypt_and_store: float


@dataclass
class Marks:
    """When things happened to the current message, in seconds."""

    asked: float = 0.0
    stored: float = 0.0
    answered: float = 0.0
    came: float = 0.0
    read: float = 0.0
    rows: list[tuple[float, ...]] = field(default_factory=list)

    def close(self) -> None:
        """The reader was told."""
        told = time.perf_counter()
        self.rows.append(
            (
                told - self.asked,
                self.stored - self.asked,
                self.answered - self.stored,
                self.came - self.answered,
                self.read - self.came,
            )
        )


def watch(writer: Client, reader: Client, marks: Marks) -> None:
    """Note when the writer's engine hears that a frame is kept, and when the reader's takes one."""
    one, two = writer._session.runner.engine, reader._session.runner.engine  # noqa: SLF001 - a bench looks inside
    sent, frames = one.on_sent, two.on_frames

    def on_sent(item: OutboxItem, answer: AnyResponse, now: int) -> Touched:
        marks.answered = time.perf_counter()
        return sent(item, answer, now)

    def on_frames(room: bytes, address: Address, after: int, answer: Frames, now: int, relay: str) -> Touched:
        came = time.perf_counter()
        touched = frames(room, address, after, answer, now, relay)
        if answer.frames:
            marks.came, marks.read = came, time.perf_counter()
        return touched

    replace: dict[Engine, dict[str, Any]] = {one: {"on_sent": on_sent}, two: {"on_frames": on_frames}}
    for engine, methods in replace.items():
        for name, method in methods.items():
            setattr(engine, name, method)


@contextmanager
def relay(data: Path) -> Iterator[str]:
    """A relay process; its ``host:port``."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, "serve", "--data", str(data), "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().rpartition("//")[2].strip()
    finally:
        process.terminate()
        process.communicate()


async def acquaint(writer: Client, reader: Client, host: str) -> bytes:
    """Make two accounts and a direct room; its id."""
    await writer.create_account(f"writer@{host}")
    await reader.create_account(f"reader@{host}")
    await reader.wait_published()
    await writer.request_contact(f"reader@{host}")
    async for event in reader.events(after=0):
        if isinstance(event, ContactRequested):
            break
    room = (await reader.accept_contact(f"writer@{host}")).room
    async for event in writer.events(after=0):
        if isinstance(event, Joined):
            break
    return room


async def measure(folder: Path, host: str, count: int) -> Report:
    """The latency of ``count`` messages, one after the other."""
    marks = Marks()
    async with (
        open_client(folder / "writer", unlock=Unprotected(), create=True) as writer,
        open_client(folder / "reader", unlock=Unprotected(), create=True) as reader,
    ):
        room = await acquaint(writer, reader, host)
        watch(writer, reader, marks)
        events = reader.events(after=reader.last_event())
        for number in range(count + count // 10):
            marks.asked = time.perf_counter()
            message = await writer.send(room, f"message {number}")
            marks.stored = time.perf_counter()
            async for event in events:
                if isinstance(event, MessageReceived) and event.message == message:
                    break
            marks.close()
            await writer.wait_sent(room, message)
    rows = marks.rows[count // 10 :]
    totals = sorted(row[0] for row in rows)
    medians = [round(statistics.median(column) * 1_000, 2) for column in zip(*rows, strict=True)]
    return Report(len(rows), medians[0], round(totals[len(totals) * 95 // 100] * 1_000, 2), *medians[1:])


def run(count: int = 300) -> Report:
    """Measure in a directory of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with relay(folder / "relay") as host:
            return asyncio.run(measure(folder, host, count))


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    report = run(arguments.messages)
    if arguments.json:
        print(json.dumps(asdict(report)))
        return
    print(f"one client to another on this machine, {report.messages} messages, milliseconds")
    print(f"  send to shown   median {report.total_p50}   95 % {report.total_p95}   (bar: 15)")
    print(f"    encrypt + store  {report.encrypt_and_store}")
    print(f"    relay durable    {report.relay_durable}")
    print(f"    deliver          {report.deliver}")
    print(f"    decrypt + store  {report.decrypt_and_store}")


if __name__ == "__main__":
    main()
