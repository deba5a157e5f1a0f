"""When a message counts as delivered, case by case: what a view may acknowledge, and what it must not (room.md §4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from nullabona.client.core.model.records import DeviceView, MessageState
from nullabona.client.core.model.state import CommitCandidate
from nullabona.client.core.sync import acknowledgements
from tests.rooms.hostile import people, send_all, track_of
from tests.rooms.world import Person, World

SENT, DELIVERED = MessageState.SENT, MessageState.DELIVERED


def spoken(seed: int, count: int = 3) -> tuple[World, Person, Person, bytes, list[int]]:
    """A room of two in which one said some things that the other has not seen, and the seqs that they lie at."""
    world = World(seed)
    a, b = people(world, 2)
    room = world.group(a, b)
    world.settle(span=600_000)
    b.online = False
    for number in range(count):
        a.send(room, f"{number}")
    world.settle(span=5_000)
    box = world.relay.boxes[bytes(track_of(a, room).keys.box.address)]
    return world, a, b, room, sorted(box.frames)[-count:]


def acknowledge(a: Person, b: Person, room: bytes, view: Callable[[DeviceView], DeviceView], *commits: int) -> None:
    """The other's device shows a changed view of everything, while commits that contest the box lie there."""
    with a.engine.step(a.world.now, room) as step:
        track = step.room(room).current
        track.candidates = [CommitCandidate(seq, bytes(32), settled=False) for seq in commits]
        all_seen = DeviceView(
            track.keys.box.address, b.me.device, track.incarnation, track.position, track.chain, (), ()
        )
        step.store.put_view(view(all_seen))
        track.check_acks = True
        acknowledgements.update_acks(step, step.room(room), track)
        track.candidates = []


def states(person: Person, room: bytes) -> list[MessageState]:
    return [message.state for message in person.messages(room)]


def test_what_everybody_has_seen_is_delivered() -> None:
    """A view that is as far as we are delivers all, and one that ends at the first message delivers that."""
    _, a, b, room, seqs = spoken(1)
    acknowledge(a, b, room, lambda view: replace(view, seq=seqs[0]))
    assert [DELIVERED, SENT, SENT] == states(a, room)
    acknowledge(a, b, room, lambda view: view)
    assert [DELIVERED] * 3 == states(a, room)


@pytest.mark.parametrize(
    "view",
    [
        lambda view: replace(view, seq=view.seq + 1),
        lambda view: replace(view, incarnation=bytes(len(view.incarnation))),
        lambda view: replace(view, chain=bytes(32)),
        lambda view: replace(view, device=bytes(16)),
    ],
    ids=["further than we are", "another incarnation", "no chain", "another device"],
)
def test_a_view_that_may_be_of_another_history_delivers_nothing(view: Callable[[DeviceView], DeviceView]) -> None:
    """Ahead of us, of a box that was lost, without a chain, or somebody else's: nothing follows for our messages."""
    _, a, b, room, _ = spoken(2)
    acknowledge(a, b, room, view)
    assert [SENT] * 3 == states(a, room)


@pytest.mark.parametrize(
    "lacking",
    [lambda view, seq: replace(view, missing=(seq,)), lambda view, seq: replace(view, unreadable=(seq,))],
    ids=["missing", "unreadable"],
)
def test_what_a_view_names_as_lost_is_not_delivered(lacking: Callable[[DeviceView, int], DeviceView]) -> None:
    """A message that the other did not get, or could not open, stays sent; those around it are delivered."""
    _, a, b, room, seqs = spoken(3)
    acknowledge(a, b, room, lambda view: lacking(view, seqs[1]))
    assert [DELIVERED, SENT, DELIVERED] == states(a, room)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_nothing_is_delivered_from_a_contested_commit_on(at: int) -> None:
    """What lies behind a commit that may win will be said again in the next epoch; what lies before it has arrived."""
    _, a, b, room, seqs = spoken(4)
    acknowledge(a, b, room, lambda view: view, seqs[at], seqs[2] + 1)
    assert [DELIVERED] * at + [SENT] * (3 - at) == states(a, room)


def test_nothing_is_delivered_before_every_device_has_it() -> None:
    """Of two others one has everything and one has shown nothing."""
    world = World(5)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    world.settle(span=600_000)
    b.online = c.online = False
    a.send(room, "both of you")
    send_all(world, a)
    world.settle(span=5_000)
    acknowledge(a, b, room, lambda view: view)
    before = states(a, room)
    acknowledge(a, c, room, lambda view: view)
    assert ([SENT], [DELIVERED]) == (before, states(a, room))
