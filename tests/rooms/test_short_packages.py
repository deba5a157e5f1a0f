"""Bug class 11: key packages that expire soon part nobody from a room, and stop neither a room nor an inbox."""

from __future__ import annotations

from contextlib import nullcontext

import msgspec
import nullabona_mls as native
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nullabona.client.core import commands
from nullabona.client.core.group.intents import want
from nullabona.client.core.identity.cards import add_intent
from nullabona.client.core.model.errors import MlsRefused
from nullabona.client.core.model.room_info import ROOM_INFO_EXTENSION
from nullabona.client.mls import LEAST_LIFETIME_S
from nullabona.wire.card import issue_certificate
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from nullabona.wire.handle import parse_handle
from tests.rooms.hostile import kinds, mole, people, track_of
from tests.rooms.test_bug_classes_keys import add, card_with, package_for
from tests.rooms.world import Person, World


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


@pytest.mark.slow
def test_a_commit_whose_package_expires_parts_nobody_for_longer_than_minutes() -> None:
    """Who reads it in time goes on; who comes later refuses it, asks at once, and is let in."""
    world = World(9)
    a, b, c, m = people(world, 4)
    room = world.group(a, b, c, m)
    world.settle(span=60_000)
    group, keys = mole(m, room), track_of(m, room).keys
    m.online = c.online = False
    package = second_device(m, lifetime_s=2)
    commit = group.commit(m.mls.signer, add=[package]).commit
    nonce = world.dice.bytes(NONCE_SIZE)
    world.relay.append(
        bytes(keys.box.address), seal_frame(keys.frame_key, keys.box.address, nonce, Kind.COMMIT, commit)
    )
    world.settle(span=1_000)
    before = c.epoch(room)
    assert before + 1 == b.epoch(room)
    while True:  # until its time is over
        try:
            c.mls.key_package_owner(package)
        except MlsRefused:
            break
    c.online = True
    world.settle(span=180_000)
    assert (b.where(room), ["rejoined"]) == (c.where(room), kinds(c, room, "rejoined"))
    a.send(room, "all of us")
    world.settle(span=60_000)
    assert [["all of us"]] * 2 == [b.texts(room), c.texts(room)]


def second_device(person: Person, *, lifetime_s: int) -> bytes:
    """The key package of another device of the account."""
    seed, day = person.world.dice.bytes(32), person.world.now // 86_400_000
    key = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    handle, id = parse_handle(person.me.handle), person.world.dice.bytes(16)
    certificate = issue_certificate(person.identity, handle=handle, device_id=id, device_key=key, issued_day=day)
    config = native.Config(suite=person.world.suite, extensions=(ROOM_INFO_EXTENSION,), lifetime_s=lifetime_s)
    package, _ = native.make_key_package(native.Signer.from_seed(seed), certificate.encode(), config)
    return package
