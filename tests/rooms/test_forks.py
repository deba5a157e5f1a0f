"""Branches: who must move, how they get there, who is told that they are out, and what is owed to whom afterwards."""

from __future__ import annotations

import pytest

from nullabona.client.core import commands
from nullabona.client.core.model.content import Moved
from nullabona.client.core.model.records import MessageState
from tests.rooms.audit import audit_rest
from tests.rooms.hostile import (
    add,
    all_well,
    envelope,
    everybody,
    frames_at,
    gone,
    kinds,
    only,
    people,
    read_room,
    remove,
    say_anything,
    send_all,
    standing,
    to_inbox,
    track_of,
    update_keys,
    warnings,
)
from tests.rooms.test_commands import direct
from tests.rooms.test_false_branches import LOW_FIRST, claims
from tests.rooms.test_nobodys_word import asking, lower_than
from tests.rooms.world import Person, World

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


# -- removed people watch the box that removed them ---------------------------------------------------------------


def removed_by_a_lost_commit(seed: int) -> tuple[World, Person, Person, Person, bytes]:
    """``b`` has merged its own removal, and the relay lost that box before anybody else read it."""
    world = World(seed)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    remove(a, room, b)
    update_keys(c, room)
    send_all(world, a, c)
    read_room(world, b, room)
    assert "removed" == b.phase(room)
    world.relay.wipe()
    return world, a, b, c, room


def test_a_removal_that_stands_is_watched_for_three_days() -> None:
    """Then the device asks the relay for nothing any more and keeps nothing of the room but what was said."""
    world = World(1)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    a.send(room, "before")
    world.settle()
    remove(a, room, b)
    world.settle(span=2 * DAY, most=2_000)
    assert 1 == len(b.engine.reads(room))
    world.settle(span=2 * DAY, most=2_000)
    assert ((), None, "removed") == (b.engine.reads(room), b.engine.wake_at(), b.phase(room))
    assert ["before"] == b.texts(room)
    all_well(world, room, a, c)


def test_a_removal_that_the_room_did_not_take_is_undone() -> None:
    """Who merged a removal that only they ever saw finds the branch on which they are still in, and is in again."""
    world, a, b, c, room = removed_by_a_lost_commit(2)
    only(world, b, c)
    world.settle(span=2 * HOUR, most=2_000)
    assert (("joined", c.where(room)), ["removed", "rejoined"]) == (
        (b.phase(room), b.where(room)),
        kinds(b, room, "removed", "rejoined", "left"),
    )
    b.send(room, "still here")
    world.settle()
    assert ["still here"] == c.texts(room)
    everybody(world)
    world.settle(span=DAY, most=2_000)
    assert ("removed", {a.account, c.account}) == (b.phase(room), c.members(room))
    all_well(world, room, a, c)


def test_a_removal_that_was_redone_meanwhile_stands() -> None:
    """Who looks for another branch and is told by an admin of that branch that they are out stops looking."""
    world, a, b, c, room = removed_by_a_lost_commit(3)
    only(world, c)
    world.settle(span=HOUR, most=2_000)
    only(world, a, c)
    while b.account in c.members(room):
        world.settle(span=1_000)
    everybody(world)
    world.settle(span=HOUR, most=2_000)
    assert ("removed", ()) == (b.phase(room), b.engine.reads(room))
    assert ["removed"] == kinds(b, room, "removed", "rejoined", "left")
    all_well(world, room, a, c)


# -- out without knowing it ---------------------------------------------------------------------------------------


def removed_unseen(seed: int, size: int) -> tuple[World, list[Person], bytes]:
    """The second person was removed by a commit that the relay lost before they could read it."""
    world = World(seed)
    crowd = people(world, size)
    room = world.group(*crowd)
    a, b = crowd[:2]
    b.online = False
    remove(a, room, b)
    box = world.relay.boxes[b.where(room)]
    world.settle(span=MINUTE)
    box.frames.clear()
    return world, crowd, room


def test_an_admins_word_that_one_is_out_is_enough() -> None:
    """The device lost the commit that removed it: it asks where the room is, and an admin's answer ends it."""
    world, (a, b, c), room = removed_unseen(4, 3)
    everybody(world)
    world.settle(span=HOUR, most=2_000)
    assert ("removed", {a.account, c.account}) == (b.phase(room), a.members(room))
    assert ["removed"] == kinds(b, room, "removed", "rejoined", "left")


def test_a_members_word_that_one_is_out_is_not_enough() -> None:
    """No admin is there to ask: whoever is out is warned, and told so when they ask again, after their next commit."""
    world, (a, b, c, d), room = removed_unseen(5, 4)
    only(world, b, c)
    world.settle(span=3 * DAY, most=4_000)
    assert ("joined", ["no-way-back"]) == (b.phase(room), warnings(b, room))
    everybody(world)
    world.settle(span=12 * DAY, most=8_000)
    assert "removed" == b.phase(room)
    all_well(world, room, a, c, d)


def test_a_member_puts_nobody_out_by_making_them_ask_and_answering() -> None:
    """It claims a commit that there is not, so that they ask, and says that they are out: neither keys nor room go."""
    world = World(6)
    a, b, c, m = people(world, 4)
    room = world.group(a, b, c, m)
    keys = track_of(m, room).keys
    update_keys(a, room)
    world.settle(span=MINUTE)
    m.online = False
    claims(m, keys, LOW_FIRST[0], ())
    world.settle(span=MINUTE)
    to_inbox(m, b, gone(world, room))
    world.settle(span=20 * HOUR, most=4_000)
    assert {"joined"} == {person.phase(room) for person in (a, b, c)}
    all_well(world, room, a, b, c)


@pytest.mark.parametrize("removed", [True, False])
def test_the_only_admin_is_not_removed_by_the_last_other_member(removed: bool) -> None:  # noqa: FBT001
    """Whether the admin put them out before or not: they claim a commit that there is not, and say *gone*."""
    world = World(77)
    a, m = people(world, 2)
    room = world.group(a, m)
    keys, epoch = track_of(m, room).keys, m.epoch(room)
    if removed:
        remove(a, room, m)
    else:
        update_keys(a, room)
    world.settle(span=MINUTE)
    m.online = False
    claims(m, keys, lower_than(a, room, epoch), (bytes(32),))
    world.settle(span=MINUTE)
    assert asking(a, room) is not None
    to_inbox(m, a, gone(world, room))
    world.settle(span=MINUTE)
    assert ("joined", []) == (a.phase(room), kinds(a, room, "removed", "left"))


def test_nobody_ends_a_room_of_two_for_the_other() -> None:
    """There is no removing anybody, and no word of it."""
    world = World(79)
    a, m = people(world, 2)
    room = direct(world, a, m)
    keys, epoch = track_of(m, room).keys, m.epoch(room)
    update_keys(a, room)
    world.settle(span=MINUTE)
    m.online = False
    claims(m, keys, lower_than(a, room, epoch), (bytes(32),))
    world.settle(span=MINUTE)
    assert asking(a, room) is not None
    to_inbox(m, a, gone(world, room))
    world.settle(span=MINUTE)
    assert ("joined", []) == (a.phase(room), kinds(a, room, "removed", "left"))


def test_nobody_answers_and_the_branch_is_kept() -> None:
    """A device that lost frames and finds nobody to ask goes on where it is, and says so."""
    world = World(6)
    a, b = people(world, 2)
    room = world.group(a, b)
    a.send(room, "lost")
    send_all(world, a)
    only(world, b)
    world.relay.boxes[b.where(room)].frames.clear()
    world.settle(span=3 * DAY, most=4_000)
    assert (["no-way-back"], "joined") == (warnings(b, room), b.phase(room))
    everybody(world)
    all_well(world, room, a, b)
    assert "lost" in b.texts(room)


# -- two branches -------------------------------------------------------------------------------------------------


def forked(seed: int, size: int = 5) -> tuple[World, list[Person], bytes]:
    """The first person removed the last on a branch that only they have; the others renewed keys on theirs.

    The branch that removed somebody is the one that wins.
    """
    world = World(seed)
    crowd = people(world, size)
    room = world.group(*crowd)
    first = crowd[0]
    with first.engine.step(world.now, room) as step:
        commands.set_admin(step, room, crowd[1].account, admin=True)
    world.settle()
    first.relay = world.relay.copy()
    only(world, first)
    remove(first, room, crowd[-1])
    world.settle(span=2 * MINUTE)
    only(world, *crowd[1:])
    update_keys(crowd[1], room)
    world.settle(span=2 * MINUTE)
    first.relay = None
    assert 2 == len({person.where(room) for person in crowd})
    return world, crowd, room


def test_the_branch_that_removed_somebody_wins() -> None:
    """Everybody comes to it, is told of the fork, and nothing said on either branch is lost; who was removed is out."""
    world, crowd, room = forked(7)
    *inside, out = crowd
    for person in inside:
        person.send(room, f"from {person.name}")
    everybody(world)
    world.settle(span=DAY, most=4_000)
    assert {person.where(room) for person in inside} == {crowd[0].where(room)}
    assert [{f"from {person.name}" for person in inside}] * 4 == [set(person.texts(room)) for person in inside]
    assert {person.account for person in inside} == inside[1].members(room)
    assert "removed" == out.phase(room)
    all_well(world, room, *inside)
    audit_rest(world, room)


def test_a_better_branch_on_which_nobody_lives_gives_way() -> None:
    """Alone on the branch that should win, for days: it says so, and they come together in the end."""
    world, crowd, room = forked(8, 4)
    first, *others = crowd
    only(world, *others)
    world.settle(span=HOUR, most=2_000)
    only(world, first)
    world.settle(span=3 * DAY, most=4_000)
    assert "alone-on-branch" in warnings(first, room)
    everybody(world)
    world.settle(span=3 * DAY, most=8_000)
    all_well(world, room, *crowd[:-1])
    assert others[-1].account not in first.members(room)


def test_who_was_added_on_the_losing_branch_gets_what_was_said_to_them() -> None:
    """A person added there, with a message waiting for them, is added to the winning branch and reads it, once."""
    world, crowd, room = forked(9)
    first, second, *rest = crowd
    late = world.person("late")
    world.befriend(second, late)
    add(second, room, late)
    world.settle(span=2 * MINUTE)
    assert "joined" == late.phase(room)
    late.online = False
    second.send(room, "for the new one")
    world.settle(span=2 * MINUTE)
    first.online = True
    world.settle(span=2 * HOUR, most=4_000)
    assert first.where(room) == second.where(room)
    everybody(world)
    world.settle(span=DAY, most=4_000)
    assert (["for the new one"], first.where(room)) == (late.texts(room), late.where(room))
    assert ["for the new one"] == first.texts(room)
    all_well(world, room, first, second, late, *rest[:-1])


def test_a_worse_branch_is_not_looked_for() -> None:
    """A member says they moved to a branch that loses against ours, or to ours: nobody asks anybody for anything."""
    world = World(10)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    update_keys(a, room)
    world.settle()
    with a.engine.step(world.now) as step:
        last = step.room(room).history[-1]
    before = frames_at(world, b.card.inbox.address) + frames_at(world, c.card.inbox.address)
    for commit in (b"\xff" * 32, last.commit):
        say_anything(b, room, envelope(b, Moved(last.epoch, commit, 1)))
    world.settle(span=HOUR)
    after = frames_at(world, b.card.inbox.address) + frames_at(world, c.card.inbox.address)
    assert (before, [], 1) == (after, warnings(a), len(standing(world, room)))


def test_a_message_in_flight_while_somebody_rejoins_arrives_once() -> None:
    """Its place came after the commit that let them in: it is sent in the new epoch, and nobody sees it twice."""
    world = World(11)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    a.send(room, "lost to c")
    send_all(world, a)
    world.relay.boxes[a.where(room)].frames.clear()
    only(world, a, c)
    for _ in range(400):
        world.turn(a)
        world.turn(c)
        if c.account and kinds(c, room, "rejoined"):
            break
        world.now += 500
    b.send(room, "in flight")
    send_all(world, b)
    everybody(world)
    world.settle(span=2 * HOUR, most=2_000)
    assert [sorted(["in flight", "lost to c"])] * 3 == [sorted(person.texts(room)) for person in (a, b, c)]
    assert [MessageState.DELIVERED] == [m.state for m in b.messages(room) if m.account == b.account]


@pytest.mark.parametrize("wish", ["leave", "rename"])
def test_what_was_wanted_on_the_losing_branch_is_wanted_on_the_winning_one(wish: str) -> None:
    """A farewell and a new name that were under way when the fork was found hold in the end."""
    world, crowd, room = forked(12)
    first, second, third, *_ = crowd
    only(world)
    asker = second if wish == "rename" else third
    with asker.engine.step(world.now, room) as step:
        if wish == "rename":
            commands.rename(step, room, "renamed")
        else:
            commands.leave(step, room)
    only(world, first, asker)
    world.settle(span=DAY, most=4_000)
    everybody(world)
    world.settle(span=DAY, most=4_000)
    if wish == "rename":
        assert "renamed" == first.info(room).name
    else:
        assert ("left", False) == (third.phase(room), third.account in first.members(room))
