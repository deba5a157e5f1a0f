"""The processes of a soak: a relay that can be killed, wiped and restarted, crowds of whole clients, a wire loader."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from bench.soak.plan import Shape
from nullabona.processes.program import python
from nullabona.processes.servers import RelayProcess, delete_data
from nullabona.processes.workers import Worker, working

_PATIENCE_S: Final = 300.0
_AWAY_S: Final = 1.0
"""Between the end of one relay and the beginning of the next."""
_PERIOD_S: Final = 2
_LIMITS: Final = "[limits]\nretention_days = 1\nbox_frames_per_day = 1000000\n"


class Crowd:
    """A process of whole clients, and what its file says since it was last asked."""

    def __init__(self, number: int, folder: Path, shape: Shape) -> None:
        self.number = number
        self.devices = list(shape.people(number))
        self._folder = folder / f"crowd-{number}"
        self._folder.mkdir()
        self._log = folder / f"crowd-{number}.log"
        self._seed = f"crowd {number} {shape.seed}"
        self._life = AsyncExitStack()
        self._read_to = 0
        self.played: Worker

    async def start(self) -> None:
        """Begin a process."""
        play = python("-m", "bench.soak.crowd", str(self._folder), self._seed)
        self.played = await self._life.enter_async_context(working(play, self._log, patience_s=_PATIENCE_S))

    async def kill(self) -> None:
        """End the process as kill -9 does."""
        await self.played.kill()
        await self.stop()

    async def stop(self) -> None:
        """End the process, if it still runs."""
        await self._life.aclose()

    def notes(self) -> list[list[str]]:
        """What was written down since the last call."""
        path = self._folder / "heard.log"
        if not path.exists():
            return []
        with path.open("rb") as file:
            file.seek(self._read_to)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read_to += len(whole)
        return [entry.split() for entry in whole.decode().splitlines()]


class Relay:
    """The one relay, at one address through all its lives; its record lies apart from its data."""

    def __init__(self, folder: Path, shape: Shape) -> None:
        self._folder = folder
        (folder / "temporary").mkdir()
        self._config = folder / "relay.toml"
        self._config.write_text(_LIMITS)
        os.environ["SOAK_DAY_S"] = str(shape.day_s)
        self.log = folder / "relay.log"
        self._process = self._start("127.0.0.1:0")
        self.url, self.host = self._process.url, self._process.authority

    @property
    def pid(self) -> int:
        return self._process.pid

    async def kill(self) -> None:
        """As kill -9 does, and again on the same data."""
        self._process.kill()
        await self.begin_again()

    async def restart(self) -> None:
        """Stop it in good order, and again on the same data."""
        await asyncio.to_thread(self._process.stop)
        await self.begin_again()

    async def wipe(self) -> None:
        """Delete its data while it runs. It ends by itself, and is gone when this returns: `begin_again`."""
        delete_data(self._process.data)
        await asyncio.to_thread(self._process.wait)
        self._process.kill()

    def stop(self) -> None:
        """In good order."""
        self._process.stop()

    def faults(self) -> list[str]:
        """What it says of its own failures."""
        return [line for line in self.log.read_text("utf-8").splitlines() if "fault:" in line]

    async def begin_again(self) -> None:
        """After a while another one takes the place of the one that is gone, on what data there is."""
        await asyncio.sleep(_AWAY_S)
        self._process = await asyncio.to_thread(self._start, self.host)

    def _start(self, listen: str) -> RelayProcess:
        more = ("--period", str(_PERIOD_S), "--record", str(self._folder / "record"), "--config", str(self._config))
        return RelayProcess(self._folder / "relay", *more, listen=listen, log=self.log,
                            temporary=self._folder / "temporary", program=("-m", "bench.soak.relay"))  # fmt: skip


@asynccontextmanager
async def wire_loader(folder: Path, shape: Shape) -> AsyncIterator[Worker]:
    """The process of wire-level clients."""
    play = python("-m", "bench.soak.wire", f"wire {shape.seed}")
    async with working(play, folder / "wire.log", patience_s=_PATIENCE_S) as found:
        yield found
