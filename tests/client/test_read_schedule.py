"""Which boxes count as read when a device comes back and polls the activity in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nullabona.client.core.model.requests import INBOX, ReadRequest
from nullabona.client.core.step import Timing
from nullabona.client.runner.activity_watcher import ActivityWatcher
from nullabona.client.runner.boxkey import Key
from nullabona.client.runner.randomness import moment_s
from nullabona.client.runner.read_schedule import OFTEN, ReadSchedule
from nullabona.client.runner.reads import Reads
from nullabona.client.runner.signed_stream import SignedStream
from nullabona.wire.address import Address, BoxSecrets
from nullabona.wire.messages import POLICY_ROOM

RELAY = "ws://127.0.0.1:1"
BOX = BoxSecrets(POLICY_ROOM, bytes(32), bytes(32))
LISTENED = SimpleNamespace(is_told=True, was_read=lambda *_, **__: None, lost=lambda _: None, recall=lambda _: None)
"""A watcher of a relay that tells all activity."""


def begun(
    wants: dict[Key, ReadRequest], behind: set[Key] | None = None, apart: Iterable[Key] | None = None
) -> ReadSchedule:
    """A schedule of boxes that are read apart: all of them, unless it is said which."""
    found = set[Key]() if behind is None else behind
    schedule = ReadSchedule(cast(Any, None), Timing(), lambda: 0.5, wants, found, SignedStream)
    schedule._watchers[RELAY] = cast(Any, LISTENED)
    for key in wants if apart is None else apart:
        schedule.begin(key, cast(Any, SimpleNamespace(want=lambda: None)))
    return schedule


def test_what_was_never_read_stays_to_be_read() -> None:
    """A box that was not active is as it was when all was read, unless it is newer than that."""
    keys: dict[str, Key] = {
        name: Key(b"room", RELAY, Address(name.encode())) for name in ("read", "active", "new", "joining")
    }
    after = {"read": 7, "active": 7, "new": 0, "joining": 3}
    wants = {
        keys[name]: ReadRequest(RELAY, BOX, after[name], wake_secret=None if name == "joining" else bytes(32))
        for name in keys
    }
    elsewhere: Key = Key(b"room", "ws://127.0.0.1:2", Address(b"elsewhere"))
    behind = {*keys.values(), elsewhere}
    schedule = begun(wants, behind)
    schedule.only_active(RELAY, [keys["active"]])
    assert {keys["active"], keys["new"], keys["joining"], elsewhere} == behind


@pytest.mark.parametrize(("hours_ago", "stays"), [(None, True), (25, True), (24, True), (23, False)])
def test_an_inbox_is_read_again_if_that_was_not_to_its_end_or_long_ago(hours_ago: int | None, *, stays: bool) -> None:
    """Whatever digests told meanwhile: the device may have stopped between two pages, or a wake was lost."""
    now = 10**12
    key: Key = Key(INBOX, RELAY, Address(b"inbox"))
    read_at = 0 if hours_ago is None else now - hours_ago * 3_600_000
    behind = {key}
    schedule = begun({key: ReadRequest(RELAY, BOX, 7, wake_secret=bytes(32), read_at=read_at)}, behind)
    schedule._context = cast(Any, SimpleNamespace(now=lambda: now))
    schedule.only_active(RELAY, [])
    assert ({key} if stays else set()) == behind


def test_boxes_are_not_read_together_once_an_outage_is_over() -> None:
    """What fell due meanwhile waits for a moment that is drawn after it, and not for the relay."""

    async def story() -> list[str]:
        done: list[str] = []
        key: Key = Key(b"room", RELAY, Address(b"box"))
        reads = Reads(cast(Any, None), Timing(), lambda: 0.5)
        reads._wants[key] = ReadRequest(RELAY, BOX, 7, wake_secret=bytes(32))

        async def moment(_: Key) -> None:
            done.append("drawn")

        async def reached() -> None:
            done.append("reached")
            connection.is_reached = True

        async def read_up(*_: object) -> None:
            done.append("read")
            del reads._wants[key]

        connection = SimpleNamespace(is_reached=False, reached=reached)
        reads._schedule = cast(Any, SimpleNamespace(moment=moment))
        reads._read_up = read_up  # type: ignore[method-assign, assignment]
        reads._tasks[key] = asyncio.ensure_future(reads._visit(key, cast(Any, connection)))
        await reads._tasks[key]
        return done

    assert ["drawn", "reached", "drawn", "read"] == asyncio.run(story())


def test_rooms_that_share_a_connection_are_none_of_its_business() -> None:
    """With --fast the inbox alone is read apart: what digests tell of rooms makes nobody wait for a read of theirs."""
    room, inbox = Key(b"room", RELAY, Address(b"room")), Key(INBOX, RELAY, Address(b"inbox"))
    wants = dict.fromkeys((room, inbox), ReadRequest(RELAY, BOX, 7, wake_secret=bytes(32)))
    behind = {room, inbox}
    schedule = begun(wants, behind, [inbox])
    assert {inbox} == schedule.secrets(RELAY).keys()
    behind.discard(inbox)
    assert not schedule.is_behind(RELAY)


def test_an_inbox_is_read_seldom_if_nothing_comes() -> None:
    """As seldom as a box whose epoch is over. One that has no row yet is read twice soon: the first brings it."""
    key: Key = Key(INBOX, RELAY, Address(b"inbox"))
    timing = Timing()
    wants = {key: ReadRequest(RELAY, BOX, 7, wake_secret=bytes(32))}
    assert moment_s(timing.calm_old / 1_000, 0.5) == begun(wants)._moment_s(key)
    schedule = begun(wants | {key: ReadRequest(RELAY, BOX, 0)})
    assert key in schedule._due
    moments = []
    for _ in range(3):
        moments.append(schedule._moment_s(key))
        schedule.was_read(key, moved=False)
    soon, later = (moment_s(mean / 1_000, 0.5) for mean in (timing.joining, timing.apart))
    assert [soon, soon, later] == moments


def test_boxes_of_epochs_that_are_over_are_seldom_read() -> None:
    """They are active like others if something comes; inactive ones are read less often there."""
    keys: dict[bool, Key] = {old: Key(b"room", RELAY, Address(bytes([old]))) for old in (False, True)}
    wants = {keys[old]: ReadRequest(RELAY, BOX, 7, old=old, wake_secret=bytes(32)) for old in keys}
    timing, schedule = Timing(), begun(wants)
    moments = {old: schedule._moment_s(key) for old, key in keys.items()}
    assert moment_s(timing.calm / 1_000, 0.5) == moments[False]
    assert moment_s(timing.calm_old / 1_000, 0.5) == moments[True] == 8 * moments[False]


def test_digests_are_recalled_after_an_inbox_moved_and_only_then() -> None:
    """A relay that tells of an inbox in vain has it read once, not for as long as digests are recalled."""
    key: Key = Key(INBOX, RELAY, Address(b"inbox"))
    schedule = begun({key: ReadRequest(RELAY, BOX, 7, wake_secret=bytes(32))})
    recalled: list[Key] = []
    schedule._watchers[RELAY] = cast(Any, SimpleNamespace(**vars(LISTENED) | {"recall": recalled.append}))
    schedule.was_read(key, moved=False)
    assert [] == recalled
    schedule.was_read(key, moved=True)
    assert [key] == recalled


def test_two_who_talk_without_a_pause_are_read_at_once_and_a_busy_group_ever_later() -> None:
    """A message each two seconds from either side, and a receipt for each, are twenty appends in ten seconds."""
    key: Key = Key(b"room", RELAY, Address(b"box"))
    schedule = ReadSchedule(cast(Any, None), Timing(), lambda: 0.5, {}, set(), SignedStream)
    talking = [schedule._slowdown(key, now / 2) for now in range(200)]
    assert {1} == set(talking)
    crowd = [schedule._slowdown(key, 1_000 + now / 10) for now in range(100)]
    assert [1] * OFTEN == crowd[:OFTEN]
    assert [2, 4, 8, 8] == crowd[OFTEN : OFTEN + 4]
    assert 8 == crowd[-1]
    assert 1 == schedule._slowdown(key, 2_000)


def test_boxes_that_may_have_been_active_are_looked_into_in_their_own_time() -> None:
    """Each within ten minutes on average, once, and activity is read at once all the same: a stranger who overfills
    digests neither delays what is said nor has everybody read everything together.
    """
    keys: list[Key] = [Key(b"room", RELAY, Address(bytes([number]))) for number in range(3)]
    wants = {key: ReadRequest(RELAY, BOX, 7, wake_secret=bytes(32)) for key in keys}
    timing, behind = Timing(), set[Key]()
    schedule = begun(wants, behind)
    calm = schedule._moment_s(keys[0])
    schedule.check_all(keys)
    assert schedule.is_behind(RELAY)
    behind.add(keys[1])
    assert moment_s(timing.behind / 1_000, 0.5) == schedule._moment_s(keys[1])
    assert moment_s(timing.unsure / 1_000, 0.5) == schedule._moment_s(keys[0]) < calm
    for key in keys:
        schedule.was_read(key, moved=False)
    assert calm == schedule._moment_s(keys[0])


class Schedule:
    """Notes what a watcher asks for. Implements `activity_watcher.Schedule` as far as it is asked here."""

    def __init__(self) -> None:
        self.checked: list[float] = []

    def check_all(self, keys: object) -> None:
        del keys
        self.checked.append(asyncio.get_running_loop().time())

    def secrets(self, relay: str) -> dict[Key, bytes]:
        del relay
        return {Key(b"room", RELAY, Address(bytes([number]))): bytes(32) for number in range(100)}

    def redraw(self, keys: object) -> None:
        del keys


@pytest.fixture
def watcher(monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[ActivityWatcher, Schedule, list[str]]]:
    """Makes a watcher that is told only what a test says."""
    monkeypatch.setattr("nullabona.client.runner.activity_watcher.noted_digest", lambda _store, _relay: 5)
    monkeypatch.setattr("nullabona.client.runner.activity_watcher.signed_heads", lambda _store, _relay: ())

    def make() -> tuple[ActivityWatcher, Schedule, list[str]]:
        schedule, warned = Schedule(), list[str]()

        def spawn(work: Any) -> Any:  # noqa: ANN401 - a coroutine
            work.close()
            return SimpleNamespace(cancel=lambda: None)

        context = SimpleNamespace(store=None, spawn=spawn, warn=lambda kind, **_: warned.append(kind))
        return (
            ActivityWatcher(cast(Any, schedule), cast(Any, context), RELAY, cast(Any, None), lambda: 0.5, SignedStream),
            schedule,
            warned,
        )

    return make


def test_however_often_activity_is_omitted_boxes_are_looked_into_seldom(
    watcher: Callable[[], tuple[ActivityWatcher, Schedule, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once the first time; what is told while that was lately is looked after when it no longer was."""
    monkeypatch.setattr("nullabona.client.runner.activity_watcher.OMITTED_S", 0.2)

    async def story() -> list[float]:
        made, schedule, _ = watcher()
        begun = asyncio.get_running_loop().time()
        while len(schedule.checked) < 3:
            made.omitted()
            await asyncio.sleep(0.005)
        made.close()
        return [at - begun for at in schedule.checked]

    first, second, third = asyncio.run(story())
    assert first < 0.15
    assert second - first >= 0.19
    assert third - second >= 0.19


@pytest.mark.parametrize(("tags", "believed_until"), [(0, 3), (2**32 // 100, 5)])
def test_marks_that_are_ours_by_chance_are_not_held_against_the_relay(
    watcher: Callable[[], tuple[ActivityWatcher, Schedule, list[str]]], tags: int, believed_until: int
) -> None:
    """One in four thousand million is another's. At a relay with hardly any activity three are too many."""

    async def story() -> int:
        made, _, warned = watcher()
        made._stream.tags, count = tags, 0
        while not warned:
            key: Key = Key(b"room", RELAY, Address(bytes([count])))
            made._unproven.add(key)
            made.was_read(key, moved=False)
            count += 1
        return count

    assert believed_until == asyncio.run(story())
