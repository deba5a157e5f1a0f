"""What processes sign together when versions change, an engine is put back, or what they went on from is gone
(spec/engine.md §4.1): every process starts and signs, and nothing that an honest operator does is a contradiction.
"""

from __future__ import annotations

import asyncio
import copy
import secrets
from collections.abc import Awaitable, Callable, Iterator
from hashlib import sha256
from typing import Any

import pytest

from nullabona.client.runner.signed_stream import SignedStream
from nullabona.processes.engine import EngineCluster, Node
from nullabona.relay.shelves.engine.access import ADD, BEAT, CLOSE, RELAY
from nullabona.relay.shelves.engine.driver import Driver, EngineLacksFunctions
from nullabona.relay.shelves.engine.shared_digests import SharedDigests
from tests.relay.digest_logs import BOXES, PLENTY, SharedPlace, asked
from tests.relay.engines import address_of, needs_engine
from tests.relay.old_digests import older_library

pytestmark = needs_engine
PARTS = ("", ":past", ":hours", ":relays", ":day", ":links")
TAGS = bytes(4) + b"some"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineCluster]:
    """Two shards without replicas, for all tests of this file."""
    made = EngineCluster(tmp_path_factory.mktemp("engine") / "nodes", primaries=2)
    yield made
    made.close()


class Device:
    """Asks any of the processes, as one that goes from connection to connection; it takes no contradiction."""

    def __init__(self) -> None:
        self.stream = SignedStream()
        self.number = 0

    def asks(self, log: SharedDigests) -> tuple[bool, int]:
        """Whether it is told that it missed something, and of how many digests. What it is told is signed."""
        answer = asked(log, self.number)
        self.stream.take(self.stream.check(answer))
        missed, self.number = answer.first != self.number + 1, answer.first + len(answer.digests) - 1
        return missed, len(answer.digests)

    def finds(self, log: SharedDigests) -> None:
        """It asks for what comes after every number that it may have been told. All of it is signed, and agrees."""
        for after in range(log.head - 12, log.head + 1):
            self.stream.check(asked(log, after))


class OldProcess:
    """Calls the functions as a process of the release before signatures does: with six keys, and fewer arguments."""

    def __init__(self, place: SharedPlace, log: SharedDigests) -> None:
        self._place, self._keys = place, log._keys[:-1]

    async def digests(self, hours: int) -> None:
        """Everybody else is away: hours pass, and one digest comes in each."""
        from nullabona.relay.shelves.engine.cluster import connect_driver

        driver = await connect_driver(address_of(self._place.cluster), RELAY)

        async def calls(function: bytes, *arguments: bytes) -> Any:  # noqa: ANN401 - whatever an engine answers
            keys = b"%d" % len(self._keys), *self._keys
            (reply,) = await driver.call([(b"FCALL", function, *keys, secrets.token_bytes(8), *arguments)])
            return reply

        for _ in range(hours):
            self._place.hour += 1
            salt = secrets.token_bytes(8)
            told = await calls(BEAT, b"old", b"%d" % self._place.hour, b"1", b"0", b"0", b"0")
            assert b"old" == told[6 + 2 * told[6:][::2].index(b"old")]
            assert b"" == told[3]
            assert 1 == (await calls(ADD, salt, b"1", b"0", TAGS))[3]
            assert 1 == await calls(CLOSE, salt, b"1000", b"%d" % PLENTY)
        await driver.close()


class ProcessBefore0073(SharedDigests):
    """Hashes digests in another way, and keeps hashes where it did then."""

    async def begin(self, driver: Driver) -> None:
        self._keys[-1] = self.channel + b":chain"
        await super().begin(driver)

    def add(self, salt: bytes, encoded: bytes, thin: bytes = b"") -> None:
        super().add(salt, encoded, thin)
        if self._hashes:
            self._hashes[-32:] = sha256(self._hashes[-32:]).digest()


async def tell(place: SharedPlace, log: SharedDigests, count: int = 1) -> None:
    """So many digests come of what happens at one process; no process is silent for long meanwhile."""
    for _ in range(count):
        log.record(BOXES[0], 0, "somebody")
        await log.drain()
        log.close(PLENTY)
        await log.drain()
        for one in place.drivers:
            await place.settle(one)


def node_of(place: SharedPlace) -> Node:
    """The primary that has what the processes share."""
    (node,) = (node for node in place.cluster.primaries() if node.ask("EXISTS", f"d:{{{place.name}}}") == "1")
    return node


def save(place: SharedPlace) -> Callable[[], None]:
    """Copy what the engine has. Returns what puts it back, within the same reign."""
    node, key = node_of(place), f"d:{{{place.name}}}"
    copied = [part for part in PARTS if node.ask("COPY", key + part, f"{key}:saved{part}", "REPLACE") == "1"]

    def put_back() -> None:
        for part in PARTS:
            node.ask("DEL", key + part)
        for part in copied:
            assert node.ask("COPY", f"{key}:saved{part}", key + part) == "1"

    return put_back


async def lacking_two(place: SharedPlace) -> tuple[SharedDigests, SharedDigests, Device]:
    """Two processes that told five digests, of which the engine lacks the last two again; and a device of theirs."""
    here, there, device = await place.log(), await place.log(), Device()
    await tell(place, here, 3)
    put_back = save(place)
    await tell(place, here, 2)
    await place.settle(there)
    put_back()
    return here, there, device


def play(place: SharedPlace, scene: Callable[[], Awaitable[None]]) -> None:
    """Play a scene; every process that still runs ends after it."""

    async def whole() -> None:
        try:
            await scene()
        finally:
            for log in list(place.drivers):
                await place.end(log)

    asyncio.run(whole())


# -- no hash is known


@pytest.mark.parametrize("hours", [2, 30])
def test_versions_may_go_back_and_forth(cluster: EngineCluster, hours: int) -> None:
    """The version before, alone for hours in one reign, computes no chain: a newer process starts and signs all the
    same, and devices are told that they missed something.
    """
    place = SharedPlace(cluster, heard=False)

    async def scene() -> None:
        first, device = await place.log(), Device()
        await tell(place, first, 3)
        assert (True, 0) == device.asks(first)
        await place.end(first)
        await OldProcess(place, first).digests(hours)
        again = await place.log()
        missed, _ = device.asks(again)
        assert (hours == 30, []) == (missed, place.faults)
        await tell(place, again, 2)
        other = await place.log()
        device.finds(again)
        device.finds(other)
        assert asked(again, again.head) == asked(other, again.head)

    play(place, scene)


def test_processes_that_hash_alike_go_on_from_one_another_alone(cluster: EngineCluster) -> None:
    """While an operator upgrades process by process: a device that goes between the newer ones finds no contradiction,
    though one of before leaves hashes, too, and what the first went on from is forgotten when the next ones start.
    """
    place = SharedPlace(cluster, heard=False, most_bytes=700)

    async def scene() -> None:
        before, device = await place.log(ProcessBefore0073), Device()
        await tell(place, before, 3)
        first = await place.log()
        for log in (before, first) * 4:
            await tell(place, log, 1)
            device.asks(first)
        for _ in range(6):  # of two hashes of one number a process would take the lower: one by chance
            second = await place.log()
            await tell(place, first, 1)
            device.asks(second)
            device.asks(first)
            device.finds(second)
            await place.end(second)
        assert place.faults == []

    play(place, scene)


def test_where_no_hash_is_known_another_stream_begins_for_all(cluster: EngineCluster) -> None:
    """A process starts and finds none that it could go on from: it signs, the one that runs signs the same, and
    whoever comes to either is told that they missed something.
    """
    place = SharedPlace(cluster, heard=False)

    async def scene() -> None:
        here, device, other = await place.log(), Device(), Device()
        await tell(place, here, 3)
        for one in (device, other):
            one.asks(here)
        node_of(place).ask("LTRIM", f"d:{{{place.name}}}:past", "1", "-1")
        node_of(place).ask("DEL", f"d:{{{place.name}}}:links")
        there = await place.log()
        await place.settle(here)
        assert asked(here, here.head) == asked(there, here.head)
        assert [(True, 0), (True, 0)] == [device.asks(here), other.asks(there)]
        await tell(place, there, 1)
        await place.settle(here)
        assert [(False, 1), (False, 1), []] == [device.asks(there), other.asks(here), place.faults]
        assert [2, 2] == [len(one.stream.heads) for one in (device, other)]

    play(place, scene)


def test_who_lags_behind_an_engine_that_keeps_little_signs_on(cluster: EngineCluster) -> None:
    """A lone process that missed more than is remembered: it begins another stream, and so signs, also later."""
    place = SharedPlace(cluster, heard=False, most_bytes=400)

    async def scene() -> None:
        here, device = await place.log(), Device()
        await tell(place, here, 3)
        device.asks(here)
        await OldProcess(place, here).digests(6)
        node_of(place).ask("LTRIM", f"d:{{{place.name}}}:past", "-1", "-1")
        await place.settle(here)
        assert (True, []) == (device.asks(here)[0], place.faults)
        await tell(place, here, 2)
        device.finds(await place.log())
        assert [] == place.faults

    play(place, scene)


# -- versions side by side


def test_an_older_process_that_starts_replaces_the_functions(cluster: EngineCluster) -> None:
    """A newer one says that it lacks its own, which are then loaded; it goes on as if nothing had been."""
    place = SharedPlace(cluster, heard=False)

    async def scene() -> None:
        here, device = await place.log(), Device()
        await tell(place, here)
        device.asks(here)
        for node in cluster.primaries():
            node.ask("FUNCTION", "LOAD", "REPLACE", older_library())
        await place.settle(here)
        assert [EngineLacksFunctions] == [type(fault) for fault in place.faults]
        await place.load()
        await tell(place, here, 2)
        assert ((False, 2), 1) == (device.asks(here), len(place.faults))

    play(place, scene)


def test_an_older_process_beside_newer_ones_is_signed_for(cluster: EngineCluster) -> None:
    """What it closes is a link of the chain; what it is answered is what its own functions would answer."""
    place = SharedPlace(cluster, heard=False)

    async def scene() -> None:
        here, there, device = await place.log(), await place.log(), Device()
        device.asks(here)
        for log in (here, there):
            await OldProcess(place, log).digests(1)
            await place.settle(log)
            assert (False, 1) == device.asks(log)
        assert (1, []) == (len(device.stream.heads), place.faults)

    play(place, scene)


# -- what was put back


@pytest.mark.parametrize("overtaken", [0, 1, 4])
def test_an_engine_that_was_put_back_begins_another_stream(cluster: EngineCluster, overtaken: int) -> None:
    """In the same reign it gives numbers out again; also if it has given out more than that process knows of. Nothing
    is signed twice, and all are told that they missed something.
    """
    place = SharedPlace(cluster, heard=False)

    async def scene() -> None:
        here, there, device = await lacking_two(place)
        device.asks(here)
        await OldProcess(place, here).digests(overtaken)
        for log in (here, there):
            await place.settle(log)
        assert [True, False] == [device.asks(log)[0] for log in (here, there)]
        await tell(place, there, 6)
        for log in (here, there, await place.log()):
            await place.settle(log)
            device.finds(log)
        assert (2, []) == (len(device.stream.heads), place.faults)

    play(place, scene)


def test_a_failover_that_loses_the_newest_digests_contradicts_nothing(cluster: EngineCluster) -> None:
    """The replica lacks the last two when it becomes primary: it has another reign, so they are of another key."""
    place = SharedPlace(cluster, heard=False)

    async def scene() -> None:
        here, there, device = await lacking_two(place)
        device.asks(there)
        await place.begin_again()
        for log in (here, there):
            await place.settle(log)
        assert [True, False] == [device.asks(log)[0] for log in (there, here)]
        await tell(place, here, 6)
        await place.settle(there)
        for log in (here, there):
            device.finds(log)
        assert (2, []) == (len(device.stream.heads), place.faults)

    play(place, scene)


def test_a_process_that_was_put_back_contradicts_nothing(cluster: EngineCluster) -> None:
    """Its memory is that of some digests ago, while the engine and another process went on: it takes what it lacks."""
    place = SharedPlace(cluster, heard=False)

    async def scene() -> None:
        here, there, device = await place.log(), await place.log(), Device()
        await tell(place, here, 2)
        await place.settle(there)
        names = [name for name in vars(here) if isinstance(getattr(here, name), bytes | bytearray | int | tuple)]
        names += ["_past", "_thin", "_others", "_heavy", "_key"]
        before = {name: copy.copy(getattr(here, name)) for name in names}
        await tell(place, here, 2)
        await place.settle(there)
        device.asks(here)
        for name, value in before.items():
            setattr(here, name, value)
        assert here.head + 2 == there.head
        device.finds(here)
        await place.settle(here)
        await tell(place, there)
        await place.settle(here)
        assert [(False, 1), (False, 0), []] == [device.asks(here), device.asks(there), place.faults]

    play(place, scene)
