"""Tickets whose history lies about how an epoch ended: the lie stays with the device that was told it."""

from __future__ import annotations

from hashlib import sha256

import msgspec
import pytest

from tests.rooms.hostile import all_well, everybody, only, people, ticket_of, to_inbox, track_of, update_keys, warnings
from tests.rooms.test_false_branches import claims
from tests.rooms.test_false_forks import lower_than
from tests.rooms.test_nobodys_word import asking
from tests.rooms.test_tickets import lost, rejoins
from tests.rooms.world import Person, World

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
HIGHEST = b"\xff" * 32


@pytest.mark.parametrize("commit", [bytes(32), HIGHEST])
def test_who_was_told_a_false_end_of_an_epoch_leads_nobody_astray(commit: bytes) -> None:
    """It does not repeat what it has not read: nobody else moves, whether the false commit would win or lose."""
    world = World(1)
    crowd, room = lost(world, 5)
    a, b, _, liar, _ = crowd
    left = b.epoch(room)
    only(world, b)
    while asking(b, room) is None:
        world.settle(span=1_000)
    real = ticket_of(liar, room)
    told = tuple((epoch, commit if epoch == left else each, removed) for epoch, each, removed in real.history)
    to_inbox(liar, b, msgspec.structs.replace(real, history=told))
    world.settle(span=MINUTE)
    assert 1 == rejoins(b, room)
    everybody(world)
    world.settle(span=DAY, most=20_000)
    assert [0, 1, 0, 0, 0] == [rejoins(person, room) for person in crowd]
    assert not [person.name for person in crowd if person is not b and "room-forked" in warnings(person, room)]
    if commit == HIGHEST:  # the real end wins over it, so the device has asked, and knows better now
        assert dict(ends(a, room))[left] == dict(ends(b, room))[left]
    all_well(world, room, *crowd)


def ends(person: Person, room: bytes) -> list[tuple[int, bytes]]:
    """How each epoch ended, as the person's device tells others."""
    return [(epoch, commit) for epoch, commit, _ in ticket_of(person, room).history]


def test_a_claimed_branch_that_leads_to_our_own_is_none() -> None:
    """Who claims a branch and answers with a ticket to where everybody is makes nobody come in once more."""
    world = World(2)
    crowd = people(world, 3)
    room = world.group(*crowd)
    world.settle(span=10 * MINUTE)
    a, b, liar = crowd
    keys, left = track_of(b, room).keys, b.epoch(room)
    update_keys(a, room)
    world.settle(span=10 * MINUTE)
    lower = lower_than(b, room, left)
    claims(liar, keys, lower, ())
    world.settle(span=5_000)
    for victim in (a, b):
        real = ticket_of(liar, room)
        named = sha256(lower).digest()
        told = tuple((epoch, named if epoch == left else each, removed) for epoch, each, removed in real.history)
        to_inbox(liar, victim, msgspec.structs.replace(real, history=told))
    world.settle(span=HOUR, most=4_000)
    assert [0, 0, 0] == [rejoins(person, room) for person in crowd]
    all_well(world, room, *crowd)
