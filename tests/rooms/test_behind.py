"""Commits that all follow but one device: it does not stay behind."""

from __future__ import annotations

import nullabona_mls as native
import pytest

from nullabona.client.core.group.unfollowed import MOST
from nullabona.wire.frame import Kind
from tests.mls.rows import listed, sized
from tests.mls.tls import Reader
from tests.rooms.hostile import all_well, claim, forge, kinds, mole, people, track_of, update_keys
from tests.rooms.insiders import SUITE_NAMES, SUITES
from tests.rooms.test_false_branches import claims, lower_than
from tests.rooms.test_own_leaf import put_into
from tests.rooms.world import Person, World

MINUTE = 60_000


def cut_off(person: Person, room: bytes) -> None:
    """As if whoever commits next had put noise into the path for this device: its private keys open nothing."""
    with person.store.transaction():
        rows = person.store.mls_rows([native.group_scope(room)])
        keys = [(scope, key, _spoilt(row)) for scope, key, row in rows if key.startswith(b"keys:")]
        assert keys
        person.store.mls_write(keys, [])
    person.crash()


def _spoilt(row: bytes) -> bytes:
    """A list of key pairs in postcard, with other private halves."""
    reader, altered = Reader(row), []
    for _ in range(_number(reader)):
        public, private = reader.take(_number(reader)), reader.take(_number(reader))
        altered.append(sized(public) + sized(bytes(byte ^ 0x55 for byte in private)))
    return listed(altered)


def _number(reader: Reader) -> int:
    digits = [reader.number(1)]
    while digits[-1] & 0x80:
        digits.append(reader.number(1))
    return sum((digit & 0x7F) << 7 * place for place, digit in enumerate(digits))


@pytest.mark.parametrize("suite", SUITES, ids=SUITE_NAMES)
def test_a_commit_that_one_device_cannot_follow_costs_it_a_minute(suite: int) -> None:
    """It asks those who went through it, before anybody announces their branch."""
    world = World(30, suite=suite)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    cut_off(b, room)
    update_keys(m, room)
    world.settle(span=MINUTE)
    assert ["rejoined"] == kinds(b, room, "rejoined")
    assert a.where(room) == m.where(room) == b.where(room)
    all_well(world, room, a, b, m)


def test_every_hour_again_it_is_never_away_for_longer_than_the_announcement_takes() -> None:
    """Beyond eight times a day it waits until a member says that the commit holds: twenty minutes."""
    world = World(31)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    longest = 0
    for _ in range(MOST + 3):
        cut_off(b, room)
        update_keys(m, room)
        since = world.now
        while b.where(room) != a.where(room) or a.epoch(room) != m.epoch(room) or world.now == since:
            world.settle(span=MINUTE)
            assert world.now - since < 60 * MINUTE
        longest = max(longest, world.now - since)
        world.settle(span=60 * MINUTE)
    assert longest <= 30 * MINUTE
    all_well(world, room, a, b, m)


@pytest.mark.parametrize(("admin", "first"), [(1, True), (2, False)], ids=["said before", "said after, by the admin"])
def test_a_fork_that_is_only_said_hides_no_commit_that_cannot_be_followed(admin: int, *, first: bool) -> None:
    """The liar says of an older epoch that another commit won there, then commits noise for one; or the other way."""
    world = World(34)
    a, b, m, n = people(world, 4)
    room = world.group(*sorted((a, b, m, n), key=lambda each: each is not (a, b, m)[admin]))
    old, epoch = track_of(m, room).keys, m.epoch(room)
    update_keys(n, room)
    world.settle(span=10 * MINUTE)
    with b.engine.step(world.now) as step:
        winner = next(t.winner.commit for t in step.room(room).boxes if t.epoch == epoch and t.winner)
    low = lower_than(winner)
    cut_off(b, room)
    commit = mole(m, room).commit(m.mls.signer, update=True).commit
    m.online = n.online = False
    if first:
        claims(m, old, low, (bytes(32),))
        world.settle(span=MINUTE)
    put_into(a, room, Kind.COMMIT, commit)
    if not first:
        claims(m, old, low, (bytes(32),))
    world.settle(span=5 * MINUTE)
    assert a.where(room) == b.where(room)
    with b.engine.step(world.now, room) as step:
        assert step.room(room).rejoin is None


def test_what_nobody_can_follow_stops_nobody() -> None:
    """A member's commit that is good for none: each asks a few times, and goes on."""
    world = World(32)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    for person in (a, b):
        cut_off(person, room)
    commit = mole(m, room).commit(m.mls.signer, update=True).commit
    put_into(a, room, Kind.COMMIT, commit)
    m.online = False
    world.settle(span=60 * MINUTE)
    a.send(room, "we go on")
    world.settle(span=5 * MINUTE)
    assert ["we go on"] == b.texts(room)


def test_a_claim_that_is_noise_is_not_asked_about() -> None:
    world = World(33)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    forge(m, room, Kind.SETTLED, claim(m, room, b"no commit at all"))
    world.turn(b)
    with b.engine.step(world.now, room) as step:
        assert step.room(room).rejoin is None
        assert [] == step.room(room).unfollowed
