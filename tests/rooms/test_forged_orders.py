"""A commit's note can hold any order: one that its alleged signer never gave, or gave long ago, has no effect."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core import rooms
from nullabona.client.core.model.proofs import CommitNote, RemovalOrder, encode_note, make_order
from nullabona.wire.frame import Kind
from tests.rooms.hostile import all_well, forge, kinds, mole, people, update_keys
from tests.rooms.world import Person, World

HOUR = 3_600_000


def commit_with(person: Person, room: bytes, *orders: RemovalOrder) -> None:
    """A lawful commit of this member, with orders that nobody asked for, by a program that obeys nobody."""
    note = encode_note(CommitNote(orders))
    forge(person, room, Kind.COMMIT, mole(person, room).commit(person.mls.signer, update=True, aad=note).commit)
    person.online = False


def leave_order(person: Person, room: bytes) -> RemovalOrder:
    """What the person's device signs to leave the room as it is now."""
    with person.store.transaction():
        keys = [each.encryption_key for each in person.store.devices(room) if each.account == person.account]
    return make_order(person.mls, person.me.signature_key, room, person.account, keys, person.epoch(room))


@pytest.mark.parametrize("who", ["the admin", "a member"])
def test_nobody_leaves_by_an_order_that_somebody_else_wrote(who: str) -> None:
    """A member writes it into a commit that removes nobody, in the name of the device that is to go."""
    world = World(3)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    victim = a if who == "the admin" else b
    forged = msgspec.structs.replace(leave_order(victim, room), signature=world.dice.bytes(64))
    commit_with(c, room, forged)
    world.settle(span=HOUR)
    assert [(person.phase(room), person.info(room).admins) for person in (a, b)] == [("joined", (a.account,))] * 2
    assert [] == kinds(a, room, "member-removed") + kinds(b, room, "member-removed") + kinds(victim, room, "left")
    all_well(world, room, a, b)


def test_nobody_leaves_by_an_order_of_their_own_that_no_longer_holds() -> None:
    """It names keys that the person's device has replaced since: she came back, or changed her mind."""
    world = World(4)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    old = leave_order(b, room)
    update_keys(b, room)
    world.settle()
    assert set(old.leaves).isdisjoint(leave_order(b, room).leaves)
    commit_with(c, room, old)
    world.settle(span=HOUR)
    assert ("joined", "joined") == (a.phase(room), b.phase(room))
    all_well(world, room, a, b)


def test_an_order_that_holds_is_noted_by_the_device_that_it_is_about() -> None:
    """Another device of the account has signed it: a commit tells this one of it, before anybody has carried it out."""
    world = World(5)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    commit_with(c, room, leave_order(b, room))
    world.settle(span=HOUR)
    noted = []
    for person in (a, b):
        with person.engine.step(world.now) as step:
            noted.append(rooms.leaving(step, room))
    assert [False, True] == noted


def test_who_redoes_a_commit_redoes_no_order_that_was_forged() -> None:
    """An admin whose branch lost asks for the removals of its commits again, which is its own order then."""
    world = World(6)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    forged = msgspec.structs.replace(leave_order(b, room), signature=world.dice.bytes(64))
    commit_with(c, room, forged)
    world.settle()
    with a.engine.step(world.now, room) as step:
        assert [()] == [tuple(merged.orders) for merged in step.room(room).history[-1:]]
