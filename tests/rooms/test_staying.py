"""Two branches of which the better one cannot be proven to those on the other: then these stay, and the rest comes."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import msgspec
import pytest

from nullabona.client.core import commands
from nullabona.client.core.group.evidence import MAX_ATTEMPTS
from nullabona.client.core.model.state import BoxTrack
from tests.rooms.audit import audit_rest
from tests.rooms.hostile import (
    add,
    all_well,
    everybody,
    kinds,
    only,
    people,
    remove,
    ticket_of,
    to_inbox,
    update_keys,
    warnings,
)
from tests.rooms.test_false_branches import LOW_FIRST, claims, lower_than
from tests.rooms.world import Person, World

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

Change = Callable[[Person, bytes, Person], None]


def renames(admin: Person, room: bytes, _: Person) -> None:
    with admin.engine.step(admin.world.now, room) as step:
        commands.rename(step, room, "as I say")


def appoints(admin: Person, room: bytes, friend: Person) -> None:
    with admin.engine.step(admin.world.now, room) as step:
        commands.set_admin(step, room, friend.account, admin=True)


def dismisses(admin: Person, room: bytes, other: Person) -> None:
    with admin.engine.step(admin.world.now, room) as step:
        commands.set_admin(step, room, other.account, admin=False)


def ended(person: Person, room: bytes, epoch: int) -> bytes:
    """The commit that ended an epoch where this person is."""
    state = person.look(room)
    assert state is not None
    return next(merged.commit for merged in state.history if merged.epoch == epoch)


def parted(seed: int, ends: Change, change: Change, *, better: bool) -> tuple[World, list[Person], bytes]:
    """A relay showed two admins two stories. One of them ended the other's say, who changed something meanwhile.

    ``better``: whether the branch of the one who has no say any more has the lower branch key, which is chance.
    """
    while True:
        world = World(seed)
        crowd = people(world, 6)
        first, second, *_ = crowd
        room = world.group(*crowd)
        appoints(first, room, second)
        world.settle(span=HOUR)
        epoch = first.epoch(room)
        there, here = crowd[::2], crowd[1::2]
        other = world.relay.copy()
        for person in there:
            person.relay = other
        for side in (there, here):
            only(world, *side)
            update_keys(side[0], room)
            world.settle(span=MINUTE)
            (change if side is there else ends)(side[0], room, there[1] if side is there else first)
            world.settle(span=HOUR, most=2_000)
            assert {side[0].where(room)} == {person.where(room) for person in side}
        if better is (ended(first, room, epoch) < ended(second, room, epoch)):
            return world, crowd, room
        seed += 100


def together(world: World, span: int) -> None:
    for person in world.people:
        person.relay = None
    everybody(world)
    world.settle(span=span, most=12_000)


@pytest.mark.parametrize("better", [True, False])
@pytest.mark.parametrize("change", [renames, appoints])
def test_who_followed_an_admin_who_was_removed_comes_to_the_others(change: Change, *, better: bool) -> None:
    """What that admin changed since is not theirs to change for those who know of the removal, so these stay."""
    world, (out, admin, *rest), room = parted(1, remove, change, better=better)
    for person in (admin, *rest):
        person.send(room, f"from {person.name}")
    name = admin.info(room).name
    together(world, 3 * DAY)
    assert ("removed", name, (admin.account,)) == (out.phase(room), rest[0].info(room).name, rest[0].info(room).admins)
    everything = {f"from {person.name}" for person in (admin, *rest)}
    assert [everything] * 5 == [set(person.texts(room)) for person in (admin, *rest)]
    all_well(world, room, admin, *rest)
    audit_rest(world, room)


def test_an_admin_who_was_dismissed_keeps_nobody_away() -> None:
    """The same of an admin who is a member now: who dismissed them may take what they had changed until then."""
    world, crowd, room = parted(3, dismisses, renames, better=True)
    together(world, 3 * DAY)
    assert {(crowd[1].account,)} == {person.info(room).admins for person in crowd}
    all_well(world, room, *crowd)


def test_a_better_branch_that_proves_what_changed_is_gone_to() -> None:
    """Nobody stays: the removal is done there again."""
    world, (out, admin, *rest), room = parted(5, remove, lambda *_: None, better=True)
    together(world, 0)
    for _ in range(12):
        world.settle(span=6 * HOUR, most=2_000)
        assert not any(track.refused for person in (admin, *rest) for track in boxes(person, room))
    assert "removed" == out.phase(room)
    all_well(world, room, admin, *rest)


def boxes(person: Person, room: bytes) -> list[BoxTrack]:
    state = person.look(room)
    assert state is not None
    return state.boxes


@pytest.mark.parametrize(
    ("refuses", "ends", "asked"),
    [("ours", update_keys, True), ("another", update_keys, False), ("", update_keys, False), ("ours", None, False)],
    ids=["ours", "another", "none", "ours, which removed somebody"],
)
def test_who_says_that_they_stay_makes_others_ask_and_no_more(
    refuses: str, ends: Callable[[Person, bytes], None] | None, *, asked: bool
) -> None:
    """On a worse branch that is none. Nobody asks unless theirs was refused, nor if theirs removed somebody."""
    world = World(7)
    crowd = people(world, 5)
    away, *others, liar = crowd
    room = world.group(others[0], *(person for person in crowd if person is not others[0]))
    world.settle(span=HOUR)
    away.online = False  # so that the box in which the liar speaks is read on
    epoch = others[0].epoch(room)
    if ends is None:
        remove(others[0], room, others.pop())
    else:
        ends(others[0], room)
    world.settle(span=HOUR)
    (track,) = [track for track in boxes(liar, room) if track.epoch == epoch]
    ours = ended(liar, room, epoch)
    worse = next(each for each in reversed(LOW_FIRST) if sha256(each).digest() > ours)
    liar.online = False
    claims(liar, track.keys, worse, (), {"ours": ours, "another": bytes(32), "": b""}[refuses])
    world.settle(span=3 * DAY, most=8_000)
    assert [[]] * len(others) == [kinds(person, room, "rejoined") for person in others]
    tries = [sum(each.count for each in state.tries.values()) for state in (one.look(room) for one in others) if state]
    assert asked is (tries != [0] * len(others))
    assert all(count <= MAX_ATTEMPTS for count in tries)
    away.online = liar.online = True
    world.settle(span=DAY, most=8_000)
    all_well(world, room, away, *others, liar)


def test_junk_makes_nobody_stay() -> None:
    """A member claims a better branch that is none, and leads to it with noise: that is refused, and no more."""
    world = World(8)
    *others, liar = people(world, 4)
    room = world.group(*others, liar)
    world.settle(span=HOUR)
    others[-1].online = False  # so that the box in which the liar speaks is read on
    epoch = others[0].epoch(room)
    update_keys(others[0], room)
    world.settle(span=HOUR)
    (track,) = [track for track in boxes(liar, room) if track.epoch == epoch]
    liar.online = False
    better = lower_than(ended(liar, room, epoch))
    claims(liar, track.keys, better, ())
    history = ((epoch, sha256(better).digest(), ()),)
    for _ in range(20):
        junk = msgspec.structs.replace(ticket_of(liar, room, history=history), group_info=b"junk", secret=bytes(32))
        to_inbox(liar, others[0], junk)
        world.settle(span=HOUR, most=3_000)
    assert {"ticket-refused", "no-way-back"} <= set(warnings(others[0], room))
    assert not any(each.refused for each in boxes(others[0], room))


def test_admins_who_removed_one_another_stay_apart() -> None:
    """Each half knows the other's admin as removed, so nothing that is said there proves anything. All are warned."""

    def removes_the_second(admin: Person, room: bytes, _: Person) -> None:
        remove(admin, room, admin.world.people[1])

    world, crowd, room = parted(11, remove, removes_the_second, better=True)
    together(world, 3 * DAY)
    assert [crowd[0].where(room), crowd[1].where(room)] * 3 == [person.where(room) for person in crowd]
    assert all("room-forked" in warnings(person, room) for person in crowd)
    assert crowd[0].where(room) != crowd[1].where(room)
    with crowd[3].engine.step(world.now, room) as step:
        commands.leave(step, room)
    world.settle(span=HOUR)
    remove(crowd[0], room, crowd[3])
    world.settle(span=HOUR)
    add(crowd[0], room, crowd[3])
    world.settle(span=HOUR)
    assert crowd[0].where(room) == crowd[3].where(room)
