"""A device that was off while the room went on makes its commits where the room is now, in no epoch on the way."""

from __future__ import annotations

from typing import Any

import pytest

from nullabona.client.core.delivery.outbox import queue_frame
from nullabona.client.core.group import commits
from nullabona.client.core.group.commits import ASLEEP_MS
from nullabona.client.core.group.intents import LOOK_MS
from nullabona.client.core.model.intents import UpdateKeys
from nullabona.client.core.timeline import sending
from nullabona.wire.messages import Frames
from tests.rooms.devices import another_device
from tests.rooms.world import Person, World

DAY = 86_400_000


@pytest.fixture
def staged(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, bytes, int]]:
    """Which device staged a commit, in which room and epoch."""
    found: list[tuple[bytes, bytes, int]] = []
    real = commits._stage

    def noting(step: Any, room: Any, track: Any, change: Any) -> None:  # noqa: ANN401 - as the real one
        found.append((step.local.device, room.id, track.epoch))
        real(step, room, track, change)

    monkeypatch.setattr(commits, "_stage", noting)
    return found


@pytest.fixture
def spoken(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, bytes, int]]:
    """Which device queued a message or a receipt, in which room and epoch."""
    found: list[tuple[bytes, bytes, int]] = []
    real = queue_frame

    def noting(step: Any, room: Any, track: Any, *rest: Any, **more: Any) -> bytes:  # noqa: ANN401 - as the real one
        found.append((step.local.device, room.id, track.epoch))
        return real(step, room, track, *rest, **more)

    monkeypatch.setattr(sending, "queue_frame", noting)
    return found


def a_week_later(seed: int) -> tuple[World, bytes, Person, Person]:
    """Bora's desk was off for eight days, in which the others renewed their keys."""
    world = World(seed)
    anna, bora = world.person("anna"), world.person("bora")
    desk = another_device(world, bora, "desk")
    world.settle()
    room = world.group(anna, bora)
    world.settle()
    desk.online = False
    before = anna.epoch(room)
    for day in range(8):
        world.settle(span=DAY)
        anna.send(room, f"day {day}")
        world.settle(span=60_000)
    assert anna.epoch(room) > before + 1
    return world, room, anna, desk


def comes_back(world: World, room: bytes, desk: Person, noted: list[tuple[bytes, bytes, int]]) -> list[int]:
    """In which epochs of the room it did what is noted."""
    noted.clear()
    desk.online = True
    world.settle(span=3_600_000)
    return [epoch for device, where, epoch in noted if (device, where) == (desk.me.device, room)]


@pytest.mark.parametrize("seed", range(4))
def test_its_keys_are_renewed_once_and_in_the_present(seed: int, staged: list[tuple[bytes, bytes, int]]) -> None:
    """Commits in epochs that are over would change nothing, and everybody would have to read them."""
    world, room, anna, desk = a_week_later(seed)
    now = anna.epoch(room)
    assert [now] == comes_back(world, room, desk, staged)
    assert now + 1 == anna.epoch(room) == desk.epoch(room)
    assert [f"day {day}" for day in range(8)] == desk.texts(room)


@pytest.mark.parametrize("seed", range(4))
def test_it_says_nothing_in_epochs_that_are_over(seed: int, spoken: list[tuple[bytes, bytes, int]]) -> None:
    """Nobody could read its receipts there, and each would tell the room so. What it saw it says in the present."""
    world, room, anna, desk = a_week_later(seed)
    now = anna.epoch(room)
    epochs = comes_back(world, room, desk, spoken)
    assert epochs
    assert now <= min(epochs)
    with anna.engine.step(world.now, room) as step:
        unreadable = [track.unreadable for track in step.room(room).boxes]
    assert 2 <= len(unreadable)
    assert not any(unreadable)


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize(("late_ms", "waits"), [(ASLEEP_MS, False), (ASLEEP_MS + 1, True)])
def test_who_is_late_looks_into_the_box_first(late_ms: int, waits: bool, answered: bool) -> None:  # noqa: FBT001
    """That a device was off shows in how late it is. An answer that nothing is there will do, or none for a minute."""
    world = World(1)
    anna, bora = world.person("anna"), world.person("bora")
    room = world.group(anna, bora)
    with bora.engine.step(world.now, room) as step:
        step.room(room).update_at = world.now - late_ms
    with bora.engine.step(world.now, room) as step:
        state = step.room(room)
        track = state.current
        assert (waits, not waits) == (step.before(track.look_until), state.pending is not None)
        assert ([UpdateKeys()] if waits else []) == state.intents
        address, after = track.keys.box.address, track.position
        nothing_new = Frames(track.incarnation, track.head, ())
    if answered:
        bora.engine.on_frames(room, address, after, nothing_new, world.now)
    else:
        bora.engine.tick(world.now + LOOK_MS - 1)
        with bora.engine.step(world.now, room) as step:
            assert waits == (step.room(room).pending is None)
        bora.engine.tick(world.now + LOOK_MS)
    with bora.engine.step(world.now, room) as step:
        assert step.room(room).pending is not None
