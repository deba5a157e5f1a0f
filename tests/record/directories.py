"""A directory in memory whose clock is the test's, and what a client sees of it."""

from __future__ import annotations

from nullabona.client.core.directory.pinned import Pinned, pin
from nullabona.directory.opening import RecordOptions
from nullabona.directory.service import Clock, DirectoryService, Options, open_directory
from nullabona.wire.map_messages import EpochsListed, ListEpochs
from nullabona.wire.messages import (
    CardFound,
    CardTaken,
    DescribeLog,
    HandleWatched,
    LogDescribed,
    LookupCard,
    PublishCard,
    WatchHandle,
)
from tests.wire.cards import TODAY

HOST = "relay.example"
START = 1_000_000
PERIOD_S = 600


class Directory:
    """A real directory; each `advance` is one period later."""

    def __init__(self, start_s: int = START, today: int = TODAY) -> None:
        self.now = start_s
        clock = Clock(today=lambda: today, seconds=lambda: float(self.now), now=lambda: self.now)
        record = RecordOptions(period_s=PERIOD_S)
        self.service: DirectoryService = open_directory(None, HOST, Options(clock=clock, record=record))

    async def advance(self) -> None:
        self.now += PERIOD_S
        await self.service.advance(force=True)

    async def describe(self) -> LogDescribed:
        answer = await self.service.describe(DescribeLog())
        assert isinstance(answer, LogDescribed)
        return answer

    async def pinned(self) -> Pinned:
        return pin(HOST, await self.describe(), None, self.now)

    async def publish(self, card: bytes) -> bytes:
        answer = await self.service.publish(PublishCard(card))
        assert isinstance(answer, CardTaken)
        return answer.promise

    async def look_up(self, name: str = "민아") -> CardFound:
        answer = await self.service.look_up(LookupCard(name))
        assert isinstance(answer, CardFound)
        return answer

    async def watch(self, after: int, name: str = "민아") -> HandleWatched:
        answer = await self.service.watch(WatchHandle(name, after))
        assert isinstance(answer, HandleWatched)
        return answer

    async def list_epochs(self, after: int) -> EpochsListed:
        answer = await self.service.handlers()[ListEpochs](ListEpochs(after))
        assert isinstance(answer, EpochsListed)
        return answer
