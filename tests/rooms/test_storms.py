"""A member that commits without pause is removed all the same, and who comes back after it is there soon."""

from __future__ import annotations

import nullabona_mls as native
import pytest

from nullabona.wire.address import epoch_keys
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from tests.rooms.hostile import all_well, mole, people, remove
from tests.rooms.test_false_branches import MINUTE
from tests.rooms.world import Person, World


class Storm:
    """Members that commit by turns, each next commit in the next box before anybody else knows of it."""

    def __init__(self, world: World, room: bytes, *liars: Person) -> None:
        self.world, self.made, self._liars = world, 0, liars
        self._groups = [mole(liar, room) for liar in liars]
        for liar in liars:
            liar.online = False

    def commit(self) -> None:
        turn = self.made % len(self._liars)
        group = self._groups[turn]
        keys = epoch_keys(group.export_secret("nullabona room", b"", 32))
        commit = group.commit(self._liars[turn].mls.signer, update=True).commit
        group.merge_pending()
        for other in self._groups:
            if other is not group:
                other.accept(other.process(commit))
        frame = seal_frame(keys.frame_key, keys.box.address, self.world.dice.bytes(NONCE_SIZE), Kind.COMMIT, commit)
        self.world.relay.append(bytes(keys.box.address), frame)
        self.made += 1

    def group(self) -> native.Group:
        return self._groups[0]


@pytest.mark.parametrize("liars", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_whoever_commits_without_pause_is_put_out(liars: int) -> None:
    """Twenty commits lie ahead and five more come each second: minutes later all who stay are together without them."""
    world = World(50 + liars)
    crowd = people(world, 3 + liars)
    a, b, c, *bad = crowd
    room = world.group(*crowd)
    storm = Storm(world, room, *bad)
    for _ in range(20):
        storm.commit()
    for liar in bad:
        remove(a, room, liar)
    a.send(room, "hello")
    for _ in range(120):
        for _ in range(3):
            storm.commit()
        world.settle(span=1_000, most=40)
        if all({p.account for p in (a, b, c)} == p.members(room) for p in (a, b, c)):
            break
    assert [{p.account for p in (a, b, c)}] * 3 == [p.members(room) for p in (a, b, c)]
    assert 100 > max(p.epoch(room) for p in (a, b, c))
    world.settle(span=MINUTE)
    assert ["hello"] == b.texts(room)
    all_well(world, room, a, b, c)


def test_a_removal_that_loses_once_by_chance_is_only_done_again() -> None:
    """Somebody renewed keys at the same time: nobody forks the room for that."""
    world = World(60)
    a, b, c, d = people(world, 4)
    room = world.group(a, b, c, d)
    storm = Storm(world, room, b)
    storm.commit()
    remove(a, room, d)
    world.settle(span=MINUTE)
    assert d.account not in c.members(room)
    assert [] == [data for p in (a, c) for kind, _, data in p.events() if kind == "warning"]


@pytest.mark.slow
def test_who_comes_back_after_a_storm_goes_by_a_ticket() -> None:
    """Two hundred epochs on, with nobody removed: not one by one."""
    world = World(61)
    crowd = people(world, 4)
    a, b, c, m = crowd
    room = world.group(*crowd)
    c.online = False
    storm = Storm(world, room, m)
    while storm.made < 200:
        for _ in range(20):
            storm.commit()
        world.settle(span=1_000)
    world.settle(span=MINUTE)
    assert a.epoch(room) >= 200
    c.online = True
    for _ in range(400):
        for person in (a, b, c):
            world.turn(person)
        world.now += 500
    assert a.where(room) == c.where(room)
    assert "rejoined" in [kind for kind, where, _ in c.events() if where == room]
