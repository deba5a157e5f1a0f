"""The same over short connections, a POST on each, as clients write by default (spec/relay.md §2.2, §4.6)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from nullabona.client.net import Carrier, Endpoint, PostCarrier
from nullabona.relay.core.limits import Limits
from nullabona.relay.shelves.journal import ENTRY_BYTES
from nullabona.wire.messages import Appended, Refusal
from tests.relay.peers import Box, RunningRelay, ask_http
from tests.relay.test_overload import SHORT_QUEUE, SLOW_DISK, check_sheds, long_rush, lost, relay, short_rush


async def posting(endpoint: Endpoint) -> Carrier:
    """Asks on a connection for each request."""
    return PostCarrier(endpoint)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_posts_beyond_what_the_disk_takes_are_shed(tmp_path: Path) -> None:
    """Hundreds of connections at once are all answered; afterwards, and after kill -9, all that was taken is there."""
    with relay(tmp_path, SLOW_DISK) as process:
        check_sheds(process, made := long_rush(), posting)
        address = process.authority
    with relay(tmp_path, listen=address) as process:
        assert 0 == asyncio.run(lost(process.url, made))


def test_a_short_rush_of_posts_is_shed(tmp_path: Path) -> None:
    """The same in seconds, with a small queue: this is never left out."""
    with relay(tmp_path, SLOW_DISK, queue=SHORT_QUEUE) as process:
        check_sheds(process, short_rush(), posting)


def test_a_full_queue_is_an_answer(run: Callable[..., RunningRelay], box: Box) -> None:
    """For what does not fit the queue a POST gets status 200 and a refusal with advice; what fits is taken."""
    relay = run(limits=Limits(queue_bytes=ENTRY_BYTES + 100))
    assert Refusal("busy", 1) == ask_http(relay.address, box.append(bytes(101)))
    assert isinstance(ask_http(relay.address, box.append(bytes(100))), Appended)
