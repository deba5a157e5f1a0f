"""Which boxes count as read when a device comes back and hears what rang meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nullabona.client.core.model.requests import ReadWant
from nullabona.client.core.step import Timing
from nullabona.client.runner.boxkey import Key
from nullabona.client.runner.chance import moment_s
from nullabona.client.runner.ear import Ear
from nullabona.client.runner.visits import OFTEN, Visits
from nullabona.wire.address import BoxSecrets
from nullabona.wire.messages import POLICY_ROOM

RELAY = "ws://127.0.0.1:1"
BOX = BoxSecrets(POLICY_ROOM, bytes(32), bytes(32))


def test_what_was_never_read_stays_to_be_read() -> None:
    """A box that did not ring is as it was when all was read, unless it is newer than that; what rang is not."""
    keys: dict[str, Key] = {name: (b"room", RELAY, name.encode()) for name in ("read", "rang", "new", "joining")}
    after = {"read": 7, "rang": 7, "new": 0, "joining": 3}
    wants = {
        keys[name]: ReadWant(RELAY, BOX, after[name], rings=None if name == "joining" else bytes(32)) for name in keys
    }
    elsewhere: Key = (b"room", "ws://127.0.0.1:2", b"elsewhere")
    behind = {*keys.values(), elsewhere}
    visits = Visits(cast(Any, None), Timing(), lambda: 0.5, wants, behind)
    visits.bring_up(RELAY, [keys["rang"]])
    assert {keys["rang"], keys["new"], keys["joining"], elsewhere} == behind


def test_boxes_of_epochs_that_are_over_are_seldom_read() -> None:
    """They ring like others if something comes; what does not ring is looked for less often there."""
    keys: dict[bool, Key] = {old: (b"room", RELAY, bytes([old])) for old in (False, True)}
    wants = {keys[old]: ReadWant(RELAY, BOX, 7, old=old, rings=bytes(32)) for old in keys}
    timing = Timing()
    visits = Visits(cast(Any, None), timing, lambda: 0.5, wants, set())
    visits._ears[RELAY] = cast(Any, SimpleNamespace(hears=True))
    moments = {old: visits._moment_s(key) for old, key in keys.items()}
    assert moment_s(timing.calm / 1_000, 0.5) == moments[False]
    assert moment_s(timing.calm_old / 1_000, 0.5) == moments[True] == 8 * moments[False]


def test_two_who_talk_without_a_pause_are_read_at_once_and_a_busy_group_ever_later() -> None:
    """A message each two seconds from either side, and a receipt for each, ring twenty times in ten seconds."""
    key: Key = (b"room", RELAY, b"box")
    visits = Visits(cast(Any, None), Timing(), lambda: 0.5, {}, set())
    talking = [visits._restless(key, now / 2) for now in range(200)]
    assert {1} == set(talking)
    crowd = [visits._restless(key, 1_000 + now / 10) for now in range(100)]
    assert [1] * OFTEN == crowd[:OFTEN]
    assert [2, 4, 8, 8] == crowd[OFTEN : OFTEN + 4]
    assert 8 == crowd[-1]
    assert 1 == visits._restless(key, 2_000)


def test_boxes_that_may_have_rung_are_looked_into_in_their_own_time() -> None:
    """Each within ten minutes on average, once, and what rings is read at once all the same: a stranger who rings more
    than is told neither delays what is said nor has everybody read everything together.
    """
    keys: list[Key] = [(b"room", RELAY, bytes([number])) for number in range(3)]
    wants = {key: ReadWant(RELAY, BOX, 7, rings=bytes(32)) for key in keys}
    timing, behind = Timing(), set[Key]()
    visits = Visits(cast(Any, None), timing, lambda: 0.5, wants, behind)
    visits._ears[RELAY] = cast(Any, SimpleNamespace(hears=True, was_read=lambda *_, **__: None))
    calm = visits._moment_s(keys[0])
    visits.doubt(keys)
    assert visits.is_behind(RELAY)
    behind.add(keys[1])
    assert moment_s(timing.behind / 1_000, 0.5) == visits._moment_s(keys[1])
    assert moment_s(timing.unsure / 1_000, 0.5) == visits._moment_s(keys[0]) < calm
    for key in keys:
        visits.was_read(key, moved=False)
    assert calm == visits._moment_s(keys[0])


class Looks:
    """Notes what an ear has done. Implements `ear.Looks` as far as it is asked here."""

    def __init__(self) -> None:
        self.doubted: list[float] = []

    def doubt(self, keys: object) -> None:
        del keys
        self.doubted.append(asyncio.get_running_loop().time())

    def secrets(self, relay: str) -> dict[Key, bytes]:
        del relay
        return {(b"room", RELAY, bytes([number])): bytes(32) for number in range(100)}

    def stir(self, keys: object) -> None:
        del keys


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[Ear, Looks, list[str]]]:
    """Makes an ear that hears only what a test says."""
    monkeypatch.setattr("nullabona.client.runner.ear.heard_at", lambda _store, _relay: 5)

    def make() -> tuple[Ear, Looks, list[str]]:
        looks, warned = Looks(), list[str]()

        def spawn(work: Any) -> Any:  # noqa: ANN401 - a coroutine
            work.close()
            return SimpleNamespace(cancel=lambda: None)

        ground = SimpleNamespace(store=None, spawn=spawn, warn=lambda kind, **_: warned.append(kind))
        return Ear(cast(Any, looks), cast(Any, ground), RELAY, cast(Any, None), lambda: 0.5), looks, warned

    return make


def test_however_often_more_rings_boxes_are_looked_into_seldom(
    ear: Callable[[], tuple[Ear, Looks, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once the first time; what is told while that was lately is looked after when it no longer was."""
    monkeypatch.setattr("nullabona.client.runner.ear.MORE_S", 0.2)

    async def story() -> list[float]:
        made, looks, _ = ear()
        begun = asyncio.get_running_loop().time()
        while len(looks.doubted) < 3:
            made.more()
            await asyncio.sleep(0.005)
        made.close()
        return [at - begun for at in looks.doubted]

    first, second, third = asyncio.run(story())
    assert first < 0.15
    assert second - first >= 0.19
    assert third - second >= 0.19


@pytest.mark.parametrize(("marks", "believed_until"), [(0, 3), (2**32 // 100, 5)])
def test_marks_that_are_ours_by_chance_are_not_held_against_the_relay(
    ear: Callable[[], tuple[Ear, Looks, list[str]]], marks: int, believed_until: int
) -> None:
    """One in four thousand million is another's. Of a relay at which hardly anything rings three are too many."""

    async def story() -> int:
        made, _, warned = ear()
        made._hearing.marks, count = marks, 0
        while not warned:
            key: Key = (b"room", RELAY, bytes([count]))
            made._doubted.add(key)
            made.was_read(key, moved=False)
            count += 1
        return count

    assert believed_until == asyncio.run(story())
