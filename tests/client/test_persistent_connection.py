"""A persistent connection over real sockets: what is given up leaves nothing open, and what is closed stays closed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from picows import WSTransport

from nullabona.client.net import Endpoint, NetOptions, Policy, connect
from nullabona.client.runner.connections import PersistentConnection
from nullabona.wire.messages import AnyRequest
from tests.net.servers import websocket_relay


def silent(_transport: WSTransport, _requests: list[tuple[int, AnyRequest]]) -> None:
    """Answers nothing."""


def connection_to(endpoint: Endpoint) -> PersistentConnection:
    return PersistentConnection(
        f"ws://{endpoint.authority}/v1",
        "rooms",
        lambda there: connect(there, NetOptions()),
        Policy(first_s=0.01, most_s=0.02),
        lambda _state: None,
    )


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 20))


def test_a_rest_that_is_cancelled_leaves_no_connection() -> None:
    """Whoever is cancelled while hanging up has hung up."""

    async def play() -> None:
        async with websocket_relay(silent) as (endpoint, _):
            connection = connection_to(endpoint)
            carrier = await connection.ready()
            resting = asyncio.create_task(connection.rest())
            await asyncio.sleep(0)
            resting.cancel()
            await asyncio.wait([resting])
            assert resting.cancelled()
            assert not carrier.is_open

    run(play())


def test_a_way_that_rests_is_made_anew_when_somebody_wants_it() -> None:
    """By another connection."""

    async def play() -> None:
        async with websocket_relay(silent) as (endpoint, seen):
            connection = connection_to(endpoint)
            await connection.ready()
            await connection.rest()
            assert not connection.wanted
            assert (await connection.ready()).is_open
            assert seen.connections == 2
            await connection.close()

    run(play())


def test_a_closed_way_is_not_made_anew() -> None:
    """Whoever still asks for it waits until they are cancelled, and nothing is connected."""

    async def play() -> None:
        async with websocket_relay(silent) as (endpoint, seen):
            connection = connection_to(endpoint)
            await connection.ready()
            await connection.close()
            asking = asyncio.create_task(connection.ready())
            done, _ = await asyncio.wait([asking], timeout=0.2)
            assert not done
            assert (1, False) == (seen.connections, connection.wanted)
            asking.cancel()
            await asyncio.wait([asking])

    run(play())
