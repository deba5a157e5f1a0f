"""A directory that has a device name its handle by changes that change nothing (spec/map.md §6.1, M-18, T-21)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from itertools import pairwise

import pytest
from msgspec.structs import replace

from nullabona.client.core.directory.evidence import Proven, verify_evidence
from nullabona.client.core.directory.keeping import load_evidence, load_pinned, save_position
from nullabona.client.core.directory.listing import UNHEEDED_S
from nullabona.directory import epoch_lists, record
from nullabona.directory.core.records import Keep, Place, StoredCard
from nullabona.log.policy import Policy
from nullabona.log.prefix import LABEL_BYTES
from nullabona.wire.card import Card, card_hash
from nullabona.wire.changes import HEAD_BYTES, ChangeList
from nullabona.wire.map_messages import EpochsListed, ListEpochs
from nullabona.wire.messages import AnyRequest, AnyResponse, WatchHandle
from tests.record.carrying import Town
from tests.record.carrying import play as in_town
from tests.record.devices import Device, enter_false
from tests.record.directories import PERIOD_S, Directory
from tests.record.test_checking import CARD, play
from tests.record.test_lists import DAY_S, named, position, settled
from tests.wire.cards import JUN, MINA, first_card

HALF_DAY = DAY_S // 2


async def enter_again(directory: Directory, card: Card = CARD) -> None:
    """The same card under a new nonce and the next version: a true list names the label."""
    with directory.service._store.transaction():
        keep = Keep(StoredCard.of(card.handle, card.encoded, 0), card_hash(card.encoded))
        directory.service._store.apply(keep, directory.service._record.place(card.handle))
    await directory.advance()


async def enter_beside(directory: Directory) -> None:
    """A leaf that belongs to no handle, at a label with the same head: a true list has it, and a mirror agrees."""
    other = first_card("jun", JUN)
    there = directory.service._record.place(MINA)
    label = there.label[:HEAD_BYTES] + bytes(LABEL_BYTES - HEAD_BYTES)
    with directory.service._store.transaction():
        keep = Keep(StoredCard.of(other.handle, other.encoded, 0), other.hash)
        directory.service._store.apply(keep, Place(label, there.nonce))
    await directory.advance()


def listed_too(label: bytes) -> type[ChangeList]:
    """As a directory makes them that has one label in every list."""

    class Long(ChangeList):
        @classmethod
        def of(cls, labels: Iterable[bytes]) -> ChangeList:
            return ChangeList.of({*labels, label})

    return Long


def proven(device: Device) -> list[Proven]:
    """What the evidence that was kept proves to a third person."""
    with device.store.transaction():
        pinned = load_pinned(device.store, MINA.authority)
        assert pinned is not None
        return [verify_evidence(each.shown, Policy.parse(pinned.policy)) for each in load_evidence(device.store)]


async def prod(directory: Directory, device: Device, enter: Callable[[Directory], Awaitable[None]]) -> list[int]:
    """How often the handle is named in each of eight epochs with a change that changes nothing."""
    asked = []
    for _ in range(8):
        await enter(directory)
        await device.watch()
        asked.append(len(named(device)))
    return asked


@pytest.mark.parametrize("enter", [enter_again, enter_beside])
def test_a_change_that_changes_nothing_is_told_once_and_then_not_heeded(
    enter: Callable[[Directory], Awaitable[None]],
) -> None:
    """The same card again, or a leaf beside it; the lists are true, and with the handle the device says it is on."""

    async def story(directory: Directory) -> None:
        device = await settled(directory)
        asked = await prod(directory, device, enter)
        assert ([1, *[0] * 7], ["empty-change"]) == (asked, device.codes())

    play(story)


def test_a_list_that_names_what_did_not_change_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody mirrors the map, a list may have any head."""

    async def story(directory: Directory) -> None:
        device = await settled(directory)
        for module in (record, epoch_lists):
            monkeypatch.setattr(module, "ChangeList", listed_too(position(device).label))
        asked = await prod(directory, device, Directory.advance)
        assert ([1, *[0] * 7], ["empty-change"]) == (asked, device.codes())

    play(story)


def test_the_evidence_shows_one_card_under_two_versions() -> None:
    """In the epoch and in the one before it, to anybody who has the log's policy."""

    async def story(directory: Directory) -> None:
        device = await settled(directory)
        await directory.advance()
        await enter_again(directory)
        await device.watch()
        before, after = proven(device)
        assert (CARD.hash, CARD.hash, 1, 1) == (
            before.digest, after.digest, after.epoch - before.epoch, after.version - before.version,
        )  # fmt: skip

    play(story)


@pytest.mark.slow
def test_in_days_of_changes_that_change_nothing_the_handle_is_named_as_often_as_ever() -> None:
    """Once for the first, and then at the times that are drawn, six to twelve hours apart; the person is told once."""

    async def story(directory: Directory) -> None:
        device, times = await settled(directory), []
        began = directory.now
        while directory.now < began + 3 * HALF_DAY:
            await enter_again(directory)
            await device.watch()
            times += [directory.now] * (WatchHandle in named(device))
        gaps = [after - before for before, after in pairwise(times)]
        assert (True, True) == (times[0] == began + PERIOD_S, min(gaps) >= HALF_DAY // 2)
        assert max(gaps) <= HALF_DAY + PERIOD_S
        assert ["empty-change"] == device.codes()

    play(story)


def test_a_false_card_among_them_is_found_by_the_drawn_look() -> None:
    """Within twelve hours, as one that no list names."""

    async def story(directory: Directory) -> None:
        device = await settled(directory)
        await enter_again(directory)
        await device.watch()
        await enter_false(directory)
        await device.watch()
        assert ["empty-change"] == device.codes()
        due_s = position(device).look_s
        assert due_s <= directory.now + HALF_DAY
        directory.now = due_s - PERIOD_S
        await directory.advance()
        await device.watch()
        assert ["empty-change", "foreign-entry"] == device.codes()

    play(story)


def test_after_a_day_without_one_a_false_card_is_found_with_its_epoch_again() -> None:
    """The drawn look of that day found nothing more."""

    async def story(directory: Directory) -> None:
        device = await settled(directory)
        await enter_again(directory)
        await device.watch()
        directory.now += UNHEEDED_S - PERIOD_S
        await directory.advance()
        await device.watch()
        seen = [device.codes()]
        named(device)
        await enter_false(directory)
        await device.watch()
        seen.append(device.codes())
        assert ([["empty-change"], ["empty-change", "foreign-entry"]], [WatchHandle]) == (seen, named(device))

    play(story)


def test_a_list_that_is_missing_is_no_less_a_reason_to_look() -> None:
    """A directory could leave them all out otherwise, after one change that changes nothing."""

    async def story(directory: Directory) -> None:
        device = await settled(directory)
        await enter_again(directory)
        await device.watch()

        async def told(request: AnyRequest) -> AnyResponse | None:
            if not isinstance(request, ListEpochs):
                return None
            answer: EpochsListed = await directory.list_epochs(request.after)
            return replace(answer, steps=tuple(replace(step, changes=None) for step in answer.steps))

        device.lie = told
        named(device)
        await enter_false(directory)
        await device.watch()
        assert ([WatchHandle], ["empty-change", "foreign-entry"]) == (named(device), device.codes())

    play(story)


def test_a_list_is_heeded_where_a_clock_was_ahead() -> None:
    """No device stops heeding them for longer than a day."""

    async def story(directory: Directory) -> None:
        device = await settled(directory)
        for ahead_s, count in ((UNHEEDED_S, 0), (UNHEEDED_S + 1, 1)):
            until_s = directory.now + PERIOD_S + ahead_s
            wrong = replace(position(device), unheeded_s=until_s, named=0)
            with device.store.transaction():
                save_position(device.store, wrong)
            await enter_again(directory)
            await device.watch()
            assert count == len(named(device))

    play(story)


def test_a_look_that_crashed_after_its_judgement_tells_of_nothing_that_was_right() -> None:
    """Its lists are read, and the epoch that they name was judged already."""

    async def story(directory: Directory) -> None:
        device = await settled(directory)
        before = position(device)
        await directory.publish(CARD.encoded)
        await directory.advance()
        await device.own_key_monitor._watch_through(MINA, whole=True)
        with device.store.transaction():
            save_position(device.store, replace(before, look_s=0, named=before.epoch + 1))
        await directory.advance()
        await device.watch()
        assert ([], 0) == (device.codes(), position(device).named)

    play(story)


def test_an_honest_directory_does_not_enter_a_card_again() -> None:
    """However often its owner, or anybody else who has it, publishes it."""

    async def story(directory: Directory) -> None:
        device = await settled(directory)
        for _ in range(4):
            await directory.publish(CARD.encoded)
            await directory.advance()
            await device.watch()
        entered = [step.entry for step in (await directory.watch(0)).steps if step.entry and step.entry[1]]
        assert ([], [], [1]) == (named(device), device.codes(), [version for _, version, _ in entered])

    play(story)


def test_a_proof_that_nobody_could_use_any_more_is_renewed_with_the_look() -> None:
    """The card was entered again minutes after the last look-up, so a proof from before is of no use."""

    async def story(town: Town) -> tuple[bool, str, list[str]]:
        await town.publish(town.mina, town.jun)
        await town.watch()
        await town.watch(town.jun)
        await town.advance()
        device = await town.watch(town.jun)
        stale = town.kept(town.jun)
        await enter_again(town.directory, town.jun.card)
        town.world.now = town.directory.now * 1_000
        await device.own_key_monitor._watch_through(town.jun.card.handle)
        renewed = town.kept(town.jun)
        return bool(stale), "renewed" if renewed not in {b"", stale} else "stale", device.codes()

    assert (True, "renewed", ["empty-change"]) == in_town(story)
