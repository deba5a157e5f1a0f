"""Wake tokens over two processes of a relay: who waits at one is woken by an append at the other (spec/engine.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

from nullabona.machine.settings import Endpoint
from nullabona.processes.engine import EngineCluster
from nullabona.relay.config import Config
from nullabona.relay.shelves.engine.shelf import EngineShelf
from nullabona.wire.messages import Appended, AwaitWake, Frames
from nullabona.wire.wakes import wake_token
from tests.relay.engines import address_of, needs_engine
from tests.relay.peers import Box, Client, RunningRelay

pytestmark = needs_engine
SECRET, OTHER = bytes(range(32)), bytes(range(32, 64))
LOOK = Frames(b"", 0, ())
Two: TypeAlias = tuple[RunningRelay, RunningRelay]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineCluster]:
    """One shard."""
    made = EngineCluster(tmp_path_factory.mktemp("engine") / "nodes")
    yield made
    made.close()


@pytest.fixture
def two(cluster: EngineCluster, run: Callable[..., RunningRelay]) -> Two:
    """Two processes' worth of one relay."""
    config = Config(data=None, listen=(Endpoint("127.0.0.1", 0),), engine=address_of(cluster))
    return run(config=config), run(config=config)


def shelf_of(relay: RunningRelay) -> EngineShelf:
    shelf = relay.relay.boxes._shelf
    assert isinstance(shelf, EngineShelf)
    return shelf


def published(relay: RunningRelay) -> list[bytes]:
    """What this process publishes of wakes from now on."""
    wakes = shelf_of(relay).wakes
    found: list[bytes] = []
    call = wakes._driver.call

    async def noted(commands: list[tuple[bytes, ...]]) -> list[object]:
        found.extend(message for _, _, message in commands)
        return await call(commands)

    wakes._driver = type("Noted", (), {"call": staticmethod(noted)})()
    return found


def waits(client: Client) -> int:
    """Wait for the token of SECRET's first leaf."""
    return client.start(AwaitWake(wake_token(SECRET, 0), 60))[0]


def wakes(relay: RunningRelay, secret: bytes, box: Box) -> Appended:
    answer = relay.client().ask(box.append(b"frame", (secret, 2)))
    assert isinstance(answer, Appended)
    return answer


def test_an_append_elsewhere_wakes(two: Two) -> None:
    """Once all know that somebody waits, who waits is told to look: what came until then may not have been told. After
    that by each append, and by no other box's.
    """
    here, there = two
    client, box = here.client(), Box()
    assert LOOK == client.result(waits(client))
    number = waits(client)
    messages = published(there)
    wakes(there, OTHER, Box())
    wakes(there, SECRET, box)
    assert LOOK == client.result(number)
    wakes(there, SECRET, box)
    there.settle()
    assert 3 == len(messages)
    while not here.relay.boxes._wakes._waiters.resting()[0].woken:
        here.call(lambda: None)
    assert LOOK == client.result(waits(client))  # it was woken before it waited again
    number = waits(client)
    told = wakes(here, SECRET, box)
    assert Frames(told.incarnation, 3, ((3, b"frame"),)) == client.result(number)


def test_no_secret_leaves_a_process_if_nobody_waits(two: Two) -> None:
    """In the default mode clients poll activity. So it is again once those who waited are gone."""
    here, there = two
    messages = published(there)
    wakes(there, SECRET, Box())
    there.settle()
    client = here.client()
    client.result(waits(client))
    client.close()
    while shelf_of(there).peers.others_wait:
        here.tick(seconds=1)
        for relay in two:
            relay.settle()
        there.tick(seconds=1)
    wakes(there, SECRET, Box())
    there.settle()
    assert [] == messages
