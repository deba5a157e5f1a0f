"""``python -m bench.soak.memory``: does a relay's memory stay as it is over hours? Little load, and one process.

Everything that a relay keeps in memory on purpose is made small, so that it is full before the measuring begins
(`LIMITS`): what grows after that is a leak. Exit code 1 if it grows by more than is allowed, and by more than twice the
error of the slope.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from bench.soak.figures import growth
from nullabona.drills.flood.beside import memory_mb
from nullabona.drills.flood.line import Line
from nullabona.processes.servers import RelayProcess
from nullabona.wire.messages import ActivityDigests, Append, GetBlob, LookupCard, PollActivity, PutBlob, Read, Trim

LIMITS: Final = {"activity_bytes": 262_144}
"""Of the activity, which fills for twelve hours otherwise. Frames are trimmed, so that the cache of the database, which
may take 32 MiB, does not fill either.
"""
_BOXES: Final = 200
_SAMPLE_S: Final = 5.0
_WARM_S: Final = 600.0
"""So long at most, and a fifth of the run, is not measured: caches fill."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box's two secrets."""

    read: bytes
    write: bytes

    def append(self, frame: bytes) -> Append:
        return Append(0, self.write, sha256(self.read).digest(), frame, wake=(self.write, 2))

    def look(self) -> Read:
        return Read(0, self.read, sha256(self.write).digest(), 0, 100, 0)

    def trim(self) -> Trim:
        return Trim(0, self.read, sha256(self.write).digest(), 2**22)


@dataclass(slots=True)
class Watched:
    """What was seen. Times are seconds, memory MiB."""

    minutes: float
    requests: int
    first: float
    last: float
    most: float
    per_hour: float
    error: float
    load: float


async def use(port: int, rate: float, until: float) -> int:
    """Append, read, trim, put and get blobs, look up; over a connection that is made again all the time."""
    boxes, asked = [Box(os.urandom(32), os.urandom(32)) for _ in range(_BOXES)], 0
    while time.monotonic() < until:
        line = await Line.open(port)
        for number in range(50):
            box, data = boxes[(asked + number) % _BOXES], os.urandom(1_000)
            await line.ask(box.append(data), box.look(), LookupCard("somebody"))
            await line.ask(box.trim())
            if number % 10 == 0:
                await line.ask(PutBlob(sha256(data).digest(), data), GetBlob(sha256(data).digest()))
            await asyncio.sleep(4 / rate)
            asked += 4
        line.close()
    return asked


async def hear(port: int) -> None:
    """Polls all activity, over a connection that is made again every minute or so."""
    after = 0
    while True:
        line = await Line.open(port)
        try:
            for _ in range(300):
                [answer] = await line.ask(PollActivity(after, 5))
                if isinstance(answer, ActivityDigests):
                    after = answer.first + len(answer.digests) - 1
        finally:
            line.close()


async def sample(pid: int, found: list[tuple[float, float]]) -> None:
    """Note the process's memory, again and again."""
    while True:
        found.append((time.monotonic(), memory_mb(pid)))
        await asyncio.sleep(_SAMPLE_S)


async def watch(minutes: float, rate: float, note: Path | None = None) -> Watched:
    """Run it; ``note``: where what was seen so far is written every minute, as a run may be ended."""
    with tempfile.TemporaryDirectory(prefix="nullabona-memory-") as folder:
        config = Path(folder) / "relay.toml"
        config.write_text("[limits]\n" + "".join(f"{name} = {value}\n" for name, value in LIMITS.items()))
        relay = await asyncio.to_thread(
            RelayProcess, Path(folder) / "data", "--config", str(config), log=Path(folder) / "log",
            temporary=Path(folder),
        )  # fmt: skip
        try:
            port, found = int(relay.authority.rpartition(":")[2]), list[tuple[float, float]]()
            began = time.monotonic()
            beside = [asyncio.ensure_future(sample(relay.pid, found)), asyncio.ensure_future(hear(port))]
            using = asyncio.ensure_future(use(port, rate, began + 60 * minutes))
            while not using.done():
                await asyncio.wait([using], timeout=60)
                if note is not None and len(found) > 20:
                    await asyncio.to_thread(note.write_text, json.dumps(asdict(judged(found, began, 0))))
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            return judged(found, began, await using)
        finally:
            await asyncio.to_thread(relay.stop)


def judged(found: list[tuple[float, float]], began: float, requests: int) -> Watched:
    """What the samples say after the warm-up. There are some."""
    lasted = found[-1][0] - began
    warm_s = min(_WARM_S, lasted / 5)
    samples = [(at - began, mib) for at, mib in found]
    seen = growth([samples], warm_s)
    assert seen is not None
    sizes = [mib for at, mib in samples if at >= warm_s]
    return Watched(
        lasted / 60, requests, sizes[0], sizes[-1], max(sizes), seen.mib_per_hour, seen.off_by, os.getloadavg()[0]
    )


def main() -> None:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak.memory", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--rate", type=float, default=30.0, help="requests a second")
    parser.add_argument("--mib-per-hour", type=float, default=4.0, help="how much it may grow")
    parser.add_argument("--note", type=Path, help="where what was seen so far is written every minute")
    options = parser.parse_args()
    seen = asyncio.run(watch(options.minutes, options.rate, options.note))
    print(json.dumps({name: round(value, 2) for name, value in asdict(seen).items()}))
    sys.exit(1 if seen.per_hour > max(options.mib_per_hour, 2 * seen.error) else 0)


if __name__ == "__main__":
    main()
