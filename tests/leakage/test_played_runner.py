"""What is played of the runner (`bench.leakage.device`) is what the product's runner does: the relay sees the same."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import pytest

from bench.leakage import device as devices
from bench.leakage import ours, simulation
from bench.leakage.per_device_digests import Unsigned
from bench.leakage.society import Society
from bench.leakage.trace import Op, Recording
from nullabona.client.core.model.change_set import ChangeSet
from nullabona.client.core.step import Step
from nullabona.client.net import NetOptions, Policy
from nullabona.client.runner import runner as runners
from nullabona.client.runner.connections import Connections, ConnectionState
from nullabona.client.runner.own_letters import write_own_letters
from nullabona.client.runner.reads import Reads
from nullabona.client.runner.runner import Runner
from tests.rooms.world import RELAY

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
Seen = tuple[int, int, int, int]


class _Quiet:
    """In the place of `Publishing` and `OwnKeyMonitor`, which ask only the directory: `OwnCard` plays them."""

    def poke(self) -> None: ...
    def reached(self) -> None: ...
    def inbox_read(self) -> None: ...
    async def run(self) -> None: ...


class _Profile:
    def __init__(self, device: devices.Device) -> None:
        self.store = device.store

    def idle(self) -> None: ...


class _Account:
    """What `Runner` takes from an account."""

    def __init__(self, device: devices.Device) -> None:
        self.record = self
        self.relay = RELAY
        self.local = device.person.me
        self._mls = device.person.mls

    def mls(self, store: object, suite: int) -> object:
        return self._mls


async def _no_letters(_: Runner) -> None:
    """The runner's are at moments that nobody can draw again; the device writes its own."""


class WithRunner(devices.Device):
    """A device that runs the product's `Runner`, on the simulation's clock and network."""

    _runner: Runner | None = None

    @property
    def running(self) -> bool:
        return self._runner is not None

    @property
    def connections(self) -> Connections:
        assert self._runner is not None
        return self._runner.connections

    def start(self, addr: int) -> None:
        self.seat.come(addr)
        made = Runner(cast(Any, _Profile(self)), cast(Any, _Account(self)), dial=self.seat.dial)
        hooks = self.engine.on_passing
        made.engine = self.engine
        made.engine.on_passing = hooks
        made.connections = Connections(
            RELAY, NetOptions(), Policy(), self._changed, self.seat.dial, self.seat.post, self._rng
        )
        made.directories = self.directories
        made.now = self.now  # type: ignore[method-assign]
        made._reads, made._fetches = Reads(made, made._timing, self._rng, Unsigned), devices.Believing(self)
        self._runner = made
        made.listen(self._tell)
        made.start()
        self.spawn(self._keep_card())
        self.spawn(write_own_letters(self, self._rng))

    def _changed(self, state: ConnectionState) -> None:
        assert self._runner is not None
        self._runner._connection_changed(state)
        if state.connected and state.lane != "inbox":
            self.on_rooms_connected()

    def stop(self) -> None:
        stopped, self._runner = self._runner, None
        self.seat.drop()
        if stopped is not None:
            asyncio.get_running_loop().create_task(stopped.stop())

    def happened(self, touched: ChangeSet) -> None:
        if self._runner is not None:
            self._runner.happened(touched)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        assert self._runner is not None
        return self._runner.spawn(work)

    @contextmanager
    def step(self, *rooms: bytes) -> Iterator[Step]:
        assert self._runner is not None
        with self._runner.step(*rooms) as step:
            yield step


@pytest.fixture
def with_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "Device", WithRunner)
    monkeypatch.setattr(runners, "Publishing", lambda *_, **__: _Quiet())
    monkeypatch.setattr(runners, "OwnKeyMonitor", lambda *_, **__: _Quiet())
    monkeypatch.setattr(runners, "write_own_letters", _no_letters)


def _seen(recording: Recording) -> dict[int, list[Seen]]:
    """What each account did, in order, as the relay saw it; of what came at the very same moment none was first."""
    seen: dict[int, list[Seen]] = {}
    for event in np.sort(recording.live, order=["t", "op", "place", "size"]):
        account = recording.truth.account_of_conn[int(event["conn"])]
        if event["op"] not in {Op.OPEN, Op.CLOSE}:
            seen.setdefault(account, []).append(
                (int(event["op"]), int(event["place"]), int(event["addr"]), int(event["size"]))
            )
    return seen


@pytest.mark.usefixtures("with_runner")
def test_the_relay_sees_the_same_of_the_product_s_runner(friends: Society, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same requests in the same order by the same people, at the same times but for a tenth of a second."""
    real = ours.record(friends)
    monkeypatch.undo()
    played = ours.record(friends)
    assert _seen(played) == _seen(real)
    assert max(abs(played.live["t"] - real.live["t"])) < 0.1
