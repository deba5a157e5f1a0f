"""Wire-level clients for scale: pairs of a writer and a reader, idle readers and probes of expiry, without MLS.

``python -m bench.soak.wire SEED`` does what it is told (`nullabona.processes.orders`). Each pair has a box of its own
and lives for some seconds; then its reader must have every frame that was acknowledged, and another pair comes. What
was lost with a relay's deleted data is counted apart (`receipts`): putting back is the business of whole clients.
"""

from __future__ import annotations

import asyncio
import os
import random
import resource
import sys
import time
from collections import Counter
from contextlib import suppress
from struct import Struct
from typing import Final

from bench.soak.probe import EDGE_S, GONE_S, shown
from bench.soak.receipts import Receipt, Receipts, Wipes
from bench.soak.relay import short_day
from nullabona.client.net import Connection, connect, parse_endpoint
from nullabona.errors import PeerError
from nullabona.processes.orders import obey, speak_utf8
from nullabona.wire.address import BoxSecrets
from nullabona.wire.messages import AnyRequest, AnyResponse, Append, Appended, Frames, Read, Refusal, Trim

_FILES: Final = 65_536
_WAIT_S: Final = 10
_DRAIN_S: Final = 60.0
_DAY_SEEN_S: Final = 2.0
_PAUSE_S: Final = 0.3
_MARK: Final = Struct(">Qd")
_TRIM_EVERY: Final = 200
_DELAYS: Final = 500
"""Most delays in one report."""


class Line:
    """A connection that is made again whenever it is gone. A caller tells a refusal from an answer by its type."""

    def __init__(self, url: str, counts: Counter[str]) -> None:
        self._endpoint = parse_endpoint(url)
        self._counts = counts
        self._connection: Connection | None = None

    async def ask(self, request: AnyRequest, timeout_s: float) -> AnyResponse | None:
        """The answer, or None if there was none: then the request was carried out or was not."""
        try:
            if self._connection is None or not self._connection.is_open:
                self._connection = await connect(self._endpoint)
                self._counts["connects"] += 1
            answer = await self._connection.request(request, timeout_s)
        except PeerError:
            self._counts["broken"] += 1
            await self.close()
            await asyncio.sleep(_PAUSE_S)
            return None
        if isinstance(answer, Refusal):
            self._counts[f"refused {answer.code}"] += 1
            await asyncio.sleep(_PAUSE_S)
        return answer

    async def close(self) -> None:
        """Hang up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


class Box:
    """Secrets of a box, and its requests."""

    def __init__(self) -> None:
        self._secrets = BoxSecrets(0, os.urandom(32), os.urandom(32))

    def append(self, frame: bytes) -> Append:
        return Append(0, self._secrets.write_secret, self._secrets.read_hash, frame)

    def read(self, after: int, wait_s: int = 0) -> Read:
        return Read(0, self._secrets.read_secret, self._secrets.write_hash, after, wait_s=wait_s)

    def trim(self, upto: int) -> Trim:
        return Trim(0, self._secrets.read_secret, self._secrets.write_hash, upto)


class Pair:
    """A writer and a reader of one box."""

    def __init__(self, url: str, load: Load) -> None:
        self._load = load
        self._box = Box()
        self._writer, self._reader = Line(url, load.counts), Line(url, load.counts)
        self._receipts = Receipts(load.wipes, load.counts)
        self._incarnation = b""
        self._after = 0

    async def live(self, seconds: float, rate: float) -> None:
        """Write and read for so long, then read what is left, judge and hang up."""
        reading = asyncio.create_task(self._go_on_reading())
        await self._write(time.monotonic() + seconds, rate)
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                while self._receipts:  # noqa: ASYNC110 - the reader takes out of it, frame by frame
                    await asyncio.sleep(_PAUSE_S / 3)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        self._receipts.close()
        await self._writer.close()
        await self._reader.close()

    async def _write(self, until: float, rate: float) -> None:
        number, due = 0, time.monotonic()
        while (now := time.monotonic()) < until and not self._load.is_ending:
            due = max(due, now - 1.0) + self._load.dice.expovariate(rate)
            await asyncio.sleep(max(0.0, due - now))
            number += 1
            await self._write_one(number)

    async def _write_one(self, number: int) -> None:
        frame = _MARK.pack(number, time.monotonic()) + os.urandom(self._load.dice.choice((496, 1_008)))
        wipes = self._load.wipes.over
        answer = await self._writer.ask(self._box.append(frame), _WAIT_S)
        if isinstance(answer, Appended):
            self._receipts.acknowledge(number, Receipt(answer.incarnation, answer.seq, wipes))

    async def _go_on_reading(self) -> None:
        while True:
            await self._read_once()

    async def _read_once(self) -> None:
        asked = self._receipts.newest
        answer = await self._reader.ask(self._box.read(self._after, _WAIT_S), 2 * _WAIT_S)
        if not isinstance(answer, Frames):
            return
        self._take(answer, time.monotonic())
        self._receipts.judge(asked, self._incarnation, self._after)
        if self._receipts.read > _TRIM_EVERY and answer.frames and self._after:
            await self._reader.ask(self._box.trim(self._after), _WAIT_S)

    def _take(self, answer: Frames, now: float) -> None:
        """A box that is another one than before is read from its beginning: by the next read, if not by this one."""
        if answer.incarnation != self._incarnation:
            was_further = self._after > 0
            self._incarnation, self._after = answer.incarnation, 0
            if was_further:
                return
        for seq, frame in answer.frames:
            self._after = seq
            number, said = _MARK.unpack_from(frame)
            if self._receipts.take(number):
                self._load.delays.append((said, now - said))


class Load:
    """What the loader can be told to do."""

    def __init__(self, seed: str) -> None:
        self.dice = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.delays: list[tuple[float, float]] = []
        self.wipes = Wipes()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending = asyncio.Event()

    async def start(self, url: str, pairs: int, rate: float, idle: int, life_s: float, day_s: float) -> None:
        """Pairs that write ``rate`` frames a second in all, idle readers, and one probe of expiry after another."""
        for _ in range(pairs):
            self._spawn(self._pairs(url, rate / pairs, life_s))
        for _ in range(idle):
            self._spawn(self._idle(url, life_s))
        self._spawn(self._probes(url, day_s))

    async def wiping(self) -> None:
        """The relay's data is about to be deleted."""
        self.wipes.begun += 1

    async def wiped(self) -> None:
        """It is deleted, the relay that had it is gone, and there is no other one yet."""
        self.wipes.over += 1

    async def report(self) -> dict[str, object]:
        """What was counted since the last report."""
        for task in self._tasks:
            if task.done():
                task.result()
        counts, delays = dict(self.counts), self.delays[:: max(1, len(self.delays) // _DELAYS)]
        self.counts.clear()
        self.delays.clear()
        return {"counts": counts, "delays": delays}

    @property
    def is_ending(self) -> bool:
        """Nothing new is begun any more."""
        return self._ending.is_set()

    async def end(self) -> None:
        """Let every pair end and judge."""
        self._ending.set()
        await asyncio.gather(*self._tasks)
        self._tasks.clear()

    def _spawn(self, life: asyncio._CoroutineLike[None]) -> None:
        self._tasks.add(asyncio.create_task(life))

    async def _pairs(self, url: str, rate: float, life_s: float) -> None:
        while not self.is_ending:
            self.counts["pairs"] += 1
            await Pair(url, self).live(self.dice.uniform(0.2, 1.8) * life_s, rate)

    async def _idle(self, url: str, life_s: float) -> None:
        while not self.is_ending:
            line, box = Line(url, self.counts), Box()
            until = time.monotonic() + self.dice.uniform(0.2, 1.8) * life_s
            while time.monotonic() < until and not self.is_ending:
                await line.ask(box.read(0, 5), _WAIT_S)
            await line.close()

    async def _probes(self, url: str, day_s: float) -> None:
        """A frame must be there until its day is over, and gone soon after; with a retention of one day."""
        line = Line(url, self.counts)
        while not self.is_ending:
            await self._sleep_until(_no_edge(day_s, time.time()))
            box, wipes, today = Box(), self.wipes.over, short_day(day_s, time.time())
            kept = await line.ask(box.append(b"a frame that expires"), _WAIT_S)
            if isinstance(kept, Appended) and today == short_day(day_s, time.time()):
                await self._probe(line, box, (today + 2) * day_s, wipes)
            else:
                await asyncio.sleep(1.0)
        await line.close()

    async def _probe(self, line: Line, box: Box, over: float, wipes: int) -> None:
        """Look twice, and count what that shows: nothing, if the relay's data was deleted meanwhile."""
        if not await self._sleep_until(over - EDGE_S):
            return
        early = await line.ask(box.read(0), _WAIT_S)
        if time.time() >= over or not await self._sleep_until(over):
            return
        late = await line.ask(box.read(0), _WAIT_S)
        while time.time() < over + GONE_S and not (isinstance(late, Frames) and not late.frames):
            await asyncio.sleep(_PAUSE_S)
            late = await line.ask(box.read(0), _WAIT_S)
        if wipes == self.wipes.begun:
            self.counts.update(shown(early, late))

    async def _sleep_until(self, at: float) -> bool:
        """Whether it became so late before everything ends."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, at - time.time())):
                await self._ending.wait()
        return not self.is_ending


def _no_edge(day_s: float, now_s: float) -> float:
    """When a probe may begin: a relay looks at the day once a second; what comes before that counts as yesterday's."""
    begun = short_day(day_s, now_s) * day_s
    return max(now_s, begun + _DAY_SEEN_S)


async def _serve(seed: str) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, _FILES)), hard))
    await obey(Load(seed), {"ready": True})


def main() -> None:
    """Run the wire-level clients."""
    speak_utf8()
    asyncio.run(_serve(sys.argv[1]))


if __name__ == "__main__":
    main()
