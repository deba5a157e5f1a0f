"""What is handed over about a handle is about that handle: never about somebody of the same name at another host."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from nullabona.directory.service import Clock, DirectoryService, Options, open_directory, read_producible
from nullabona.directory.store.interface import StoreFailed
from nullabona.machine.timekeeping import ClockGuard, Clocks
from nullabona.wire.card import sign_delete, verify_card
from nullabona.wire.messages import DeleteCard, PublishCard
from tests.wire.cards import MINA, TODAY, first_card, identity, next_bytes

FIRST = first_card()
SECOND = verify_card(next_bytes(FIRST), today=TODAY, previous=FIRST)
ELSEWHERE = f"{MINA.name}@elsewhere.example"


def play(data: Path, act: Callable[[DirectoryService], Awaitable[None]]) -> None:
    """``act`` on a directory that has its first epoch."""

    async def run() -> None:
        clock = Clock(today=lambda: TODAY, seconds=lambda: 0.0, now=lambda: 1_000)
        service = open_directory(data, "relay.example", Options(clock=clock))
        try:
            await service.advance()
            await act(service)
        finally:
            await service.close()

    asyncio.run(run())


def test_nothing_is_produced_of_a_namesake_elsewhere(tmp_path: Path) -> None:
    """A demand about another operator's user yields the bare handle: our user of that name is somebody else."""
    found: list[dict[str, object]] = []

    def look(service: DirectoryService) -> None:
        found.extend([service.producible(ELSEWHERE), read_producible(tmp_path, ELSEWHERE)])

    async def act(service: DirectoryService) -> None:
        for card in (FIRST, SECOND):
            await service.publish(PublishCard(card.encoded))
            look(service)
            await service.advance(force=True)
        await service.delete(DeleteCard(sign_delete(identity("mina"), SECOND, day=TODAY)))
        look(service)

    play(tmp_path, act)
    assert [{"handle": ELSEWHERE}] * 6 == found


def test_a_card_that_does_not_say_whose_it_is_is_not_handed_over(tmp_path: Path) -> None:
    """A damaged row is a failure to look at, never somebody's production."""

    async def act(service: DirectoryService) -> None:
        await service.publish(PublishCard(FIRST.encoded))
        with closing(sqlite3.connect(tmp_path / "cards.db")) as cards, cards:
            cards.execute("UPDATE card SET encoded = x'00'")
        with pytest.raises(StoreFailed):
            service.producible(str(MINA))

    play(tmp_path, act)


def test_a_hold_ends_though_nobody_publishes_and_its_entries_go_thirty_days_later(tmp_path: Path) -> None:
    """Nothing is handed over of it once it has ended; what the record still has of the label goes with the history."""
    day = [TODAY]

    async def run() -> list[tuple[int, int, dict[str, object]]]:
        seen = []
        guard = ClockGuard(Clocks(lambda: day[0] * 86_400, lambda: day[0] * 86_400.0))
        clock = Clock(today=lambda: day[0], seconds=lambda: day[0] * 86_400.0, now=lambda: day[0] * 86_400)
        service = open_directory(tmp_path, "relay.example", Options(clock=clock, guard=guard))
        await service.advance()
        await service.publish(PublishCard(FIRST.encoded))
        await service.advance(force=True)
        await service.delete(DeleteCard(sign_delete(identity("mina"), FIRST, day=TODAY)))
        for passed in (0, 90, 91, 120, 122):
            day[0] = TODAY + passed
            for _ in range(2):
                await service.advance(force=True)
            with closing(sqlite3.connect(tmp_path / "cards.db")) as db:
                (held,), (entries,) = (db.execute(f"SELECT count(*) FROM {t}").fetchone() for t in ("held", "entry"))
            seen.append((held, entries, service.producible(str(MINA))))
        await service.close()
        return seen

    before, last, after, kept, gone = asyncio.run(run())
    assert [(1, True), (1, True)] == [(found[0], "until_day" in found[2]) for found in (before, last)]
    assert [(0, 2), (0, 2), (0, 0)] == [found[:2] for found in (after, kept, gone)]
    assert [{"handle": str(MINA)}] * 3 == [found[2] for found in (after, kept, gone)]
