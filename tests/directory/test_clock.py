"""A wrong clock closes no epoch of the public record and lets no held handle go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from nullabona.directory import epochs
from nullabona.directory.opening import RecordOptions
from nullabona.directory.record import PublicRecord
from nullabona.directory.service import Clock, DirectoryService, Options, open_directory
from nullabona.wire.card import sign_delete
from nullabona.wire.messages import DeleteCard, Done, PublishCard, Refusal
from tests.wire.cards import TODAY, first_card, identity

DAY_S = 86_400
FIRST = first_card()


class Hands:
    """A wall clock that can be wrong, and a counting one."""

    def __init__(self) -> None:
        self.wall = TODAY * DAY_S + 1_000
        self.steady = 0
        self.looked = 0
        """How often the counting one was read."""

    def clock(self) -> Clock:
        return Clock(today=lambda: self.wall // DAY_S, seconds=self._seconds, now=lambda: self.wall)

    def _seconds(self) -> float:
        self.looked += 1
        return float(self.steady)

    def pass_by(self, seconds: int) -> None:
        self.wall += seconds
        self.steady += seconds


def opened(folder: Path, hands: Hands) -> DirectoryService:
    return open_directory(folder, "relay.example", Options(clock=hands.clock(), record=RecordOptions(period_s=10)))


def closed_s(record: PublicRecord) -> int:
    """When the newest epoch was closed; there must be one."""
    assert record.closed_s is not None
    return record.closed_s


async def turn(service: DirectoryService, done: Callable[[], bool]) -> None:
    """Let the keeper turn until something is so."""
    for _ in range(500):
        if done():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the keeper never came to that")


async def looked_at(service: DirectoryService, hands: Hands) -> None:
    """Let the keeper look at the clocks some times, and do what it does then."""
    enough = hands.looked + 3
    await turn(service, lambda: hands.looked >= enough)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epochs, "LOOK_S", 0.01)


@pytest.mark.parametrize("step", [3_650 * DAY_S, -3_650 * DAY_S])
def test_a_clock_that_steps_closes_nothing(tmp_path: Path, step: int) -> None:
    """The record stands until the clock is right, and then goes on within a minute as if nothing had been."""

    async def play() -> list[int]:
        hands = Hands()
        service = opened(tmp_path, hands)
        record = service._record
        closed = []
        try:
            service.begin()
            await turn(service, lambda: record.served is not None)
            closed.append(closed_s(record) - hands.wall)
            hands.wall += step
            hands.pass_by(100)
            await looked_at(service, hands)
            closed.append(closed_s(record) - (hands.wall - step))
            hands.wall -= step
            await turn(service, lambda: record.closed_s == hands.wall)
            closed.append(closed_s(record) - hands.wall)
        finally:
            await service.close()
        return closed

    assert [0, -100, 0] == asyncio.run(play())


@pytest.mark.parametrize("away", [-DAY_S, 31 * DAY_S])
def test_a_start_at_an_impossible_time_closes_nothing(tmp_path: Path, away: int) -> None:
    """Behind the last epoch, or a month after it; what was published before is served all the same."""

    async def play() -> tuple[bool, int]:
        hands = Hands()
        first = opened(tmp_path, hands)
        await first.advance()
        await first.close()
        hands.wall += away
        second = opened(tmp_path, hands)
        try:
            second.begin()
            await looked_at(second, hands)
            return second._record.served is not None, closed_s(second._record) - (hands.wall - away)
        finally:
            await second.close()

    assert (True, 0) == asyncio.run(play())


def test_a_clock_that_steps_lets_no_held_handle_go(tmp_path: Path) -> None:
    """A deleted handle stays held while the clock says that its ninety days are over."""

    async def play() -> list[object]:
        hands = Hands()
        service = opened(tmp_path, hands)
        try:
            await service.advance()
            await service.publish(PublishCard(FIRST.encoded))
            answers: list[object] = [await service.delete(DeleteCard(sign_delete(identity("mina"), FIRST, day=TODAY)))]
            hands.wall += 3_650 * DAY_S
            return [*answers, await service.publish(PublishCard(FIRST.encoded))]
        finally:
            await service.close()

    assert [Done(), Refusal("handle-taken")] == asyncio.run(play())
