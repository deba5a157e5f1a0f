"""One account claims a branch that does not exist and is on another one that wins: nobody stays behind (room.md §7)."""

from __future__ import annotations

import pytest

from tests.rooms.hostile import all_well, everybody, only, people, track_of, update_keys
from tests.rooms.test_false_branches import HOUR, MINUTE, claims
from tests.rooms.test_nobodys_word import FALSE, asking
from tests.rooms.world import Person, World


def test_a_false_claim_keeps_nobody_from_the_branch_where_the_others_are() -> None:
    """Two devices look for a removal that never was. A third goes to the liar's real branch, and shows them the way."""
    for seed in range(40):
        world, (a, b, c, liar), room, epoch = believing(seed)
        if ended(liar, room, epoch) > ended(a, room, epoch):
            continue  # the liar's branch does not win
        everybody(world)
        liar.relay = None
        world.settle(span=HOUR, most=8_000)
        assert {ended(liar, room, epoch)} == {ended(person, room, epoch) for person in (a, b, c)}
        all_well(world, room, a, b, c)
        return
    pytest.fail("the liar's branch never won")


def ended(person: Person, room: bytes, epoch: int) -> bytes:
    """The commit that ended an epoch on this person's branch."""
    with person.engine.step(person.world.now) as step:
        return next(merged.commit for merged in step.room(room).history if merged.epoch == epoch)


def believing(seed: int) -> tuple[World, list[Person], bytes, int]:
    """A relay that lied put the liar on a branch of its own; two others believe in one that removed somebody."""
    world = World(seed)
    crowd = people(world, 4)
    a, b, _, liar = crowd
    room = world.group(*crowd)
    keys, epoch = track_of(liar, room).keys, liar.epoch(room)
    liar.relay = world.relay.copy()
    only(world, liar)
    update_keys(liar, room)
    world.settle(span=MINUTE)
    only(world, a, b)
    update_keys(a, room)
    world.settle(span=MINUTE)
    claims(liar, keys, FALSE, (bytes(32),))
    world.settle(span=5_000)
    assert all(asking(person, room) is not None for person in (a, b))
    return world, crowd, room, epoch
