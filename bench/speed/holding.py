"""What a server's folder holds at the moment its answer came, and how often it synced until then.

Messages are sent one by one, so that nothing shares a sync. Then every file is searched, while the server runs, for
the payload and for the names under which it knows those who talk.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from bench.peers.interface import Running
from bench.speed.records import Holding

MESSAGES = 50
SETTLED_S = 3.0
"""Until a log that is written first has gone into its place."""
SYNCS = "fsync,fdatasync,sync_file_range,msync,sync"
LIMIT_S = 40.0


def look(name: str, running: Running, folder: Path) -> Holding:
    """Talk, then search and count."""
    return uvloop.run(asyncio.wait_for(_look(name, running, folder), LIMIT_S))


async def _look(name: str, running: Running, folder: Path) -> Holding:
    session = running.session()
    try:
        lane = await session.lane(1, 1)
        # More than are counted: a log that is written first and keeps its size has it by then.
        for _ in range(MESSAGES + 10):
            await lane.one()
        await asyncio.sleep(SETTLED_S)
        before = _size(folder)
        for _ in range(MESSAGES):
            await lane.one()
        held = _contents(folder)
        traces = session.traces(1)
        await asyncio.sleep(SETTLED_S)
        grown = _size(folder) - before
        counted = await _syncs(running, lane.one)
        return Holding(
            name,
            grown / MESSAGES,
            _holds(held, traces.payload),
            traces.who,
            traces.sender is not None and _holds(held, traces.sender),
            traces.recipient is not None and _holds(held, traces.recipient),
            counted,
        )
    finally:
        await session.close()


def _contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def _holds(held: list[bytes], wanted: bytes) -> bool:
    return any(wanted in data for data in held)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


async def _syncs(running: Running, one: Callable[[], Awaitable[None]]) -> float | None:
    """Calls that sync a file, for each message; None where strace is not there or may not watch."""
    strace = shutil.which("strace")
    if strace is None:
        return None
    log = running.process.folder.parent / "syncs"
    watched = [word for pid in running.process.pids() for word in ("-p", str(pid))]
    command = [strace, "-f", "-q", "-e", f"trace={SYNCS}", "-o", str(log), *watched]
    tracer = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs meanwhile
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        await asyncio.sleep(1.0)  # strace says nothing when it has attached
        if tracer.poll() is not None:
            return None
        begun = log.read_text().count("(") if log.exists() else 0
        until = time.monotonic() + 10
        count = 0
        while count < MESSAGES and time.monotonic() < until:
            await one()
            count += 1
        await asyncio.sleep(0.2)
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(10)
    lines = [line for line in log.read_text().splitlines() if "resumed" not in line and "(" in line]
    return (len(lines) - begun) / count
