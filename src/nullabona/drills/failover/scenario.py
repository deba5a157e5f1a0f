"""The story of the drill ``failover``: two relays write and read while one fault follows another."""

from __future__ import annotations

import asyncio
import operator
import os
import random
import time
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeVar

import msgspec

from nullabona.drills.failover.faults import FAULTS, Stage
from nullabona.drills.failover.findings import Outcome, Round
from nullabona.drills.failover.history import Box, History, Notes
from nullabona.drills.failover.network import TwoSides
from nullabona.drills.failover.relay import write_address
from nullabona.drills.reporting.text import Sentences, Tell
from nullabona.drills.stage.ending import closing_at_the_end
from nullabona.processes.engine import EngineCluster, Machine
from nullabona.processes.program import ProcessFailed, python
from nullabona.processes.workers import Worker
from nullabona.relay.shelves.engine.access import PREFIX
from nullabona.relay.shelves.engine.driver import SLOTS, slot_of

T = TypeVar("T")
_say: Final = Sentences("drill_failover")
_BOXES: Final = 24
_OF_ONE: Final = 8
"""So many of them are in the shard of the node which can be cut off: some writers of each relay have only these."""
_SHARDS: Final = 3
_EACH: Final = 8
"""So many frames of each box are acknowledged before a fault, and after it, when numbers may be given out again."""
_PATIENCE_MS: Final = 1_000, 20_000
"""How long each relay waits for an answer: one as in life, the other so long that it hears what comes late."""
_LOOK_S: Final = 0.05
_WAIT_S: Final = 60.0


def play(tell: Tell, faults: Sequence[str], minutes: float) -> Outcome:
    """Play each fault once, then some of them in any order until the time is over. Raises what goes wrong."""
    stack = ExitStack()
    with closing_at_the_end(stack.close):
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="nullabona-drill-")))
        network, lacking = _network(stack) if "partition" in faults else (None, "")
        tell(_say("starting") if network is not None else _say("starting-together"))
        machines = _machines(network)
        cluster = EngineCluster(folder / "engine", primaries=_SHARDS, replicas=1, machines=machines)
        stack.callback(cluster.close)
        names = [name for name in faults if name != "partition" or network is not None]
        return asyncio.run(_Scene(folder, cluster, network, tell).play(names, minutes, lacking))


def _network(stack: ExitStack) -> tuple[TwoSides | None, str]:
    """A network that can be cut, or why there is none."""
    try:
        return stack.enter_context(TwoSides()), ""
    except (ProcessFailed, OSError) as error:
        return None, str(error)


def _machines(network: TwoSides | None) -> list[Machine]:
    """Where each node runs. With a network the first one is alone on the second side."""
    if network is None:
        return [Machine()] * (2 * _SHARDS)
    near, far = (Machine(side.host, side.enter) for side in network.sides)
    return [far] + [near] * (2 * _SHARDS - 1)


class _Scene:
    """The cluster and both relays."""

    def __init__(self, folder: Path, cluster: EngineCluster, network: TwoSides | None, tell: Tell) -> None:
        self._folder, self._cluster, self._network, self._tell = folder, cluster, network, tell
        self._history = History()
        self._boxes: list[str] = []
        self._relays: list[Worker] = []

    async def play(self, faults: Collection[str], minutes: float, lacking: str) -> Outcome:
        """All rounds."""
        began, outcome = time.monotonic(), Outcome(lacking=lacking)
        write_address(self._cluster.address, self._folder / "address")
        async with AsyncExitStack() as stack:
            for which in range(len(_PATIENCE_MS)):
                worker = Worker(f"relay-{which}", self._folder / f"relay-{which}.log")
                stack.push_async_callback(worker.terminate)
                self._relays.append(worker)
                await self._launch(which)
            for fault in _order(faults, lambda: time.monotonic() - began < minutes * 60):
                outcome.rounds.append(await self._round(fault))
        outcome.seconds = time.monotonic() - began
        return outcome

    async def _round(self, fault: str) -> Round:
        """One fault, with boxes that nobody used before."""
        self._tell(_say(f"fault-{fault}"))
        self._history, self._boxes = History(), [box.hex() for box in _boxes()]
        await self._each("talk", boxes=self._boxes)
        await self._acknowledged_by_each()
        began = time.monotonic()
        await asyncio.to_thread(FAULTS[fault], self._stage())
        seconds = time.monotonic() - began
        await self._acknowledged_by_each()
        for relay in self._relays:
            self._history.add(_read(await relay.do("hush"), Notes))
        notes, boxes = _read(await self._relays[0].do("whole"), tuple[Notes, dict[int, Box]])
        self._history.add(notes)
        came = self._history.judge(boxes)
        self._tell(_say("round", seconds=seconds, acknowledged=came.acknowledged, gone=came.gone, hidden=came.hidden,
                        doubled=came.doubled, silence=came.silence_s))  # fmt: skip
        return Round(fault, seconds, came)

    def _stage(self) -> Stage:
        loop = asyncio.get_running_loop()

        def on_loop(deed: Coroutine[Any, Any, None]) -> None:
            asyncio.run_coroutine_threadsafe(deed, loop).result()

        return Stage(
            self._cluster,
            lambda more: on_loop(self._acknowledged(more)),
            lambda: on_loop(self._restart_relays()),
            self._network,
        )

    async def _acknowledged(self, more: int) -> None:
        """Wait until so many more frames were acknowledged in all. Raises `ProcessFailed`."""
        enough = sum(await self._counts()) + more
        await self._until(lambda counts: sum(counts) >= enough)

    async def _acknowledged_by_each(self) -> None:
        """Wait until each box acknowledged `_EACH` more. Raises `ProcessFailed`."""
        enough = [count + _EACH for count in await self._counts()]
        await self._until(lambda counts: all(map(operator.ge, counts, enough)))

    async def _until(self, holds: Callable[[Sequence[int]], bool]) -> None:
        deadline = time.monotonic() + _WAIT_S
        while not holds(await self._counts()):
            if time.monotonic() > deadline:
                raise ProcessFailed("nothing is acknowledged any more")
            await asyncio.sleep(_LOOK_S)

    async def _counts(self) -> list[int]:
        """How many frames of each box both relays acknowledged since they talk."""
        return [sum(counts) for counts in zip(*await self._each("acknowledged"), strict=True)]

    async def _restart_relays(self) -> None:
        for which, relay in enumerate(self._relays):
            self._history.add(_read(await relay.do("hush"), Notes))
            await relay.stop()
            await self._launch(which)
            await relay.do("talk", boxes=self._boxes)
            await self._acknowledged_by_each()

    async def _launch(self, which: int) -> None:
        """The second relay is on the second side of the network, if there are two."""
        enter = () if self._network is None else self._network.sides[which].enter
        arguments = (str(self._folder / "address"), str(_PATIENCE_MS[which]), str(self._folder))
        await self._relays[which].launch((*enter, *python("-m", "nullabona.drills.failover.relay", *arguments)))

    async def _each(self, deed: str, **order: Any) -> list[Any]:  # noqa: ANN401 - as JSON gives it
        return list(await asyncio.gather(*(relay.do(deed, **order) for relay in self._relays)))


def _boxes() -> list[bytes]:
    """Addresses of a round's boxes."""
    found: list[bytes] = []
    while len(found) < _BOXES:
        address = os.urandom(32)
        if len(found) >= _OF_ONE or slot_of(PREFIX + address) < SLOTS // _SHARDS:
            found.append(address)
    return found


def _order(faults: Collection[str], goes_on: Callable[[], bool]) -> Iterator[str]:
    """Each once, then any of them while there is time."""
    yield from faults
    dice = random.Random()  # noqa: S311 - what goes wrong next
    while goes_on():
        yield dice.choice([*faults])


def _read(path: str, kind: type[T]) -> T:
    """What a relay left in a file, which is removed."""
    file = Path(path)
    found = msgspec.msgpack.decode(file.read_bytes(), type=kind)
    file.unlink()
    return found
