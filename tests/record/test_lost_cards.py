"""A directory that lost its cards says so in its record, and nobody is told of forgery or of a broken promise."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from nullabona.client.core.directory.checking import check_answer
from nullabona.client.core.directory.owner import Look, Watch, judge, look, settle, start
from nullabona.client.core.directory.pinned import Pinned, pin
from nullabona.client.core.directory.promises import Expected
from nullabona.directory.opening import RecordOptions
from nullabona.directory.service import Clock, DirectoryService, Options, open_directory
from nullabona.wire.card import card_hash
from nullabona.wire.messages import (
    CardFound,
    CardTaken,
    DescribeLog,
    HandleWatched,
    LogDescribed,
    LookupCard,
    PublishCard,
    Refusal,
    WatchHandle,
)
from tests.wire.cards import JUN, MINA, TODAY, card_bytes, first_card

HOST = "relay.example"
PERIOD_S = 600
CARD = first_card()


class Place:
    """A directory on a disk whose cards can be lost, and its record kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = 1_000_000
        self.service = self.opened()

    def opened(self) -> DirectoryService:
        clock = Clock(today=lambda: TODAY, seconds=lambda: float(self.now), now=lambda: self.now)
        record = RecordOptions(period_s=PERIOD_S, folder=self.folder / "record")
        return open_directory(self.folder / "data", HOST, Options(clock=clock, record=record))

    async def advance(self, *, force: bool = True) -> None:
        self.now += PERIOD_S
        await self.service.advance(force=force)

    async def lose_cards(self) -> None:
        await self.service.close()
        shutil.rmtree(self.folder / "data")
        self.now += 60
        self.service = self.opened()

    async def pinned(self) -> Pinned:
        described = await self.service.describe(DescribeLog())
        assert isinstance(described, LogDescribed)
        return pin(HOST, described, None, self.now)


def play(folder: Path, story: Callable[[Place], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        place = Place(folder)
        try:
            await place.service.advance()
            await story(place)
        finally:
            await place.service.close()

    asyncio.run(run())


async def watched(place: Place, pinned: Pinned, watch: Watch) -> Look:
    answer = await place.service.watch(WatchHandle(MINA.name, watch.epoch))
    assert isinstance(answer, HandleWatched)
    return look(pinned, watch, MINA, answer, place.now)


def test_an_owner_is_told_that_all_cards_were_lost(tmp_path: Path) -> None:
    """Not that a card was shown which is in no record; once the card is there again, nothing is said."""

    async def story(place: Place) -> None:
        pinned = await place.pinned()
        await place.service.publish(PublishCard(CARD.encoded))
        await place.advance()
        found = await watched(place, pinned, start(pinned))
        watch, alarms = judge(start(pinned), found.openings, [CARD.hash], found.emptied)
        assert [] == alarms
        watch = found.watch
        await place.lose_cards()
        await place.service.advance()
        await place.service.publish(PublishCard(CARD.encoded))
        await place.advance()
        found = await watched(place, pinned, watch)
        _, alarms = judge(watch, found.openings, [CARD.hash], found.emptied)
        assert [("cards-lost", "removed")] == [(alarm.code, alarm.reason) for alarm in alarms]

    play(tmp_path, story)


def test_a_card_that_alone_is_taken_out_is_an_alarm(tmp_path: Path) -> None:
    """A directory cannot call the removal of one card a loss: others are still in its map."""

    async def story(place: Place) -> None:
        pinned = await place.pinned()
        await place.service.publish(PublishCard(CARD.encoded))
        await place.service.publish(PublishCard(card_bytes("jun", JUN)))
        await place.advance()
        before = (await watched(place, pinned, start(pinned))).watch
        store, label = place.service._store, place.service._record.place(MINA).label
        with store.transaction():  # what no directory does by itself
            store._run("put_entry", label, store.progress().closed + 1, 2, b"", None)  # type: ignore[attr-defined]
        await place.advance()
        found = await watched(place, pinned, before)
        _, alarms = judge(before, found.openings, [CARD.hash], found.emptied)
        assert ([("card-not-in-log", "removed")], frozenset()) == ([(a.code, a.reason) for a in alarms], found.emptied)

    play(tmp_path, story)


def test_a_promise_that_was_open_is_lost_and_not_broken(tmp_path: Path) -> None:
    """The record itself says that the directory lost what it had promised to enter."""

    async def story(place: Place) -> None:
        await place.advance()
        pinned = await place.pinned()
        taken = await place.service.publish(PublishCard(CARD.encoded))
        assert isinstance(taken, CardTaken)
        answer = await place.service.look_up(LookupCard(MINA.name))
        assert isinstance(answer, CardFound)
        promise = check_answer(pinned, MINA, answer, place.now).promise
        assert promise is not None
        await place.lose_cards()
        await place.service.advance()
        found = await watched(place, pinned, start(pinned))
        still, alarms = settle([promise], found.openings, emptied=found.emptied)
        assert ([], ["cards-lost"]) == (still, [alarm.code for alarm in alarms])
        kept = Expected(HOST, str(MINA), card_hash(b"other"), promise.after, promise.by, b"", (), 0)
        _, alarms = settle([kept], found.openings)
        assert ["promise-broken"] == [alarm.code for alarm in alarms], "without an empty map it is an accusation"

    play(tmp_path, story)


def test_nothing_is_taken_or_shown_before_the_loss_is_said(tmp_path: Path) -> None:
    """The epoch with the empty map comes first, whenever that is due: a card that came earlier would hide the loss."""

    async def story(place: Place) -> None:
        await place.service.publish(PublishCard(CARD.encoded))
        await place.advance()
        await place.lose_cards()
        early = [
            await place.service.publish(PublishCard(CARD.encoded)),
            await place.service.look_up(LookupCard(MINA.name)),
            await place.service.watch(WatchHandle(MINA.name, 1)),
            await place.service.describe(DescribeLog()),
        ]
        assert [True] * 4 == [isinstance(each, Refusal) and each.code == "busy" for each in early]
        assert place.service.file("checkpoint") is None
        await place.service.advance()  # less than a period after the last epoch
        epoch = place.service._store.epoch(3)
        assert epoch is not None
        assert bytes(32) == epoch.root
        answer = await place.service.look_up(LookupCard(MINA.name))
        assert isinstance(answer, CardFound)
        assert b"" == answer.card
        assert isinstance(await place.service.publish(PublishCard(CARD.encoded)), CardTaken)

    play(tmp_path, story)
