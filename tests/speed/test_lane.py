"""A lane keeps exactly as many messages on their way as it was told, and counts what came."""

from __future__ import annotations

import asyncio

from bench.peers.lane import Gathering, Lane


def lane(receivers: int, *, told: bool) -> tuple[Lane, list[int]]:
    """A lane, and what it handed to the server so far."""
    handed: list[int] = []
    made = Lane(receivers, told=told)
    made.send = handed.append
    return made, handed


def test_a_slot_is_free_when_it_was_delivered_and_told() -> None:
    """Not before both."""
    made, handed = lane(1, told=True)
    made.open(3)
    made.took(0, 2)
    assert [3] == handed
    made.was_told(1)
    assert [3, 1] == handed


def test_a_slot_is_free_on_delivery_where_nobody_is_told() -> None:
    """XMPP has no acknowledgement."""
    made, handed = lane(1, told=False)
    made.open(3)
    made.took(0, 2)
    assert [3, 2] == handed


def test_the_slowest_of_many_readers_decides() -> None:
    """And every reader's messages are counted."""
    made, handed = lane(3, told=False)
    made.open(2)
    for reader in (0, 1, 0, 1):
        made.took(reader, 1)
    assert ([2], 4) == (handed, made.delivered)
    made.took(2, 1)
    assert ([2, 1], 1) == (handed, made.finished)


def test_a_closed_lane_drains() -> None:
    """``drained`` returns when the last message came, and nothing new was sent."""

    async def play() -> list[int]:
        made, handed = lane(1, told=False)
        made.open(2)
        made.open(0)
        waiting = asyncio.ensure_future(made.drained())
        await asyncio.sleep(0)
        made.took(0, 1)
        assert not waiting.done()
        made.took(0, 1)
        await waiting
        return handed

    assert [2] == asyncio.run(play())


def test_gathering_ends_with_the_last_message() -> None:
    """However they come."""

    async def play() -> tuple[bool, bool]:
        gathering = Gathering(3)
        gathering.took(2)
        early = gathering.all.done()
        gathering.took(1)
        return early, gathering.all.done()

    assert (False, True) == asyncio.run(play())
