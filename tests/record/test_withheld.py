"""Whoever is kept from looking through the record is told: a lie that nobody can look for would be seen by nobody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Unpack, cast

import pytest
from msgspec.structs import replace

from nullabona.client.core.directory.errors import LogStale
from nullabona.client.core.directory.keeping import load_evidence, load_expected, load_watch, note_own_card
from nullabona.client.core.directory.owner import look, start
from nullabona.client.core.directory.pinned import moved
from nullabona.client.core.model.facts.account import WarningDetail
from nullabona.client.net import Unreachable
from nullabona.client.runner.directories import Directories
from nullabona.client.runner.own_key_monitor import OwnKeyMonitor
from nullabona.directory.core.records import Keep, StoredCard
from nullabona.wire.card import card_hash
from nullabona.wire.messages import AnyRequest, AnyResponse, LookupCard, Refusal, WatchHandle
from tests.record.directories import PERIOD_S, Directory
from tests.record.test_checking import CARD, FALSE, in_record, play
from tests.rooms.world import World
from tests.wire.cards import JUN, MINA, first_card

LATE_S = 2 * PERIOD_S + 61
Lie = Callable[[AnyRequest], Awaitable[AnyResponse | None]]


class Device:
    """The parts of a client that watch, and a way to one directory, which may lie."""

    def __init__(self, directory: Directory) -> None:
        self.person = World(1).person("mina")
        self.engine, self.store = self.person.engine, self.person.store
        with self.store.transaction():
            note_own_card(self.store, CARD.hash)
        self.directory = directory
        self.lie: Lie | None = None
        self.warned: list[str] = []
        self.directories = Directories(cast(Any, self))
        self.own_key_monitor = OwnKeyMonitor(cast(Any, self), cast(Any, self).directories)

    # -- what the watch stands on

    @property
    def connections(self) -> Device:
        return self

    def one_shot(self, relay: str) -> Device:
        del relay
        return self

    async def ready(self) -> Device:
        return self

    def worked(self) -> None: ...

    async def failed(self, carrier: object, error: object) -> None: ...

    async def request(self, request: AnyRequest, timeout_s: float) -> AnyResponse:
        del timeout_s
        told = await self.lie(request) if self.lie is not None else None
        return told or await cast(Any, self.directory.service.handlers()[type(request)])(request)

    def now(self) -> int:
        return self.directory.now * 1_000

    def happened(self, touched: object) -> None: ...

    def warn(self, code: str, **detail: Unpack[WarningDetail]) -> None:
        """The same one once, as the runner does within an hour."""
        del detail
        if code not in self.warned:
            self.warned.append(code)

    # -- what the tests do

    async def watch(self) -> None:
        """As the client does once a period."""
        try:
            await self.own_key_monitor._watch_own(MINA)
        except Exception as error:  # noqa: BLE001 - as `Oversight._once`
            await self.own_key_monitor._not_watched(MINA, cast(Any, error))

    def codes(self) -> list[str]:
        """Of every warning."""
        told = [str(data["code"]) for kind, _, data in self.person.events() if kind == "warning"]
        return [*told, *self.warned]

    def promised(self) -> list[str]:
        with self.store.transaction():
            return [each.handle for each in load_expected(self.store)]

    def kept(self) -> list[tuple[str, bool]]:
        """Of every piece of evidence its code, and whether it has anything."""
        with self.store.transaction():
            return [(each.code, bool(each.shown)) for each in load_evidence(self.store)]


async def enter_false(directory: Directory) -> None:
    """The operator enters a card of its own."""
    with directory.service._store.transaction():
        keep = Keep(StoredCard.of(MINA, FALSE, 0), card_hash(FALSE))
        directory.service._store.apply(keep, directory.service._record.place(MINA))
    await directory.advance()


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
        seen = moved(pinned, found.watch.frontier, found.sighting, answer.checkpoint, directory.now)
        nothing = replace(answer, first=answer.first + 1, steps=())
        for known in (found.watch, replace(found.watch, closed_s=0)):
            look(seen, known, MINA, nothing, directory.now + LATE_S - 1)
        first_seen = look(seen, replace(found.watch, closed_s=0), MINA, nothing, directory.now).watch
        for known in (found.watch, first_seen):
            with pytest.raises(LogStale):
                look(seen, known, MINA, nothing, directory.now + LATE_S)

    play(story)


def test_an_owner_for_whom_alone_the_record_stands_still_is_told() -> None:
    """Everybody else sees the false card; the owner's device is shown the epoch before it, again and again."""

    async def story(directory: Directory) -> list[str]:
        await directory.publish(CARD.encoded)
        await directory.advance()
        device = Device(directory)
        await device.watch()
        await directory.advance()
        await device.watch()
        with device.store.transaction():
            watch = load_watch(device.store)
        assert watch is not None
        frozen = await directory.watch(watch.epoch)
        assert () == frozen.steps

        async def stand_still(request: AnyRequest) -> AnyResponse | None:
            return frozen if isinstance(request, WatchHandle) else None

        device.lie = stand_still
        await enter_false(directory)
        for _ in range(3):
            await device.watch()
            directory.now += PERIOD_S
        return device.codes()

    assert ["log-stale"] == play(story)


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
        return await out_of_reach(request) if isinstance(request, WatchHandle) else None

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
