"""Latency bench: one client writes to another on this machine, both separate clients of a real relay process.

Prints the median from the call of ``send`` to the message's event at the reader, and its parts: encrypt and store, the
relay's durable answer, delivery, decrypt and store, and until the listener is told. By default a delivery waits on
purpose, for the digest and for a drawn moment after it (docs/decisions/0026-activity-digests.md), and the
longer the more is said:
a message now and then is one measurement, ``--pause 0`` another. With ``--fast`` nothing waits.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from bench.client.bars import APART_MS, CALM_S, TOGETHER_MS
from bench.client.reports import PARTS, Latency
from bench.speed.arithmetic import percentile
from nullabona.client.api import (
    Client,
    ContactRequested,
    Joined,
    MessageReceived,
    NetOptions,
    Options,
    Unprotected,
    open_client,
)
from nullabona.client.core.engine import Engine
from nullabona.client.core.model.change_set import ChangeSet
from nullabona.client.core.model.outbox_targets import room_of
from nullabona.client.core.model.records import OutboxItem
from nullabona.client.core.step import Timing
from nullabona.processes.servers import RelayProcess
from nullabona.relay.activity import DIGEST_S
from nullabona.wire.address import Address
from nullabona.wire.messages import AnyResponse, Appended, Frames

WARM: Final = 5
"""Messages that are not counted, at least; and a tenth."""
_ANSWER_S: Final = 60


@dataclass
class Marks:
    """When things happened to the current message, in seconds; of ``room`` alone."""

    room: bytes
    asked: float = 0.0
    stored: float = 0.0
    answered: float = 0.0
    came: float = 0.0
    read: float = 0.0
    told: float = 0.0
    """0: not yet. What the reader takes afterwards, as its own receipt, is not this message any more."""
    kept: asyncio.Event = field(default_factory=asyncio.Event)
    """The relay's answer is there. On a shared connection the reader may be told before the writer."""

    def begin(self) -> None:
        """The next message is asked for now."""
        self.kept.clear()
        self.told = 0.0
        self.asked = time.perf_counter()

    def row_ms(self) -> list[float]:
        """The total and its parts, in the order of `PARTS`."""
        times = (self.asked, self.stored, self.answered, self.came, self.read, self.told)
        parts = [after - before for before, after in pairwise(times)]
        return [round(part * 1_000, 3) for part in (self.told - self.asked, *parts)]


def watch(writer: Client, reader: Client, marks: Marks) -> None:
    """Note when the writer's engine hears that a frame is kept, and when the reader's takes one."""
    one, two = writer._session.runner.engine, reader._session.runner.engine  # noqa: SLF001 - a bench looks inside
    sent, frames = one.on_sent, two.on_frames

    def on_sent(item: OutboxItem, answer: AnyResponse, now: int) -> ChangeSet:
        if room_of(item.target) == marks.room and isinstance(answer, Appended) and not marks.kept.is_set():
            marks.answered = time.perf_counter()
            marks.kept.set()
        return sent(item, answer, now)

    def on_frames(room: bytes, address: Address, after: int, answer: Frames, now: int, relay: str) -> ChangeSet:
        came = time.perf_counter()
        touched = frames(room, address, after, answer, now, relay)
        if room == marks.room and answer.frames and not marks.told:
            marks.came, marks.read = came, time.perf_counter()
        return touched

    replace: dict[Engine, dict[str, Any]] = {one: {"on_sent": on_sent}, two: {"on_frames": on_frames}}
    for engine, methods in replace.items():
        for name, method in methods.items():
            setattr(engine, name, method)


@contextmanager
def relay(data: Path) -> Iterator[str]:
    """A relay process; its ``host:port``. Raises `RuntimeError` if it does not start."""
    with RelayProcess(data) as process:
        yield process.authority


async def acquaint(writer: Client, reader: Client, host: str) -> bytes:
    """Make two accounts and a direct room; its id."""
    await writer.account.create(f"writer@{host}")
    await reader.account.create(f"reader@{host}")
    await reader.account.wait_published()
    await writer.contacts.request(f"reader@{host}")
    async for event in reader.events(after=0):
        if isinstance(event, ContactRequested):
            break
    room = (await reader.contacts.accept(f"writer@{host}")).room
    async for event in writer.events(after=0):
        if isinstance(event, Joined):
            break
    return room


def as_chosen(*, together: bool) -> Options:
    """A client's options: the default, or those of ``nulla --fast``."""
    return Options(net=NetOptions(fast=together))


def waits_ms(*, together: bool) -> float:
    """What of a delivery is waited on purpose at the median: an activity digest and the median of the drawn moments."""
    return 0.0 if together else DIGEST_S * 1_000 + Timing().active * math.log(2)


async def measure(folder: Path, host: str, count: int, *, together: bool, pause_s: float) -> Latency:
    """The latency of ``count`` messages, one after the other."""
    options, rows = as_chosen(together=together), []
    async with (
        open_client(folder / "writer", unlock=Unprotected(), create=True, options=options) as writer,
        open_client(folder / "reader", unlock=Unprotected(), create=True, options=options) as reader,
    ):
        marks = Marks(await acquaint(writer, reader, host))
        watch(writer, reader, marks)
        events = reader.events(after=reader.last_event())
        warm = max(WARM, count // 10)
        for number in range(warm + count):
            marks.begin()
            message = await writer.messages.send(marks.room, f"message {number}")
            marks.stored = time.perf_counter()
            async for event in events:
                if isinstance(event, MessageReceived) and event.message == message:
                    break
            marks.told = time.perf_counter()
            await writer.messages.wait_sent(marks.room, message)
            async with asyncio.timeout(_ANSWER_S):
                await marks.kept.wait()
            rows.append(marks.row_ms())
            await asyncio.sleep(pause_s)
    return Latency(together, pause_s, waits_ms(together=together), rows[warm:])


def run(count: int, *, together: bool, pause_s: float) -> Latency:
    """Measure in a directory of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with relay(folder / "relay") as host:
            return asyncio.run(measure(folder, host, count, together=together, pause_s=pause_s))


def show(report: Latency) -> None:
    """For a person."""
    totals = report.column(0)
    how = "rooms share a connection" if report.together else "by default"
    print(f"one client to another on this machine, {how}, {report.pause_s:g} s between messages, milliseconds")
    print(
        f"  send to shown   median {statistics.median(totals):.2f}   95 % {percentile(totals, 0.95):.2f}"
        f"   of {len(totals)} messages   {expected(report)}"
    )
    for place, name in enumerate(PARTS, 1):
        print(f"    {name:<18}{statistics.median(report.column(place)):10.2f}")


def expected(report: Latency) -> str:
    """What the median is held to."""
    if report.together:
        return f"(bar: {TOGETHER_MS})"
    waits = f"{report.waits_ms:.0f} of it waited on purpose"
    if report.pause_s < CALM_S:
        return f"({waits}, and more the more is said: no bar)"
    return f"(bar: {APART_MS}, {waits})"


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, help="(default: 20; with --fast 300)")
    parser.add_argument("--fast", action="store_true", help="rooms share a connection, as with `nulla --fast`")
    parser.add_argument("--pause", type=float, help=f"seconds between messages ({CALM_S:g}; with --fast none)")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    count = given.messages or (300 if given.fast else 20)
    pause_s = given.pause if given.pause is not None else 0.0 if given.fast else CALM_S
    report = run(count, together=given.fast, pause_s=pause_s)
    if given.json:
        print(report.as_json())
    else:
        show(report)


if __name__ == "__main__":
    main()
