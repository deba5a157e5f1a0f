"""Owners watch by the lists of changes: what is found when, and what the directory is asked (spec/map.md §6.1)."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from nullabona.client.core.directory.keeping import load_position, save_position
from nullabona.client.core.directory.listing import Position
from nullabona.client.core.directory.pinned import SKEW_S
from nullabona.client.runner.own_lists import LATE_S, LOOK_S, SOON_S
from nullabona.directory import epoch_lists, record
from nullabona.wire import epoch as wire_epoch
from nullabona.wire.changes import ChangeList
from nullabona.wire.map_messages import EpochsListed, ListEpochs
from nullabona.wire.messages import AnyRequest, AnyResponse, LookupCard, Refusal, WatchHandle
from tests.record.devices import Device, enter_false
from tests.record.directories import PERIOD_S, Directory
from tests.record.test_checking import CARD, play
from tests.wire.cards import JUN, MINA, first_card

DAY_S = 86_400
NAMED = (WatchHandle, LookupCard)


async def settled(directory: Directory) -> Device:
    """A device whose card is in the record, and which has looked at it."""
    await directory.publish(CARD.encoded)
    await directory.advance()
    device = Device(directory)
    await device.watch()
    await directory.advance()
    await device.watch()
    device.asked.clear()
    return device


def position(device: Device) -> Position:
    with device.store.transaction():
        found = load_position(device.store)
    assert found is not None
    return found


def named(device: Device) -> list[type[AnyRequest]]:
    """What was asked about the own handle since it was asked last, and forgotten with that."""
    found: list[type[AnyRequest]] = [type(each) for each in device.asked if isinstance(each, NAMED)]
    device.asked.clear()
    return found


def lists_without(label: bytes) -> type[ChangeList]:
    """As a directory makes them that leaves one label out."""

    class Short(ChangeList):
        @classmethod
        def of(cls, labels: Iterable[bytes]) -> ChangeList:
            return ChangeList.of(each for each in labels if each != label)

    return Short


def test_while_nothing_changes_the_own_handle_is_not_named() -> None:
    """Whoever else changes, in every period of a day: one question, the same as of every other client."""

    async def story(directory: Directory) -> None:
        device = await settled(directory)
        await directory.publish(first_card("jun", JUN).encoded)
        for _ in range(10):
            await directory.advance()
            await device.watch()
        assert {ListEpochs} == {type(each) for each in device.asked}
        assert 10 == len(device.asked)
        served = directory.service._record.served
        assert served is not None
        assert served.number == position(device).epoch
        assert [] == device.codes()

    play(story)


def test_a_false_card_in_an_honest_list_is_found_with_its_epoch() -> None:
    """The head of the own label is there, so the handle is looked at, and told of as ever."""

    async def story(directory: Directory) -> tuple[list[str], list[str], list[type[AnyRequest]]]:
        device = await settled(directory)
        before = device.codes()
        await enter_false(directory)
        await directory.advance()
        await device.watch()
        return before, device.codes(), named(device)

    assert ([], ["foreign-entry"], [WatchHandle]) == play(story)


def test_a_change_that_the_list_leaves_out_is_found_by_the_drawn_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not before: so a mirror is needed for that. And within twelve hours, at a time that was drawn."""

    async def story(directory: Directory) -> tuple[list[str], list[str]]:
        device = await settled(directory)
        short = lists_without(position(device).label)
        for module in (record, epoch_lists):
            monkeypatch.setattr(module, "ChangeList", short)
        await enter_false(directory)
        for _ in range(3):
            await directory.advance()
            await device.watch()
        early, due_s = device.codes(), position(device).look_s
        assert LOOK_S / 2 - 6 * PERIOD_S <= due_s - directory.now <= LOOK_S
        directory.now = due_s - PERIOD_S
        await directory.advance()
        await device.watch()
        return early, device.codes()

    assert ([], ["foreign-entry"]) == play(story)


def plain_epoch(number: int, root: bytes, closed_s: int, listed: bytes) -> bytes:
    """As a directory enters it that knows of no lists."""
    del listed
    return wire_epoch.encode_epoch(number, root, closed_s, b"")


async def missing(answer: EpochsListed) -> AnyResponse:
    return replace(answer, steps=tuple(replace(step, changes=None) for step in answer.steps))


async def wrong(answer: EpochsListed) -> AnyResponse:
    return replace(answer, steps=tuple(replace(step, changes=b"12345678") for step in answer.steps))


async def disordered(answer: EpochsListed) -> AnyResponse:
    return replace(answer, steps=tuple(replace(step, changes=b"1234567") for step in answer.steps))


async def refused(answer: EpochsListed) -> AnyResponse:
    del answer
    return Refusal("bad-request")


@pytest.mark.parametrize("lie", [missing, wrong, disordered, refused])
def test_a_list_that_is_missing_or_wrong_has_the_handle_looked_at_at_once(lie: object) -> None:
    """So a directory gains no time by it; it learns when the device is there, as it did before there were lists."""

    async def story(directory: Directory) -> tuple[list[str], list[type[AnyRequest]]]:
        device = await settled(directory)

        async def told(request: AnyRequest) -> AnyResponse | None:
            if not isinstance(request, ListEpochs):
                return None
            answer = await directory.list_epochs(request.after)
            return await lie(answer)  # type: ignore[no-any-return, operator]

        device.lie = told
        await enter_false(directory)
        await directory.advance()
        await device.watch()
        return device.codes(), named(device)

    assert (["foreign-entry"], [WatchHandle]) == play(story)


def test_a_directory_that_is_busy_is_not_told_who_asks() -> None:
    """It is asked for the list again. Nothing is said before two periods have gone by."""

    async def story(directory: Directory) -> tuple[list[type[AnyRequest]], list[str]]:
        device = await settled(directory)

        async def busy(request: AnyRequest) -> AnyResponse | None:
            return Refusal("busy") if isinstance(request, ListEpochs) else None

        device.lie = busy
        for _ in range(4):
            await directory.advance()
            await device.watch()
        return named(device), device.codes()

    assert ([], ["record-withheld"]) == play(story)


def test_a_record_that_began_without_lists_goes_on_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until its first list the handle is looked at in every period; from then on an epoch without one is refused."""

    async def story(directory: Directory) -> None:
        with monkeypatch.context() as old:
            old.setattr(record, "encode_epoch", plain_epoch)
            device = await settled(directory)
            await directory.advance()
            await device.watch()
            assert [WatchHandle] == named(device)
            assert not position(device).listed
            await directory.advance()
        await directory.advance()
        await device.watch()
        assert [WatchHandle] == named(device)
        assert position(device).listed
        await directory.advance()
        await device.watch()
        assert [] == named(device)
        await device.directories.look_up(str(MINA))
        monkeypatch.setattr(record, "encode_epoch", plain_epoch)
        for _ in range(4):
            await directory.advance()
            await device.watch()
        assert ["record-withheld"] == device.codes()

    play(story)


@pytest.mark.parametrize(("late_s", "most_s"), [(1, SOON_S), (DAY_S + 1, LATE_S)])
def test_a_look_that_fell_due_while_a_device_was_off_is_drawn_again(late_s: int, most_s: int) -> None:
    """It must not say when the device came on; one that is late by a day comes sooner."""

    async def story(directory: Directory) -> None:
        device = await settled(directory)
        late = replace(position(device), look_s=directory.now - late_s)
        with device.store.transaction():
            save_position(device.store, late)
        device.own_key_monitor._lists.draw_again()
        drawn = position(device).look_s
        assert 0 < drawn - directory.now <= most_s
        device.own_key_monitor._lists.draw_again()
        assert drawn == position(device).look_s
        await device.watch()
        assert [] == named(device)
        directory.now = drawn - PERIOD_S
        await directory.advance()
        await device.watch()
        assert [WatchHandle] == named(device)

    play(story)


def test_a_look_is_not_put_off_for_longer_by_every_start() -> None:
    """A device that is on for minutes at a time: after a day it looks within ten minutes, whatever was drawn since."""

    async def story(directory: Directory) -> None:
        device = await settled(directory)
        lists, first_s = device.own_key_monitor._lists, position(device).look_s
        directory.now = first_s
        for _ in range(2):
            lists.draw_again()
            assert first_s == position(device).due_s
            directory.now = position(device).look_s
        directory.now = max(directory.now, first_s + DAY_S + 1)
        lists.draw_again()
        assert (True, first_s) == (position(device).look_s <= directory.now + LATE_S, position(device).due_s)
        directory.now = position(device).look_s - PERIOD_S
        await directory.advance()
        await device.watch()
        assert (True, 0) == (position(device).look_s > directory.now, position(device).due_s)

    play(story)


@pytest.mark.parametrize("ahead_s", [LOOK_S, LOOK_S + 1])
def test_a_look_that_was_drawn_while_the_clock_was_ahead_is_due(ahead_s: int) -> None:
    """No look is drawn further ahead than twelve hours. A device that comes on draws it again, and any other looks."""

    async def story(directory: Directory) -> None:
        device = await settled(directory)
        drawn, lists = replace(position(device), look_s=directory.now + ahead_s), device.own_key_monitor._lists
        with device.store.transaction():
            save_position(device.store, drawn)
        assert (0.0 if ahead_s > LOOK_S else LOOK_S) == lists.pause()
        lists.draw_again()
        assert (position(device).look_s <= directory.now + SOON_S) == (ahead_s > LOOK_S)
        with device.store.transaction():
            save_position(device.store, drawn)
        await device.watch()
        assert ([WatchHandle] if ahead_s > LOOK_S else []) == named(device)

    play(story)


def test_a_clock_that_is_behind_makes_no_look_due() -> None:
    """A right time is far away then. The directory would learn who is there, at each start of such a computer."""

    async def story(directory: Directory) -> None:
        device = await settled(directory)
        right, lists = position(device), device.own_key_monitor._lists
        now = directory.now
        directory.now = right.look_s - LOOK_S - 1
        assert directory.now < now - SKEW_S
        lists.draw_again()
        await device.watch()
        assert ([], right.look_s) == (named(device), position(device).look_s)
        assert lists.pause() > LOOK_S
        directory.now = now
        await directory.advance()
        await device.watch()
        assert ([], right.look_s) == (named(device), position(device).look_s)

    play(story)


def test_a_look_that_is_owed_does_not_wait_for_a_drawn_time() -> None:
    """A directory that answers about everything but the own handle, once that is in a list, has not won a day."""

    async def story(directory: Directory) -> list[str]:
        device = await settled(directory)

        async def deaf(request: AnyRequest) -> AnyResponse | None:
            return Refusal("busy") if isinstance(request, WatchHandle) else None

        device.lie = deaf
        await enter_false(directory)
        await directory.advance()
        await device.watch()
        assert 0 == position(device).look_s
        device.lie = None
        await device.watch()
        return device.codes()

    assert ["foreign-entry"] == play(story)
