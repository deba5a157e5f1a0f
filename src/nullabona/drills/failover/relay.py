"""A relay's shelf with those who write to it and read from it, in a process of its own.

``python -m nullabona.drills.failover.relay ADDRESS PATIENCE_MS FOLDER``. ADDRESS is a file that `write_address`
left. It waits so long for an answer of the engine: a relay that waits long is told what a node answers late.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import secrets
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from nullabona.drills.failover.asking import Desk
from nullabona.drills.failover.history import NAME, Acknowledged, Box, Notes
from nullabona.processes.orders import obey, speak_utf8
from nullabona.relay.core.limits import Limits
from nullabona.relay.shelves.engine.access import KEEPER, RELAY
from nullabona.relay.shelves.engine.cluster import connect_driver
from nullabona.relay.shelves.engine.driver import EngineAddress
from nullabona.relay.shelves.engine.shelf import EngineShelf
from nullabona.wire.messages import Appended, Frames

WRITERS: Final = 6
_LIMITS: Final = Limits(retention_days=2)
_BODY: Final = 60
_WHOLE_S: Final = 60.0


class Shop:
    """What it can be told to do."""

    def __init__(self, address: EngineAddress, patience_ms: int, folder: Path) -> None:
        connect = partial(connect_driver, address, RELAY, answer_ms=patience_ms)
        self._shelf = EngineShelf(connect, partial(connect_driver, address, KEEPER), _LIMITS, rng=secrets.randbits)
        self._desk = Desk(self._shelf, _LIMITS)
        self._folder = folder
        self._notes = Notes()
        self._boxes: list[bytes] = []
        self._counts: list[int] = []
        self._ended = False
        self._tasks: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Reach the engine. Raises `EngineUnreachable` or `EngineSettings`."""
        await self._desk.begin()
        self._tasks.append(asyncio.create_task(self._tick()))

    async def talk(self, boxes: Sequence[str]) -> None:
        """Write to these boxes and read them, until `hush`.

        Each writer has boxes of its own among them, so that it goes on while others wait for a shard.
        """
        self._boxes = [bytes.fromhex(box) for box in boxes]
        self._notes, self._counts, self._ended = Notes(), [0] * len(boxes), False
        share = len(boxes) // WRITERS
        own = [range(writer * share, (writer + 1) * share) for writer in range(WRITERS)]
        self._tasks += [asyncio.create_task(self._write(each)) for each in own]
        every, first = range(len(boxes)), range(2 * share)
        self._tasks += [asyncio.create_task(self._read(some)) for some in (every, first)]

    async def acknowledged(self) -> list[int]:
        """How many frames of each box were acknowledged since `talk`."""
        return self._counts

    async def hush(self) -> str:
        """Write and read no more; a file with the notes."""
        self._ended = True
        ticking, *others = self._tasks
        await asyncio.gather(*others)
        self._tasks = [ticking]
        return self._keep(self._notes)

    async def whole(self) -> str:
        """A file with what every box holds now, and all of it noted as shown."""
        notes, boxes = Notes(), {}
        for at, box in enumerate(self._boxes):
            found = await self._all_of(box)
            notes.shown += [(at, found.incarnation, seq, body[:NAME]) for seq, body in found.frames]
            names = {body[:NAME] for _, body in found.frames}
            boxes[at] = Box(found.incarnation, found.head, names)
        return self._keep((notes, boxes))

    async def _write(self, own: range) -> None:
        while not self._ended:
            at, body = secrets.choice(own), os.urandom(_BODY)
            answer = await self._desk.append(self._boxes[at], body)
            if isinstance(answer, Appended):
                told = Acknowledged(at, answer.incarnation, answer.seq, body[:NAME], time.monotonic())
                self._notes.acknowledged.append(told)
                self._counts[at] += 1
            # A client that is told `busy` comes again later.
            await asyncio.sleep(0.002 if isinstance(answer, Appended) else 0.02)

    async def _read(self, some: range) -> None:
        dice = random.Random()  # noqa: S311 - who reads when
        positions: dict[int, tuple[bytes, int]] = {}
        while not self._ended:
            at = dice.choice(some)
            known, after = positions.get(at, (b"", 0))
            found, _ = await self._desk.look(self._boxes[at], after)
            if found is not None:
                self._notes.shown += [(at, found.incarnation, seq, body[:NAME]) for seq, body in found.frames]
                lost = found.incarnation != known or found.head < after
                positions[at] = (found.incarnation, 0 if lost else found.head)
            await asyncio.sleep(0.005)

    async def _all_of(self, box: bytes) -> Frames:
        frames: list[tuple[int, bytes]] = []
        async with asyncio.timeout(_WHOLE_S):
            while True:
                found, _ = await self._desk.look(box, frames[-1][0] if frames else 0)
                if found is not None:
                    frames += found.frames
                    if not found.frames:
                        return Frames(found.incarnation, found.head, tuple(frames))

    async def _tick(self) -> None:
        while True:
            self._desk.tick()
            await asyncio.sleep(0.5)

    def _keep(self, value: Any) -> str:  # noqa: ANN401 - whatever is handed over
        path = self._folder / f"{os.getpid()}-{secrets.token_hex(4)}"
        path.write_bytes(msgspec.msgpack.encode(value))
        return str(path)


def write_address(address: EngineAddress, path: Path) -> None:
    """Leave it where `read_address` finds it."""
    files = [str(file) for file in (address.authority, address.relay_password, address.keeper_password)]
    path.write_text(json.dumps({"nodes": address.nodes, "files": files}), "utf-8")


def read_address(path: Path) -> EngineAddress:
    """Where the engine is."""
    found = json.loads(path.read_text("utf-8"))
    authority, relay, keeper = map(Path, found["files"])
    nodes = tuple((host, port) for host, port in found["nodes"])
    return EngineAddress(nodes=nodes, authority=authority, relay_password=relay, keeper_password=keeper)


async def _serve(address: Path, patience_ms: int, folder: Path) -> None:
    shop = Shop(read_address(address), patience_ms, folder)
    await shop.begin()
    await obey(shop, {"ok": "ready"})


if __name__ == "__main__":
    speak_utf8()
    asyncio.run(_serve(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
