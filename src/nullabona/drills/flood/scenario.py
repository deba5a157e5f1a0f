"""The story of the drill: people talk, a stranger comes on one connection, then on fifty, and goes; all is measured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Final

from nullabona.drills.actors.actor import Person
from nullabona.drills.actors.company import Company
from nullabona.drills.flood.beside import Bystander, Gauge, Poller, waited_s
from nullabona.drills.flood.findings import Flood, Phase
from nullabona.drills.flood.stranger import MOST_CONNECTIONS
from nullabona.drills.reporting.text import Sentences, Tell
from nullabona.drills.stage.playing import Stage, in_folder, playing
from nullabona.processes.program import python
from nullabona.processes.workers import Worker

_say: Final = Sentences("drill_flood")

_BEFORE: Final = 12
"""Messages that are timed before the stranger comes."""
_CAST: Final = {Person("미나", "mina"): "127.0.0.41", Person("준", "jun"): "127.0.0.42"}
_NORMAL: Final = 3
"""All is normal when so many messages in a row take no longer than before."""
_LONGEST_S: Final = 90.0


def limits(minutes: float) -> dict[str, int]:
    """Limits that are lowered, so that a short time is enough to reach them."""
    return {
        "arriving_total_bytes": 16 * 2**20,
        "unsent_total_bytes": 16 * 2**20,
        "activity_bytes_per_s": 4_096,
        "blob_bytes_per_day": 2**30 * max(1, round(minutes)),
    }


def play(tell: Tell, minutes: float) -> Flood:
    """Play it in a new folder. Raises what goes wrong."""
    return in_folder(lambda folder: _play(folder, tell, minutes))


async def _play(folder: Path, tell: Tell, minutes: float) -> Flood:
    config = folder / "relay.toml"
    lowered = "".join(f"{name} = {value}\n" for name, value in limits(minutes).items())
    await asyncio.to_thread(config.write_text, f"[limits]\n{lowered}")
    async with playing(folder, "--config", str(config)) as stage:
        tell(_say("relay-two-people"))
        scene, relay = _Scene(stage, tell, minutes), stage.relay
        await scene.begin()
        gauge = Gauge(relay.pid, relay.data)
        async with _living(gauge.live()):
            for connections in (1, MOST_CONNECTIONS):
                await scene.suffer(connections)
            await scene.recover()
        flood = scene.flood
        flood.memory_before_mb, flood.memory_mb = gauge.memory_before_mb, gauge.memory_mb
        flood.disk_before_mb, flood.disk_mb = gauge.disk_before_mb, gauge.disk_mb
        return flood


class _Scene:
    def __init__(self, stage: Stage, tell: Tell, minutes: float) -> None:
        self._log = stage.folder / "stranger.log"
        self._relay, self._tell = stage.relay, tell
        self._people = Company(stage.people, stage.stack, _CAST)
        self._port = stage.relay.address[1]
        self._said = 0
        self.flood = Flood(minutes)

    async def begin(self) -> None:
        """Two accounts and their room, and how long messages take in it."""
        people = self._people
        await people.enrol(self._relay.authority, self._relay.url, ("mina", "jun"))
        await people.befriend("jun", "mina")
        await people.settle(("mina", "jun"))
        self._said = len(await people["jun"].do("history", room=people["mina"].handle))
        await self._talk()
        self.flood.before = [await self._talk() for _ in range(_BEFORE)]

    async def suffer(self, connections: int) -> None:
        """The stranger comes, and stays for half of the time."""
        seconds = 30 * self.flood.minutes
        self._tell(_say("stranger-comes-connections", connections=connections, seconds=seconds))
        phase = Phase(connections)
        begun, waited = time.monotonic(), waited_s(self._relay.pid)
        poller = Poller(self._port)
        bystander = Bystander(self._port, self._people["mina"].handle, poller.expect)
        async with _living(poller.live(), bystander.live()):
            command = python("-m", "nullabona.drills.flood.stranger", str(self._port), str(connections), str(seconds))
            stranger = Worker("stranger", self._log, seconds + _LONGEST_S)
            took = asyncio.create_task(stranger.launch(command))
            try:
                while not took.done():
                    phase.latencies.append(await self._talk())
                await took
                phase.taken.update(stranger.ready)
            finally:
                await stranger.terminate()
            await asyncio.sleep(1.0)
            phase.starved = (waited_s(self._relay.pid) - waited) / (time.monotonic() - begun)
            phase.slowest, phase.asked = bystander.slowest, bystander.done
            phase.heard_bytes_s, phase.appended, phase.lacking = poller.peak, poller.appended, poller.lacking(5.0)
        self.flood.phases.append(phase)

    async def recover(self) -> None:
        """Talk on until some messages in a row take no longer than the slowest did before."""
        self._tell(_say("stranger-has-gone"))
        begun, enough, row = time.monotonic(), max(1.5 * max(self.flood.before), 2 * median(self.flood.before)), 0
        while row < _NORMAL and time.monotonic() - begun < _LONGEST_S:
            row = row + 1 if await self._talk() <= enough else 0
        self.flood.normal_s = time.monotonic() - begun

    async def _talk(self) -> float:
        """One message, from saying it to its being there."""
        mina, jun = self._people["mina"], self._people["jun"]
        self._said += 1
        begun = time.monotonic()
        await mina.do("write", room=jun.handle, text=f"여보세요 {self._said}")
        await jun.do("has", room=mina.handle, count=self._said)
        return time.monotonic() - begun


@asynccontextmanager
async def _living(*lives: object) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(life) for life in lives]  # type: ignore[call-overload]
    try:
        yield
        for task in tasks:
            if task.done():
                await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
