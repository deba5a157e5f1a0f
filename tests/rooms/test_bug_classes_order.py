"""Bug classes 1 to 7: what can go wrong with the order of commits and messages."""

from __future__ import annotations

import pytest
from nullabona_mls import SUITE_CLASSIC, SUITE_PQ

from nullabona.client.core import commands
from nullabona.client.core.model.records import MessageState
from nullabona.wire.frame import Kind
from tests.rooms.faults import DeadError, make_mortal
from tests.rooms.hostile import forge, frames_at, kinds, mole, people, standing, track_of, warnings
from tests.rooms.world import Person, World


def leaf_keys(person: Person, room: bytes) -> dict[bytes, bytes]:
    """The tree's encryption keys by device."""
    with person.store.transaction():
        return {device.device: device.encryption_key for device in person.store.devices(room)}


def update(person: Person, room: bytes) -> None:
    with person.engine.step(person.world.now, room) as step:
        commands.update_keys(step, room)


@pytest.mark.parametrize("suite", [SUITE_CLASSIC, SUITE_PQ], ids=["classic", "post-quantum"])
@pytest.mark.parametrize("seed", [1, 2])
def test_class_01_simultaneous_commits_converge(suite: int, seed: int) -> None:
    """Six members commit at once and are delivered to at random: all reach one epoch, and every commit's wish holds."""
    world = World(seed, suite=suite)
    everybody = people(world, 6)
    room = world.group(*everybody)
    before = leaf_keys(everybody[0], room)
    for person in everybody:
        update(person, room)
    for _ in range(120):
        person = everybody[world.dice.between(0, 5)]
        if world.dice.between(0, 1) and (items := world.queues(person)):
            world.post(person, items[0], lose_answer=world.dice.between(0, 4) == 0)
        else:
            where, want = world.reads(person)[-1]
            world.read(person, where, want, limit=1)
    world.settle()
    assert len(standing(world, room)) == 1
    after = leaf_keys(everybody[0], room)
    assert all(leaf_keys(person, room) == after for person in everybody)
    assert dict.fromkeys(before, True) == {device: before[device] != after[device] for device in before}


def test_class_02_a_merge_is_whole_or_not_at_all() -> None:
    """Death at any single write of the step that merges a commit leaves MLS and room state in the same epoch."""
    died = 0
    for write in range(1, 200):
        world = World(3)
        a, b = people(world, 2)
        room = world.group(a, b)
        update(a, room)
        for item in world.queues(a):
            world.post(a, item)
        store = make_mortal(b)
        before = b.epoch(room)
        store.writes, store.die_at_write = 0, write
        want = b.engine.reads(room)[-1]
        try:
            world.read(b, room, want)
        except DeadError:
            died += 1
            b.crash()
            assert (before, before) == (b.epoch(room), mole(b, room).epoch)
        else:
            break
        world.settle()
        assert (before + 1, before + 1) == (b.epoch(room), mole(b, room).epoch)
        assert b.where(room) == a.where(room)
    assert died > 5


def test_class_03_an_own_commit_that_comes_back_twice_is_merged_once() -> None:
    """The relay holds an own commit twice, before and after the merge: it ends one epoch, once, for everybody."""
    world = World(4)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    before, box = a.epoch(room), a.where(room)
    update(a, room)
    (item,) = world.queues(a)
    world.post(a, item, lose_answer=True)
    commit = item.data
    world.relay.append(box, commit)
    world.settle(span=60_000)
    world.relay.append(box, commit)
    assert frames_at(world, box).count(commit) >= 3
    world.settle()
    assert before + 1 == a.epoch(room)
    assert len(standing(world, room)) == 1
    assert [[], [], []] == [warnings(person) for person in (a, b, c)]


def test_class_03_an_own_commit_that_comes_back_after_it_lost_is_ignored() -> None:
    """A commit that lost, put into the box again by the relay, changes nothing for its author or anybody else."""
    world = World(5)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    box = a.where(room)
    update(a, room)
    update(b, room)
    (first,), (second,) = world.queues(a), world.queues(b)
    world.post(a, first)
    world.post(b, second)
    world.settle()
    settled = standing(world, room)
    world.relay.append(box, second.data)
    world.settle()
    assert settled == standing(world, room)


def test_class_04_garbage_commit_blocks_nobody() -> None:
    """Commits of a member that are no commits, or break the rules, end no epoch: the next good one does."""
    world = World(6)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    before = a.epoch(room)
    for body in (b"", b"\x00" * 40, world.dice.bytes(2_000), mole(b, room).encrypt(b.mls.signer, b"no commit")):
        forge(b, room, Kind.COMMIT, body)
    forge(b, room, Kind.COMMIT, b"no reference", indirect=True)
    outsider = mole(b, room).commit(b.mls.signer, remove=[0])
    forge(b, room, Kind.COMMIT, outsider.commit)
    world.settle(span=60_000)
    assert {before} == {person.epoch(room) for person in world.people}
    update(c, room)
    world.settle(span=60_000)
    assert {before + 1} == {person.epoch(room) for person in world.people}
    c.send(room, "still here")
    world.settle()
    assert [["still here"]] * 3 == [person.texts(room) for person in world.people]


def test_class_05_a_message_of_the_next_epoch_waits_for_its_commit() -> None:
    """A reader who gets frames one at a time, the next epoch's first, shows every message once and loses none."""
    world = World(7)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    c.online = False
    a.send(room, "before")
    update(b, room)
    world.settle(span=60_000)
    a.send(room, "after")
    # A member's client puts a copy of a next-epoch message into the old box as well: nobody can read it there.
    early = mole(a, room).encrypt(a.mls.signer, b"early")
    with c.engine.step(world.now) as step:
        old = step.room(room).current
    from nullabona.wire.frame import seal_frame

    frame = seal_frame(old.keys.frame_key, old.keys.box.address, bytes(12), Kind.MESSAGE, early)
    box = world.relay.boxes[bytes(old.keys.box.address)]
    box.frames = {seq + 1: data for seq, data in box.frames.items()} | {1: frame}
    box.frames = dict(sorted(box.frames.items()))
    box.head += 1
    c.online = True
    for _ in range(60):
        for where, want in reversed(world.reads(c)):
            world.read(c, where, want, limit=1)
    world.settle()
    assert ["before", "after"] == c.texts(room)
    assert len(standing(world, room)) == 1


@pytest.mark.parametrize("count", [20, 60])
def test_class_06_any_order_within_the_window_is_read(count: int) -> None:
    """Frames of one sender, shuffled within the window of 64, are all shown, once each."""
    world = World(8)
    a, b = people(world, 2)
    room = world.group(a, b)
    texts = [f"no {number}" for number in range(count)]
    b.online = False
    for text in texts:
        a.send(room, text)
    world.quiet()
    box = world.relay.boxes[a.where(room)]
    mixed = list(box.frames.values())
    world.dice.random.shuffle(mixed)
    box.frames = dict(zip(box.frames, mixed, strict=True))
    b.online = True
    world.settle()
    assert sorted(texts) == sorted(b.texts(room))


def test_class_06_what_is_too_old_is_sent_again() -> None:
    """Beyond the window a message cannot be read: its reader says so, its sender sends it anew, nothing is lost."""
    world = World(9)
    a, b = people(world, 2)
    room = world.group(a, b)
    texts = [f"no {number}" for number in range(150)]
    b.online = False
    for text in texts:
        a.send(room, text)
    world.quiet()
    box = world.relay.boxes[a.where(room)]
    box.frames = dict(zip(box.frames, reversed(list(box.frames.values())), strict=True))
    b.online = True
    world.settle(span=6 * 3_600_000, most=2_000)
    assert sorted(texts) == sorted(b.texts(room))
    assert texts == a.texts(room)
    assert {MessageState.DELIVERED} == {message.state for message in a.messages(room)}


def test_class_07_only_the_winning_commit_invites() -> None:
    """Two admins add the same person at once: one Welcome goes out, after the win, and the newcomer joins once."""
    world = World(10)
    a, b, c = people(world, 3)
    room = world.group(a, b)
    with a.engine.step(world.now, room) as step:
        commands.set_admin(step, room, b.account, admin=True)
    world.settle()
    world.befriend(a, c)
    world.befriend(b, c)
    for admin in (a, b):
        with admin.engine.step(world.now, room) as step:
            commands.add_account(step, room, c.card)
    inbox = bytes(c.card.inbox.address)
    for admin in (a, b):
        for item in world.queues(admin):
            world.post(admin, item)
    assert [] == frames_at(world, inbox)
    c.online = False
    world.settle(span=60_000)
    assert len(frames_at(world, inbox)) == 1
    c.online = True
    world.settle()
    assert ["joined"] == kinds(c, room, "joined", "rejoined", "removed")
    assert len(standing(world, room)) == 1
    assert track_of(c, room).epoch == c.epoch(room)
