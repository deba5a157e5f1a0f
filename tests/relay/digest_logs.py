"""Logs of activity digests of both kinds, and a model of what they have to tell."""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from hypothesis import strategies as st

from nullabona.client.runner.signed_stream import SignedStream
from nullabona.processes.engine import EngineCluster
from nullabona.relay.core.digests import Digests
from nullabona.relay.digest_log import DigestLog
from nullabona.relay.shelves.engine.access import KEEPER, RELAY
from nullabona.relay.shelves.engine.driver import Driver
from nullabona.relay.shelves.engine.keeper import load_functions
from nullabona.relay.shelves.engine.peers import Peers
from nullabona.relay.shelves.engine.shared_digests import SharedDigests
from nullabona.wire.messages import ActivityDigests
from nullabona.wire.wakes import activity_tag, omits_activity
from tests.relay.engines import address_of

PLENTY = 2**30
BOXES = [bytes([number]) * 32 for number in range(6)]


class DigestPlace(Protocol):
    """Where digests of one kind are numbered."""

    survives: ClassVar[bool]
    """Whether numbers go on when a process ends."""

    async def log(self) -> DigestLog:
        """That of a new process."""
        ...

    async def settle(self, log: DigestLog) -> None:
        """Return when everything is told, and heard."""
        ...

    async def end(self, log: DigestLog) -> None:
        """The process ends in good order."""
        ...

    async def begin_again(self) -> None:
        """What keeps the numbers is another one now."""
        ...


class OwnPlace:
    """Within one process."""

    survives: ClassVar = False

    async def log(self) -> DigestLog:
        return Digests(secrets.randbits, PLENTY)

    async def settle(self, log: DigestLog) -> None: ...

    async def end(self, log: DigestLog) -> None: ...

    async def begin_again(self) -> None: ...


class Reports:
    """Hears what logs report."""

    def __init__(self) -> None:
        self.came = asyncio.Event()
        self.begins: list[float] = []

    def begun(self, late_s: float = 0) -> None:
        self.begins.append(late_s)

    def closed(self) -> None:
        self.came.set()


class SharedPlace:
    """On an engine. ``heard``: whether what is published comes; otherwise only what a process asks for by itself."""

    survives: ClassVar = True

    def __init__(self, cluster: EngineCluster, *, heard: bool = True, most_bytes: int = PLENTY) -> None:
        self.cluster = cluster
        self.name = secrets.token_hex(4)
        self.faults: list[Exception] = []
        self.hour = 1
        self.reports = Reports()
        self._heard = heard
        self._most_bytes = most_bytes
        self.drivers: dict[SharedDigests, Driver] = {}

    async def log(self, kind: type[SharedDigests] = SharedDigests) -> SharedDigests:
        from nullabona.relay.shelves.engine.cluster import connect_driver

        address = address_of(self.cluster)
        if not self.drivers:
            await self.load()
        made = kind(
            self.name, self._most_bytes, Peers(),
            rng=secrets.randbits, fault=self.faults.append, hour=lambda: self.hour,
        )  # fmt: skip
        made.report_to(self.reports)
        driver = await connect_driver(address, RELAY, lambda channel, message: made.heard(message) if channel else None)
        if self._heard:
            await driver.listen([made.channel])
        await made.begin(driver)
        self.drivers[made] = driver
        return made

    async def load(self) -> None:
        """Give the nodes their functions."""
        from nullabona.relay.shelves.engine.cluster import connect_driver

        keeper = await connect_driver(address_of(self.cluster), KEEPER)
        await load_functions(keeper)
        await keeper.close()

    async def settle(self, log: DigestLog) -> None:
        assert isinstance(log, SharedDigests)
        await log.drain()
        log.tick()
        await log.drain()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return once that is so after something was reported."""
        async with asyncio.timeout(20):
            while not holds():
                self.reports.came.clear()
                await self.reports.came.wait()

    async def end(self, log: DigestLog) -> None:
        assert isinstance(log, SharedDigests)
        await log.drain()
        await log.leave()
        await self.kill(log)

    async def kill(self, log: SharedDigests) -> None:
        """The process ends without a word."""
        await self.drivers.pop(log).close()

    async def begin_again(self) -> None:
        for node in self.cluster.primaries():
            node.ask("DEBUG", "CHANGE-REPL-ID")


@dataclass
class Model:
    """What happened, as somebody who sees everything would write it down."""

    open: set[bytes] = field(default_factory=set)
    kept: list[frozenset[bytes]] = field(default_factory=list)
    """Since the numbers began."""
    run: int = 0
    """How often numbers began."""
    streams: dict[int, SignedStream] = field(default_factory=lambda: defaultdict(SignedStream))
    """What each poller saw signed."""
    at: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """For each poller: the run in which it was told last, how many digests of it, and the number of the last one."""

    def begin_again(self) -> None:
        self.run, self.open, self.kept = self.run + 1, set(), []

    def close(self) -> None:
        if self.open:
            self.kept.append(frozenset(self.open))
            self.open = set()

    def check(self, poller: int, ask: Callable[[int], ActivityDigests]) -> None:
        """The poller asks after what it was told last: each digest since then, or that it missed some."""
        run, count, number = self.at.get(poller, (-1, 0, 0))
        answer = ask(number)
        if run != self.run:
            assert answer.first != number + 1
            assert () == answer.digests
            count = len(self.kept)
        else:
            assert number + 1 == answer.first
            told = [{box for box in BOXES if activity_tag(salt, box) in _split(tags)} for salt, tags in answer.digests]
            assert [set(one) for one in self.kept[count:]] == told
            assert not omits_activity(answer)
            count += len(told)
        stream = self.streams[poller]
        assert (stream.key == answer.key) == (run == self.run)
        stream.take(stream.check(answer))
        self.at[poller] = self.run, count, answer.first + len(answer.digests) - 1


def _split(tags: bytes) -> set[bytes]:
    return {tags[at : at + 4] for at in range(0, len(tags), 4)}


steps = st.lists(
    st.one_of(
        st.tuples(st.just("record"), st.integers(0, 1), st.integers(0, 5)),
        st.tuples(st.just("record"), st.integers(0, 1), st.integers(0, 5)),
        st.tuples(st.just("close"), st.integers(0, 1), st.just(0)),
        st.tuples(st.just("ask"), st.integers(0, 1), st.integers(0, 2)),
        st.tuples(st.just("restart"), st.integers(0, 1), st.just(0)),
        st.tuples(st.just("again"), st.just(0), st.just(0)),
    ),
    max_size=25,
)


def asked(log: DigestLog, after: int) -> ActivityDigests:
    """What a client is answered that polls."""
    return log.signed(log.after(after, PLENTY), brief=False)


async def agrees(place: DigestPlace, plan: list[tuple[str, int, int]], processes: int) -> None:
    """Do what the plan says; every poller is told alike at whichever process it asks, whenever it asks."""
    logs, model = [await place.log() for _ in range(processes)], Model()

    async def settle() -> None:
        for log in logs:
            await place.settle(log)

    for what, which, number in plan:
        at = which % processes
        if what == "record":
            logs[at].record(BOXES[number], number, f"connection {which}")
            await settle()
            model.open.add(BOXES[number])
        elif what == "close":
            logs[at].close(PLENTY)
            await settle()
            model.close()
        elif what == "ask":
            model.check(number, lambda after, log=logs[at]: asked(log, after))  # type: ignore[misc]
        elif what == "restart" or not place.survives:
            await place.end(logs[at])
            logs[at] = await place.log()
            if not place.survives:
                model.begin_again()
        else:
            await place.begin_again()
            await settle()
            model.begin_again()
    for log in logs:
        model.check(9, lambda after, log=log: asked(log, after))  # type: ignore[misc]
        model.check(9, lambda after, log=log: asked(log, after))  # type: ignore[misc]
        await place.end(log)
