"""What monitoring sees of a directory: its record's times, how many handles there are, and when it stands still."""

from __future__ import annotations

import asyncio

from nullabona.directory.figures import STANDS_LEEWAY_S, STANDS_PERIODS
from nullabona.directory.service import Options, open_directory
from tests.directory.test_service import FIRST, HOST, FakeTime, ask, directory, publish


def test_figures_follow_the_record() -> None:
    """Handles are counted when an epoch closes; without witnesses nobody fails to sign."""

    async def play() -> None:
        time = FakeTime()
        time.second = 1_000.0
        async with directory(time=time) as service:
            await ask(service, publish(FIRST.encoded))
            before = service.figures()
            time.second = 2_000.0
            await service.advance(force=True)
            after = service.figures()
        assert (0, 1_000, 1_000) == tuple(before[name] for name in SHOWN)
        assert (1, 2_000, 2_000) == tuple(after[name] for name in SHOWN)
        assert {} == after["witness_failures"]

    asyncio.run(play())


SHOWN = ("accounts", "record_closed_seconds", "record_cosigned_seconds")


def test_a_record_stands_still_from_the_second_after_its_time() -> None:
    """On both sides of the limit; the sentence says for how long."""

    async def play() -> None:
        time = FakeTime()
        time.second = 1_000.0
        async with directory(time=time) as service:
            period = service.figures()["record_period_seconds"]
            assert isinstance(period, int)
            time.second = 1_000.0 + STANDS_PERIODS * period + STANDS_LEEWAY_S
            assert "" == service.standstill()
            time.second += 1
            late = STANDS_PERIODS * period + STANDS_LEEWAY_S + 1
            assert f"the public record has stood still for {late} s; its period is {period} s" == service.standstill()

    asyncio.run(play())


def test_a_record_without_a_cosigned_epoch_is_not_ready() -> None:
    """A new one, until its first epoch is published."""

    async def play() -> None:
        service = open_directory(None, HOST, Options(clock=FakeTime().clock()))
        assert "the public record has no epoch that enough witnesses have signed" == service.standstill()
        assert 0 == service.figures()["record_cosigned_seconds"]
        await service.close()

    asyncio.run(play())
