"""Looks at other relays: one that does not answer holds up none at others, and no look waits twice."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, cast

from nullabona.client.core.model.change_set import ChangeSet
from nullabona.client.core.model.requests import AfterScout, Scout
from nullabona.client.runner.context import RunnerContext
from nullabona.client.runner.scouts import AT_ONCE, Scouts
from nullabona.wire.address import BoxSecrets
from nullabona.wire.messages import Frames

SILENT, ALIVE = "wss://silent.example:443/v1", "wss://alive.example:443/v1"


def look(number: int, relay: str) -> Scout:
    """A look for room ``number``."""
    return Scout(number.to_bytes(32), relay, BoxSecrets(0, number.to_bytes(32), bytes(32)))


class _Connection:
    """A connection to a relay that answers every look with an empty box, or never."""

    def __init__(self, relay: str) -> None:
        self._relay = relay
        self.asked = 0

    async def ready(self) -> _Connection:
        self.asked += 1
        if self._relay == SILENT:
            await asyncio.Event().wait()
        return self

    async def request(self, _request: object, _timeout_s: float) -> Frames:
        return Frames(b"", 0, ())

    def worked(self) -> None:
        pass


class _Context:
    """What looks stand on: `RunnerContext`, its engine and its connections in one."""

    def __init__(self) -> None:
        self.engine = self.connections = self
        self.wanted: list[Scout] = []
        self.found: list[Scout] = []
        self.all_connections = {relay: _Connection(relay) for relay in (SILENT, ALIVE)}
        self.tasks: list[asyncio.Task[None]] = []
        self.due: set[Scout] = set()
        self.all_found = asyncio.Event()
        self.ended = False

    def take_scouts(self) -> list[Scout]:
        wanted, self.wanted = self.wanted, []
        return wanted

    def one_shot(self, relay: str) -> _Connection:
        return self.all_connections[relay]

    def on_scouted(self, scout: Scout, _answer: Frames, _now: int) -> tuple[ChangeSet, AfterScout]:
        self.found.append(scout)
        if self.due <= set(self.found):
            self.all_found.set()
        return ChangeSet(frozenset()), None

    def now(self) -> int:
        return 0

    def happened(self, _touched: ChangeSet) -> None:
        if not self.ended:
            self.scouts.pump()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        self.tasks.append(asyncio.create_task(work))
        return self.tasks[-1]

    async def play(self, wanted: list[Scout]) -> None:
        """Until the relay that answers has been asked for everything; the engine wants it all twice."""
        self.scouts = Scouts(cast("RunnerContext", self), 1.0)
        self.due = {scout for scout in wanted if scout.relay == ALIVE}
        for _ in range(2):
            self.wanted = wanted
            self.scouts.pump()
        if self.due:
            await asyncio.wait_for(self.all_found.wait(), 30)
        self.busy = self.scouts.busy
        self.ended = True
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def played(wanted: list[Scout]) -> _Context:
    """What became of these looks."""
    context = _Context()
    await context.play(wanted)
    return context


def test_a_relay_that_does_not_answer_holds_up_no_look_elsewhere() -> None:
    """Three dozen rooms are looked for at a silent relay first; those at the other one are found all the same."""
    silent = [look(number, SILENT) for number in range(36)]
    alive = [look(number, ALIVE) for number in range(36)]
    context = asyncio.run(played([*silent, *alive]))
    assert set(alive) == set(context.found)
    assert AT_ONCE == context.all_connections[SILENT].asked


def test_a_look_that_waits_is_not_made_twice() -> None:
    """The engine wants it again while it waits for others to end: it waits once."""
    silent = [look(number, SILENT) for number in range(AT_ONCE + 5)]
    context = asyncio.run(played(silent))
    assert AT_ONCE + AT_ONCE + 5 == context.busy
