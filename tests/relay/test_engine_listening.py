"""Who listens to an engine of which a shard is away, or refuses (spec/engine.md §4, §5)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection
from typing import Any, cast

import pytest

from nullabona.relay.shelves.engine.access import PREFIX
from nullabona.relay.shelves.engine.driver import SLOTS, Command, Driver, EngineFailed, Reply, SlotMap
from nullabona.relay.shelves.engine.keeper import check_engine, load_functions
from nullabona.relay.shelves.engine.lanes import Chores
from nullabona.relay.shelves.engine.settings import NEEDED, EngineSettings
from nullabona.relay.shelves.engine.watches import PATIENCE_S, Watches

HERE, AWAY = "h:1", "a:2"
NOW_S = 1_800_000_000


def two_shards() -> SlotMap:
    half = SLOTS // 2
    return SlotMap([[0, half - 1, [b"h", 1, b""]], [half, SLOTS - 1, [b"a", 2, b""]]])


def box_at(slots: SlotMap, node: str) -> bytes:
    """The address of some box that this shard has."""
    while slots.node_of(PREFIX + (address := os.urandom(32))) != node:
        pass
    return address


class OneAway:
    """A driver of two shards, of which one may be away. Counts connections."""

    def __init__(self) -> None:
        self.slots = two_shards()
        self.away = {AWAY}
        self.opened: list[str] = []
        self.heard: set[bytes] = set()

    async def listen(self, channels: Collection[bytes]) -> set[bytes]:
        failed = {channel for channel in channels if self.slots.node_of(channel) in self.away}
        self.heard |= set(channels) - failed
        return failed

    async def listen_anew(self, channels: Collection[bytes]) -> set[bytes]:
        self.opened += sorted({self.slots.node_of(channel) for channel in channels})
        return await self.listen(channels)


def test_a_shard_that_is_away_keeps_nobody_from_hearing_the_others() -> None:
    """Hundreds begin to wait meanwhile: nothing is opened again for them, and each is looked at.

    Once the shard is back, its boxes are listened to as well.
    """
    driver, moved, faults = OneAway(), list[bytes](), list[Exception]()
    fine = [box_at(driver.slots, HERE) for _ in range(200)]
    waits = box_at(driver.slots, AWAY)

    async def story() -> None:
        chores = Chores(faults.append)
        watches = Watches(cast(Driver, driver), chores, moved.append, lambda _: True)
        watches.beats(driver.slots)
        watches.add(waits)
        for address in fine:
            watches.add(address)
            await chores.drain()
        assert set(fine) == set(moved)
        assert [AWAY, HERE] == driver.opened
        for second in range(1, PATIENCE_S + 3):
            for channel in driver.heard:
                watches.take(channel, b"1")
            watches.tick(second)
            await chores.drain()
        assert {AWAY} == set(driver.opened[2:]), "the healthy shard is listened to over the connection that there is"
        assert not any(watch.listened for watch in [watches.get(waits)] if watch)
        driver.away.clear()
        watches.tick(PATIENCE_S + 4)
        await chores.drain()
        assert moved.count(waits) >= 1
        assert all(watch.listened for watch in [watches.get(waits)] if watch)

    asyncio.run(story())
    assert {EngineFailed} == {type(fault) for fault in faults}


class Sent(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: Any) -> None:  # noqa: ANN401 - as its base says
        self.written += bytes(data)

    def abort(self) -> None:
        pass


def test_a_refused_farewell_is_nobody_elses_answer() -> None:
    """A node may refuse to end a subscription, of which success is no answer: the next question's is not shifted."""
    pytest.importorskip("hiredis")
    from nullabona.relay.shelves.engine.connection import Connection

    async def story() -> None:
        connection = Connection(5.0, lambda _: None, lambda: None)
        connection.connection_made(sent := Sent())
        bye = connection.ask_refusals([(b"SUNSUBSCRIBE", b"x"), (b"SUNSUBSCRIBE", b"y")])
        listens = connection.ask([(b"SSUBSCRIBE", b"z"), (b"SSUBSCRIBE", b"w")])
        assert sent.written.endswith(b"w\r\n")
        connection.data_received(
            b"-CLUSTERDOWN Hash slot not served\r\n>3\r\n$12\r\nsunsubscribe\r\n$1\r\ny\r\n:0\r\n+PONG\r\n"
        )
        connection.data_received(b">3\r\n$10\r\nssubscribe\r\n$1\r\nz\r\n:1\r\n-MOVED 1 h:1\r\n")
        assert ["CLUSTERDOWN"] == [reply.word for reply in await bye if isinstance(reply, EngineFailed)]
        first, second = await listens
        assert (b"z", "Elsewhere") == (cast(list[Any], first)[1], type(second).__name__)
        connection.close()

    asyncio.run(story())


class Nodes:
    """A keeper's driver of two nodes that answer as a test wants."""

    def __init__(self, answer: Callable[[str, Command], Reply]) -> None:
        self._answer = answer

    async def shards(self) -> SlotMap:
        return two_shards()

    async def ask_node(self, node: str, command: Command) -> Reply:
        return self._answer(node, command)


def refused(word: str) -> EngineFailed:
    failure = EngineFailed("the engine refused what was asked")
    failure.word = word
    return failure


def as_needed(command: Command, clock_s: int = NOW_S) -> Reply:
    if command[0] == b"TIME":
        return [b"%d" % clock_s, b"0"]
    return {setting.name.encode(): setting.value.encode() for setting in NEEDED}


@pytest.mark.parametrize("word", ["NOPERM", "WRONGPASS", "NOAUTH"])
def test_a_node_that_refuses_the_keeper_is_not_away(word: str) -> None:
    """Nobody knows how it is set up, so no relay starts on it, though another node is as it should be."""
    for shut in (b"CONFIG", b"TIME"):

        def answer(node: str, command: Command, shut: bytes = shut) -> Reply:
            return refused(word) if (node, command[0]) == (HERE, shut) else as_needed(command)

        with pytest.raises(EngineSettings, match=f"node {HERE} of the engine refuses the user 'keeper' \\({word}\\)"):
            asyncio.run(check_engine(cast(Driver, Nodes(answer)), lambda: NOW_S))
    nodes = Nodes(lambda node, _: refused(word) if node == HERE else b"")
    with pytest.raises(EngineSettings, match=HERE):
        asyncio.run(load_functions(cast(Driver, nodes)))


def test_a_node_that_is_away_is_checked_later() -> None:
    nodes = Nodes(lambda node, command: EngineFailed("away") if node == AWAY else as_needed(command))
    assert [HERE] == asyncio.run(check_engine(cast(Driver, nodes), lambda: NOW_S))


@pytest.mark.parametrize(("apart_s", "days"), [(86_400, 0), (-86_400, 0), (86_401, 1), (40 * 86_400, 40), (-86_401, 1)])
def test_a_clock_that_is_days_off_is_refused(apart_s: int, days: int) -> None:
    """A relay erases by its clock what is over, for all relays of an engine."""
    nodes = cast(Driver, Nodes(lambda _, command: as_needed(command, NOW_S + apart_s)))
    if not days:
        assert [AWAY, HERE] == asyncio.run(check_engine(nodes, lambda: NOW_S))
        return
    with pytest.raises(EngineSettings, match=f"are {days} days apart"):
        asyncio.run(check_engine(nodes, lambda: NOW_S))
