"""Fixtures of the relay's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nullabona.processes.servers import ANY_PORT, RelayProcess
from nullabona.relay.store.interface import BoxStore
from nullabona.relay.store.memory import MemoryBoxStore
from nullabona.relay.store.sqlite import SqliteBoxStore
from tests.relay.peers import OPEN, Box, Client, RunningRelay


@pytest.fixture(autouse=True)
def _hang_up() -> Iterator[None]:
    """Close what a test leaves open."""
    yield
    hang_up()


def hang_up() -> None:
    """Close every connection of the test, so that no relay has to wait for it."""
    while OPEN:
        OPEN.pop().close()


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BoxStore]:
    """Each kind of box store, empty."""
    made: BoxStore = MemoryBoxStore() if request.param == "memory" else SqliteBoxStore(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=["memory", "sqlite"])
def kind(request: pytest.FixtureRequest) -> str:
    """The name of each kind of store."""
    return str(request.param)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., RunningRelay]]:
    """Starts relays in this process, on SQLite unless told otherwise; they stop when the test ends."""
    started: list[RunningRelay] = []

    def start(*args: Any, **kwargs: Any) -> RunningRelay:  # noqa: ANN401 - as RunningRelay takes them
        if not args and "data" not in kwargs and "config" not in kwargs:
            kwargs["data"] = tmp_path / "data"
        started.append(RunningRelay(*args, **kwargs))
        return started[-1]

    yield start
    hang_up()
    for relay in started:
        relay.stop()


@pytest.fixture
def relay(run: Callable[..., RunningRelay]) -> RunningRelay:
    """A relay on SQLite."""
    return run()


@pytest.fixture
def client(relay: RunningRelay) -> Iterator[Client]:
    """A WebSocket to `relay`."""
    made = relay.client()
    yield made
    made.close()


@pytest.fixture
def box() -> Box:
    """A box that does not exist yet."""
    return Box()


@pytest.fixture
def spawn() -> Iterator[Callable[..., RelayProcess]]:
    """Starts relays as processes; they are killed when the test ends."""
    started: list[RelayProcess] = []

    def start(data: Path | None, *more: str, listen: str = ANY_PORT) -> RelayProcess:
        started.append(RelayProcess(data, *more, listen=listen))
        return started[-1]

    yield start
    for process in started:
        process.kill()
