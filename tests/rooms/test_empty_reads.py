"""Reads that bring nothing, which is most of them: no step, unless something is due or the relay says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import pytest
from msgspec.structs import replace

from nullabona.client.core.model.change_set import NOTHING, ChangeSet
from nullabona.client.core.model.requests import ReadRequest
from nullabona.wire.messages import Frames
from tests.rooms.hostile import people
from tests.rooms.world import Person, World

DAY = 86_400_000


def quiet_pair() -> tuple[World, Person, bytes, ReadRequest]:
    """Somebody who has read all that there is, and the read of the room's box."""
    world = World(3)
    a, b = people(world, 2)
    room = world.group(a, b)
    a.send(room, "said")
    world.settle()
    (want,) = [want for want in b.engine.reads(room) if not want.old]
    return world, b, room, want


def test_a_read_that_brings_nothing_is_no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most do: they cost no transaction, and nobody needs to look anywhere."""
    world, b, room, want = quiet_pair()

    def stepped(*_: object) -> NoReturn:
        raise AssertionError

    answer = world.relay.read(want.address, want.after)
    monkeypatch.setattr(b.engine, "step", stepped)
    assert b.engine.on_frames(room, want.address, want.after, answer, world.now) is NOTHING


@pytest.mark.parametrize(
    "change",
    [
        lambda told: replace(told, incarnation=bytes(8)),
        lambda told: replace(told, head=told.head - 1),
        lambda told: replace(told, head=told.head + 1),
        lambda told: Frames(b"", 0, ()),
    ],
    ids=["incarnation", "less", "more", "gone"],
)
def test_a_read_without_frames_that_says_something_is_a_step(change: Callable[[Frames], Frames]) -> None:
    """A box that was lost, or has more or less than it had."""
    world, b, room, want = quiet_pair()
    answer = change(world.relay.read(want.address, want.after))
    assert not answer.frames
    assert ChangeSet(frozenset({room})) == b.engine.on_frames(room, want.address, want.after, answer, world.now)


def test_what_is_due_is_done_by_a_read_that_brings_nothing() -> None:
    """As by any other."""
    world, b, room, want = quiet_pair()
    due = b.engine.wake_at()
    assert due is not None
    answer = world.relay.read(want.address, want.after)
    assert ChangeSet(frozenset({room})) == b.engine.on_frames(room, want.address, want.after, answer, due + DAY)
