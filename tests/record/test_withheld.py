"""Whoever is kept from looking through the record is told: a lie that nobody can look for would be seen by nobody."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from nullabona.client.core.directory.errors import LogStale
from nullabona.client.core.directory.keeping import load_watch
from nullabona.client.core.directory.owner import look, start
from nullabona.client.core.directory.pinned import moved
from nullabona.client.net import Unreachable
from nullabona.wire.map_messages import EpochsListed, ListEpochs
from nullabona.wire.messages import AnyRequest, AnyResponse, LookupCard, Refusal, WatchHandle
from tests.record.devices import Device, Lie, enter_false
from tests.record.directories import PERIOD_S, Directory
from tests.record.test_checking import CARD, in_record, play
from tests.wire.cards import JUN, MINA, first_card

LATE_S = 2 * PERIOD_S + 61


def refuse(*kinds: type[AnyRequest], code: str = "busy") -> Lie:
    async def lie(request: AnyRequest) -> AnyResponse | None:
        return Refusal(code) if isinstance(request, kinds) else None

    return lie


def test_a_record_that_shows_its_owner_nothing_newer_is_too_old() -> None:
    """An answer without epochs is believed for two periods and 60 seconds, and no longer."""

    async def story(directory: Directory) -> None:
        pinned, _ = await in_record(directory)
        watch = start(pinned)
        answer = await directory.watch(watch.epoch)
        found = look(pinned, watch, MINA, answer, directory.now)
        seen = moved(
            pinned, found.watch.frontier, found.sighting, answer.checkpoint, directory.now, listed=found.watch.listed
        )
        nothing = replace(answer, first=answer.first + 1, steps=())
        for known in (found.watch, replace(found.watch, closed_s=0)):
            look(seen, known, MINA, nothing, directory.now + LATE_S - 1)
        first_seen = look(seen, replace(found.watch, closed_s=0), MINA, nothing, directory.now).watch
        for known in (found.watch, first_seen):
            with pytest.raises(LogStale):
                look(seen, known, MINA, nothing, directory.now + LATE_S)

    play(story)


@pytest.mark.parametrize(("lists", "code"), [(True, "log-stale"), (False, "log-rolled-back")])
def test_an_owner_for_whom_alone_the_record_stands_still_is_told(lists: bool, code: str) -> None:  # noqa: FBT001 - a case
    """Everybody else sees the false card; the owner's device is shown the epoch before it, again and again.

    If only its own handle stands still, the lists have shown it a newer epoch.
    """

    async def story(directory: Directory) -> list[str]:
        await directory.publish(CARD.encoded)
        await directory.advance()
        device = Device(directory)
        await device.watch()
        await directory.advance()
        await device.own_key_monitor._watch_through(MINA, whole=True)
        with device.store.transaction():
            watch = load_watch(device.store)
        assert watch is not None
        frozen = await directory.watch(watch.epoch)
        assert () == frozen.steps

        async def stand_still(request: AnyRequest) -> AnyResponse | None:
            if lists and isinstance(request, ListEpochs):
                return EpochsListed(frozen.checkpoint, frozen.first, ())
            return frozen if isinstance(request, WatchHandle) else None

        device.lie = stand_still
        await enter_false(directory)
        for _ in range(3):
            await device.watch()
            directory.now += PERIOD_S
        return device.codes()

    assert [code] == play(story)


@pytest.mark.parametrize("lie", [refuse(WatchHandle), refuse(WatchHandle, LookupCard), refuse(WatchHandle, code="x")])
def test_an_owner_who_is_refused_is_told_after_two_periods(lie: Lie) -> None:
    """Whatever else the directory answers: until then, and once it tells, nothing is said."""

    async def story(directory: Directory) -> tuple[list[str], list[str]]:
        device = Device(directory)
        await device.watch()
        device.lie = lie
        await enter_false(directory)
        await device.watch()
        directory.now += LATE_S - 1
        await device.watch()
        before = device.codes()
        directory.now += 1
        await device.watch()
        return before, device.codes()

    assert ([], ["record-withheld"]) == play(story)


def test_a_directory_out_of_reach_is_not_said_to_keep_anything_back() -> None:
    """But one that gives no answer to the watch, and one to a look-up, is."""

    async def out_of_reach(request: AnyRequest) -> AnyResponse | None:
        del request
        raise Unreachable("the relay cannot be reached")

    async def silent(request: AnyRequest) -> AnyResponse | None:
        return await out_of_reach(request) if isinstance(request, WatchHandle | ListEpochs) else None

    async def story(directory: Directory) -> list[list[str]]:
        device = Device(directory)
        await device.watch()
        told = []
        for lie in (out_of_reach, silent):
            device.lie = lie
            await device.watch()
            for _ in range(3):
                await directory.advance()
            await device.watch()
            told.append(device.codes())
        return told

    assert [[], ["record-withheld"]] == play(story)


def test_a_promise_that_nobody_may_look_after_is_told_with_the_note_as_evidence() -> None:
    """A looker who is refused the epochs keeps the promise, asks again no sooner than it may, and is told."""

    async def story(directory: Directory) -> None:
        device = Device(directory)
        await directory.publish(first_card("jun", JUN).encoded)
        await device.directories.look_up(str(JUN))
        device.lie = refuse(WatchHandle)
        await directory.advance()
        directory.now += PERIOD_S
        pause = await device.own_key_monitor._look_after_promises(str(MINA))
        assert 60.0 == pause
        directory.now += LATE_S
        await device.own_key_monitor._look_after_promises(str(MINA))
        assert ["card-promised", "record-withheld"] == device.codes()
        assert [("record-withheld", True)] == device.kept()
        assert [str(JUN)] == device.promised()
        device.lie = None
        await directory.advance()
        await device.own_key_monitor._look_after_promises(str(MINA))
        assert [] == device.promised()

    play(story)


def test_a_promise_from_before_the_history_is_let_go() -> None:
    """A device that was away for longer than the directory keeps epochs does not ask for them for ever."""

    async def gone(request: AnyRequest) -> AnyResponse | None:
        if not isinstance(request, WatchHandle):
            return None
        late = await directory_of[0].watch(request.after, request.name)
        return replace(late, first=late.first + 1, steps=late.steps[1:])

    directory_of: list[Directory] = []

    async def story(directory: Directory) -> None:
        directory_of.append(directory)
        device = Device(directory)
        await directory.publish(first_card("jun", JUN).encoded)
        await device.directories.look_up(str(JUN))
        for _ in range(3):
            await directory.advance()
        device.lie = gone
        directory.now += 31 * 86_400
        await device.own_key_monitor._look_after_promises(str(MINA))
        assert (["card-promised", "record-gap"], []) == (device.codes(), device.promised())

    play(story)
