"""Members who lie: each lie ends in a warning or in nothing, never in an error, a hang or a loss."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core.model.content import Leave, Moved, Receipt, View
from nullabona.client.core.model.proofs import CommitNote, encode_note, make_order
from nullabona.client.core.model.records import MessageState
from nullabona.wire.blob import cut_blob, encode_ref
from nullabona.wire.frame import Kind, seal_frame
from tests.rooms.hostile import (
    all_well,
    claim,
    envelope,
    forge,
    mole,
    people,
    say_anything,
    track_of,
    update_keys,
    warnings,
)
from tests.rooms.world import World

HOUR = 3_600_000


def test_thousands_of_garbage_frames() -> None:
    """A member fills the box with three thousand frames of rubbish: the room reads over them."""
    world = World(1)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    box = world.relay.boxes[a.where(room)]
    for _ in range(3_000):
        box.head += 1
        box.frames[box.head] = world.dice.bytes(512)
    all_well(world, room, a, b, c)
    assert [[], [], []] == [warnings(person) for person in (a, b, c)]


def test_thousands_of_commits_that_are_none() -> None:
    """Two thousand frames marked as commits do not keep the next real commit from winning."""
    world = World(2)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    before = a.epoch(room)
    for _ in range(2_000):
        forge(b, room, Kind.COMMIT, world.dice.bytes(60))
    update_keys(c, room)
    all_well(world, room, a, b, c)
    assert a.epoch(room) > before


def test_a_commit_whose_blob_never_comes_is_passed_over() -> None:
    """A member announces a commit that lies in a blob nobody has: after a while the next one wins."""
    world = World(3)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    before = a.epoch(room)
    ref, _ = cut_blob(world.dice.bytes(32), world.dice.bytes(70_000))
    forge(b, room, Kind.COMMIT, encode_ref(ref), indirect=True)
    update_keys(c, room)
    world.settle(span=10_000)
    assert {before} == {person.epoch(room) for person in (a, c)}
    all_well(world, room, a, b, c)
    assert {before + 1} == {person.epoch(room) for person in (a, b, c)}


def test_a_message_whose_blob_never_comes_is_not_waited_for_for_ever() -> None:
    """It is reported as unreadable after a day; what comes after it is shown at once."""
    world = World(4)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    ref, _ = cut_blob(world.dice.bytes(32), world.dice.bytes(70_000))
    forge(b, room, Kind.MESSAGE, encode_ref(ref), indirect=True)
    a.send(room, "after it")
    world.settle(span=60_000)
    assert [["after it"]] * 3 == [person.texts(room) for person in (a, b, c)]
    world.settle(span=4 * 24 * HOUR, most=4_000)
    a.send(room, "much later")
    world.settle(span=2 * HOUR)
    assert [MessageState.DELIVERED] * 2 == [message.state for message in a.messages(room)]


@pytest.mark.parametrize("case", ["signature", "signer", "box", "removed", "data", "unknown-commit", "indirect"])
def test_settled_claims_that_do_not_hold(case: str) -> None:
    """Claims with a false signature, signer, box, rank or commit neither settle an epoch nor fork the room."""
    world = World(5)
    a, b, c = people(world, 3)
    outsider = world.person("outsider")
    room = world.group(a, b, c)
    before = a.epoch(room)
    commit = mole(b, room).commit(b.mls.signer, update=True).commit
    good = msgspec.msgpack.decode(claim(b, room, commit))
    if case == "signature":
        good[4] = bytes(64)
    elif case == "signer":
        good[3] = outsider.me.signature_key
    elif case == "box":
        good[0] = bytes(32)
    elif case == "removed":
        good[2] = [a.account]
    elif case == "data":
        good[5] = commit + b"\0"
    body = msgspec.msgpack.encode(good)
    if case == "unknown-commit":
        body = claim(b, room, world.dice.bytes(500))
    forge(b, room, Kind.SETTLED, body, indirect=case == "indirect")
    world.settle(span=60_000)
    assert {before} == {person.epoch(room) for person in (a, b, c)}
    all_well(world, room, a, b, c)
    assert [[], [], []] == [warnings(person) for person in (a, b, c)]


def test_a_claim_of_a_wrong_rank_moves_nobody() -> None:
    """A member claims that their commit removed somebody, which it did not: no branch is won by saying so."""
    world = World(6)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    commit = mole(b, room).commit(b.mls.signer, update=True).commit
    false = claim(b, room, commit, (a.account,))
    box = a.where(room)
    update_keys(a, room)
    world.settle(span=60_000)
    frame = msgspec.msgpack.decode(false)
    assert frame[0] == box
    with a.engine.step(world.now) as step:
        keys = step.room(room).boxes[-2].keys
    world.relay.append(box, seal_frame(keys.frame_key, keys.box.address, bytes(12), Kind.SETTLED, false))
    world.settle(span=12 * HOUR, most=4_000)
    all_well(world, room, a, c)


@pytest.mark.parametrize("committed", [False, True], ids=["said", "committed"])
def test_removal_orders_of_people_who_may_not_give_them(*, committed: bool) -> None:
    """A plain member's order to remove somebody else is no order, said or committed."""
    world = World(8)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    before = a.epoch(room)
    with b.engine.step(world.now, room) as step:
        target = next(d for d in step.roster(room).values() if d.account == c.account)
        order = make_order(step.mls, b.me.signature_key, room, c.account, [target.encryption_key])
    if committed:
        bundle = mole(b, room).commit(b.mls.signer, remove=[target.leaf], aad=encode_note(CommitNote((order,))))
        forge(b, room, Kind.COMMIT, bundle.commit)
    else:
        say_anything(b, room, envelope(b, Leave(order)))
    all_well(world, room, a, c)
    assert (before, {a.account, b.account, c.account}) == (a.epoch(room), a.members(room))


@pytest.mark.parametrize("rank", [0, 1])
def test_a_member_who_says_the_room_has_moved_moves_nobody_for_good(rank: int) -> None:
    """A lie about another branch ends after a while with a warning; the people talk on meanwhile."""
    world = World(9)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    for epoch in (0, a.epoch(room), a.epoch(room) + 5):
        say_anything(b, room, envelope(b, Moved(epoch, bytes(32), rank)))
    a.send(room, "meanwhile")
    world.settle(span=60_000)
    assert ["meanwhile"] == c.texts(room)
    world.settle(span=30 * 24 * HOUR, most=20_000)
    all_well(world, room, a, c)
    assert {"no-way-back"} >= set(warnings(a, room))


def test_views_that_lie_cost_one_warning() -> None:
    """A member whose views are false makes devices warn and move on; nothing is lost and nobody is stuck."""
    world = World(10)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    a.send(room, "before")
    world.settle(span=60_000)
    track = track_of(a, room)
    for seq in (1, track.position, 2**53):
        lie = View(track.keys.box.address[:8], track.incarnation, seq, b"\xff" * 16, (1, 2, 3), (1, 2, 2**53))
        say_anything(b, room, envelope(b, Receipt(), (lie,) * 64))
    all_well(world, room, a, c)
    assert len(warnings(a, room)) <= 1
    assert "before" in c.texts(room)
