"""Bug class 11: key packages that expire soon part nobody from a room, and stop neither a room nor an inbox."""

from __future__ import annotations

from contextlib import nullcontext

import msgspec
import pytest

from nullabona.client.core import commands
from nullabona.client.core.committing import want
from nullabona.client.core.errors import MlsRefused
from nullabona.client.core.people import add_intent
from nullabona.client.mls import LEAST_LIFETIME_S
from tests.rooms.hostile import people
from tests.rooms.test_bug_classes_keys import add, card_with, package_for
from tests.rooms.world import World


@pytest.mark.parametrize("lifetime_s", [0, 1, LEAST_LIFETIME_S - 60, LEAST_LIFETIME_S + 60, 2**32 - 1])
def test_a_package_with_an_odd_lifetime_harms_nobody(lifetime_s: int) -> None:
    """One that expires within a year is refused: whoever reads its commit later would be alone. Others work."""
    world = World(8)
    a, b, c = people(world, 3)
    room = world.group(a, c)
    world.befriend(a, b)
    card = card_with(b, package_for(b, lifetime_s=lifetime_s))
    short = lifetime_s < LEAST_LIFETIME_S
    with pytest.raises(MlsRefused) if short else nullcontext():
        add(a, room, card)
    world.settle()
    c.send(room, "all well")
    world.settle()
    assert ["all well"] == a.texts(room)
    assert a.where(room) == c.where(room)
    assert {"none" if short else "joined"} == {b.phase(room)}


def test_a_package_that_expires_while_it_is_wanted_does_not_stop_the_room() -> None:
    """The wish drops out."""
    world = World(8)
    a, b, c = people(world, 3)
    room = world.group(a, c)
    package = package_for(b, lifetime_s=0)
    while True:  # for the rest of this second
        try:
            a.mls.key_package_owner(package)
        except MlsRefused:
            break
    with a.engine.step(world.now, room) as step:
        wish = add_intent(step, b.card)
        want(step.room(room), msgspec.structs.replace(wish, key_packages=(package,)))
    world.settle()
    c.send(room, "all well")
    world.settle()
    assert ["all well"] == a.texts(room)
    with a.engine.step(world.now, room) as step:
        assert [] == step.room(room).intents
    assert "none" == b.phase(room)


@pytest.mark.parametrize("seed", range(4))
def test_whoever_asks_with_such_a_package_while_they_are_asked_stops_no_inbox(seed: int) -> None:
    """One of the two accepts for both by itself; if that cannot be, what comes later is read all the same."""
    world = World(seed)
    a, b, c = people(world, 3)
    short = card_with(b, package_for(b, lifetime_s=100))
    for person, other, own in ((a, short, a.card), (b, a.card, short), (c, a.card, c.card)):
        with person.engine.step(world.now) as step:
            commands.request_contact(step, other, own.encoded, "hello")
    world.settle()
    with a.store.transaction():
        assert a.store.contact(c.account) is not None
