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
