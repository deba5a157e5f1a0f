"""A stranger who does harm with what anybody may do, for a bounded time, to a relay on this machine.

``python -m nullabona.drills.flood.stranger PORT CONNECTIONS SECONDS``. Prints what was taken of it, as one JSON object.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nullabona.drills.flood.line import HungUp, Line
from nullabona.wire.card import CardDevice, issue_certificate, sign_card
from nullabona.wire.handle import parse_handle
from nullabona.wire.messages import Append, AwaitWake, LookupCard, PublishCard, PutBlob, Read, Refusal
from nullabona.wire.seal import Inbox, inbox_keypair

MOST_CONNECTIONS: Final = 50
MOST_SECONDS: Final = 900.0
BATCH: Final = 500
_BOXES: Final = 50
_PART: Final = 4 * 2**20 - 200
_PLACES: Final = 7
"""Digits of a stranger's name that count."""
_MIB: Final = 2**20
Taken: TypeAlias = Counter[str]
Way: TypeAlias = Callable[["Stranger", Line], Awaitable[None]]


class Stranger:
    """What a stranger knows: nothing but the relay's address. ``taken`` counts what the relay took of it."""

    def __init__(self, port: int, until: float) -> None:
        self.port, self.until = port, until
        self.taken: Taken = Counter()
        self._boxes = [(os.urandom(32), sha256(os.urandom(32)).digest()) for _ in range(_BOXES)]
        self._names = _names()
        self._inbox = Inbox(os.urandom(32), os.urandom(32), inbox_keypair(os.urandom(32)).public, "")

    async def work(self, ways: Iterator[Way]) -> None:
        """One connection after the other, each used in the next of ``ways`` until it is closed or its time is over."""
        for way in ways:
            if time.monotonic() > self.until:
                return
            with suppress(HungUp):
                line = await Line.open(self.port)
                try:
                    async with asyncio.timeout(max(0.1, min(5.0, self.until - time.monotonic()))):
                        while True:
                            await way(self, line)
                except TimeoutError:
                    pass
                finally:
                    line.close()

    # -- ways

    async def wake(self, line: Line) -> None:
        """Frames of one byte, each with another wake secret, now and then for as many tokens as allowed."""
        appends = [
            Append(0, *self._boxes[at % _BOXES], b"x", wake=(os.urandom(32), 8_192 if at % 250 == 0 else 1))
            for at in range(BATCH)
        ]
        self._count("frames", await line.ask(*appends))

    async def begin_boxes(self, line: Line) -> None:
        """Each frame into a box of its own."""
        appends = [Append(0, os.urandom(32), os.urandom(32), b"x", wake=(os.urandom(32), 1)) for _ in range(BATCH)]
        self._count("frames", await line.ask(*appends))

    async def put(self, line: Line) -> None:
        """Blobs, large and small."""
        for size in (_MIB, _MIB, 1_000):
            data = os.urandom(size)
            self._count("blob_kib", await line.ask(PutBlob(sha256(data).digest(), data)), times=-(-size // 1_024))

    async def register(self, line: Line) -> None:
        """Handles with the largest cards there are, and small ones."""
        cards = [PublishCard(self._card(next(self._names), large=at % 2 == 0)) for at in range(20)]
        self._count("cards", await line.ask(*cards))

    async def publish_garbage(self, line: Line) -> None:
        """What is no card."""
        self._count("garbage", await line.ask(*[PublishCard(b"x")] * BATCH))

    async def look_up(self, line: Line) -> None:
        """Names that nobody has."""
        self._count("lookups", await line.ask(*[LookupCard(next(self._names)) for _ in range(BATCH)]))

    async def leave_unfinished(self, line: Line) -> None:
        """Send the first part of a message, as long as allowed: it stays in the buffer and in the partial message."""
        line.push(bytes(_PART), fin=False)
        await line.take()

    async def leave_unread(self, line: Line) -> None:
        """Ask for the whole content of a box repeatedly, and read no answer."""
        secret = sha256(b"read").digest()
        write = sha256(b"write").digest()
        frames = [Append(0, write, sha256(secret).digest(), bytes(65_536)) for _ in range(16)]
        self._count("large_frames", await line.ask(*frames))
        line.send(*[Read(0, secret, sha256(write).digest(), 0, 1_000, 0)] * BATCH)
        await asyncio.sleep(5.0)

    async def wait(self, line: Line) -> None:
        """Wait for as many wake tokens as allowed; nobody wakes them."""
        line.send(*[AwaitWake(os.urandom(16), 600) for _ in range(BATCH)])
        await asyncio.sleep(1.0)

    # -- inside

    def _count(self, what: str, answers: Sequence[object], times: int = 1) -> None:
        taken = sum(not isinstance(answer, Refusal) for answer in answers)
        self.taken[what] += taken * times
        self.taken["refused"] += len(answers) - taken

    def _card(self, name: str, *, large: bool) -> bytes:
        identity, handle = Ed25519PrivateKey.generate(), parse_handle(f"{name}@127.0.0.1:{self.port}")
        day = int(time.time() // 86_400)
        devices = []
        for _ in range(7 if large else 1):
            key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
            certificate = issue_certificate(
                identity, handle=handle, device_id=os.urandom(16), device_key=key, issued_day=day
            )
            devices.append(CardDevice(certificate, os.urandom(7_900 if large else 2_900)))
        return sign_card(identity, handle=handle, issued_day=day, devices=tuple(devices), inbox=self._inbox)


WAYS: Final[tuple[Way, ...]] = (
    Stranger.wake, Stranger.leave_unfinished, Stranger.put, Stranger.publish_garbage, Stranger.begin_boxes,
    Stranger.register, Stranger.leave_unread, Stranger.look_up, Stranger.wait,
)  # fmt: skip


def _names() -> Iterator[str]:
    run = "".join("abcdefghjk"[byte % 10] for byte in os.urandom(6))
    for letters in itertools.product("abcdefghjk", repeat=_PLACES):
        yield f"{run}{''.join(letters)}"


async def flood(port: int, connections: int, seconds: float) -> Taken:
    """Do harm on so many connections for so long; what was taken of it."""
    stranger = Stranger(port, time.monotonic() + min(seconds, MOST_SECONDS))
    count = min(connections, MOST_CONNECTIONS)
    await asyncio.gather(*(stranger.work(ways_of(at)) for at in range(count)))
    return stranger.taken


def ways_of(at: int) -> Iterator[Way]:
    """What the connection with this number does; every other one comes back to what fills memory."""
    turned = WAYS[at % len(WAYS) :] + WAYS[: at % len(WAYS)]
    if at % 2:
        return itertools.cycle([each for way in turned for each in (Stranger.leave_unfinished, way)])
    return itertools.cycle(turned)


def main() -> None:
    """What the command line says."""
    os.nice(10)  # here all share one machine: what is to be seen is what the relay can do, not who gets the processor
    port, connections, seconds = sys.argv[1:]
    sys.stdout.write(json.dumps(asyncio.run(flood(int(port), int(connections), float(seconds)))) + "\n")


if __name__ == "__main__":
    main()
