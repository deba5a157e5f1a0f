"""The way back into a room by a ticket, while the relay, the helpers and the others do what they like."""

from __future__ import annotations

from collections.abc import Callable

from nullabona_mls import SUITE_CLASSIC, SUITE_PQ

from nullabona.client.core import commands
from nullabona.client.core.model.content import Moved
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.records import OutboxItem
from nullabona.wire.address import epoch_keys
from nullabona.wire.frame import Kind, open_frame
from nullabona.wire.messages import Appended, Done, Refusal
from tests.core.stage import box_of
from tests.rooms.audit import audit_rest
from tests.rooms.hostile import (
    add,
    all_well,
    envelope,
    kinds,
    people,
    put,
    say_anything,
    ticket_of,
    to_inbox,
    track_of,
    update_keys,
    warnings,
)
from tests.rooms.test_false_branches import claims
from tests.rooms.test_false_forks import lower_than
from tests.rooms.test_handed import came
from tests.rooms.world import Person, World

MINUTE = 60_000
HOUR = 60 * MINUTE


class SwallowingWorld(World):
    """A world whose relay says yes to what ``swallows`` picks, and does not keep it."""

    swallows: Callable[[Person, OutboxItem], bool] = staticmethod(lambda person, item: False)

    def __init__(self, seed: int, *, suite: int = SUITE_CLASSIC) -> None:
        super().__init__(seed, suite=suite)
        self.sent: list[tuple[str, str]] = []

    def deliver(self, person: Person, item: OutboxItem) -> Appended | Done | Refusal | None:
        self.sent.append((person.name, item.target.kind))
        if self.swallows(person, item):
            box = self.relay.boxes.get(box_of(item))
            return Appended(1_000, box.incarnation if box else bytes(8))
        return super().deliver(person, item)


def kind_in(item: OutboxItem, box: bytes) -> Kind | None:
    """What a frame for that box is; None: it is for another one, or no frame of a room."""
    if not isinstance(item.target, RoomFrame) or item.target.box != box:
        return None
    return open_frame(epoch_keys(item.target.secret).frame_key, item.target.box, item.data).kind


def lost(world: World, count: int = 3) -> tuple[list[Person], bytes]:
    """People in a room whose second has lost a frame of the box, and will ask where the room is."""
    crowd = people(world, count)
    room = world.group(*crowd)
    world.settle(span=10 * MINUTE)
    a, b = crowd[:2]
    b.online = False
    a.send(room, "lost")
    update_keys(a, room)
    box = world.relay.boxes[b.where(room)]
    world.settle(span=10_000)
    box.frames.clear()
    b.online = True
    return crowd, room


def until_ticket(world: World, person: Person) -> None:
    """Let everybody work and time pass until the person's device has made its commit and has not sent it."""
    others = [other for other in world.people if other is not person]
    for _ in range(4_000):
        for other in others:
            world.turn(other)
        for room, want in world.reads(person):
            world.read(person, room, want)
            if person.engine._joins:
                return
        world.turn(person)
        world.now += 250
    raise AssertionError("no ticket came")


def rejoins(person: Person, room: bytes) -> int:
    return len(kinds(person, room, "rejoined"))


def test_a_lost_device_comes_back_by_a_ticket() -> None:
    """Once, to where the others are, with everything that was said meanwhile."""
    world = World(1)
    (a, b, c), room = lost(world)
    world.settle(span=HOUR, most=2_000)
    assert (1, c.where(room), ["lost"]) == (rejoins(b, room), b.where(room), b.texts(room))
    all_well(world, room, a, b, c)
    audit_rest(world, room)


def test_who_came_back_by_a_ticket_hears_of_other_branches_of_the_epoch_that_it_left() -> None:
    """The ticket's history says how that epoch ended, so that a member's claim of another end there still counts."""
    world = World(1)
    (a, b, c), room = lost(world)
    left, keys = b.epoch(room), track_of(b, room).keys
    while not rejoins(b, room):
        world.settle(span=1_000)
    claims(c, keys, lower_than(a, room, left), ())
    world.settle(span=MINUTE)
    assert "room-forked" in warnings(b, room)
    all_well(world, room, a, b, c)


def test_a_relay_that_loses_the_box_on_the_way_back() -> None:
    """The box is made anew between ticket and commit: the device asks again, and nobody is in the room twice."""
    world = World(2)
    (a, b, c), room = lost(world)
    until_ticket(world, b)
    world.relay.wipe()
    all_well(world, room, a, b, c)
    assert {a.account, b.account, c.account} == a.members(room)


def test_a_commit_that_gets_lost_on_the_way_back() -> None:
    """The relay says it took the device's commit and has not: the device gives that one up and comes back otherwise."""
    world = SwallowingWorld(3)
    (a, b, c), room = lost(world)
    until_ticket(world, b)
    assert [] == kinds(b, room, "rejoined")
    world.swallows = lambda person, item: person is b and isinstance(item.target, RoomFrame)
    world.settle(span=30_000)
    assert 0 == rejoins(b, room)
    world.swallows = lambda person, item: False
    all_well(world, room, a, b, c)
    assert ({}, 3) == (b.engine._joins, len(a.members(room)))
    audit_rest(world, room)


def test_what_lies_in_the_box_before_the_commit_is_read_over() -> None:
    """Rubbish and messages there do not keep it from being the first commit, whatever the size of the answers."""
    world = World(4)
    (a, b, c), room = lost(world)
    until_ticket(world, b)
    put(a, room, b"", bytes(512), world.dice.bytes(1_024))
    a.send(room, "meanwhile")
    for item in world.queues(a):
        world.post(a, item)
    for item in world.queues(b):
        world.post(b, item)
    for _ in range(8):
        for want in b.engine.reads(room):
            world.read(b, room, want, limit=1)
    assert 1 == rejoins(b, room)
    all_well(world, room, a, b, c)
    assert "meanwhile" in b.texts(room)


def test_a_late_answer_about_the_way_back_changes_nothing() -> None:
    """An answer to a question that was not asked neither lets the device in nor keeps it out."""
    world = World(5)
    (a, b, c), room = lost(world)
    until_ticket(world, b)
    join = b.engine._joins[room]
    want = next(want for want in b.engine.reads(room) if want.address == join.keys.box.address)
    b.engine.on_frames(room, want.address, want.after + 5, world.relay.read(want.address, 0), world.now)
    assert (want.after, 0) == (join.position, rejoins(b, room))
    all_well(world, room, a, b, c)


def test_two_tickets_at_once_are_one_way_back() -> None:
    """Two members answer the same question: the device goes by the later one, and is in the room once."""
    world = World(6)
    (a, b, c), room = lost(world)
    for want in b.engine.reads(room):
        world.read(b, room, want)
    assert asks(b, room)
    for helper in (a, c):
        to_inbox(helper, b, ticket_of(helper, room))
    all_well(world, room, a, b, c)
    assert (1, 3) == (rejoins(b, room), len(a.members(room)))
    audit_rest(world, room)


def asks(person: Person, room: bytes) -> bool:
    with person.engine.step(person.world.now) as step:
        return step.room(room).rejoin is not None


def test_a_ticket_into_a_room_we_never_had_is_dropped() -> None:
    """Nobody is taken into a room by a ticket."""
    world = World(7)
    a, b, outsider = people(world, 3)
    room = world.group(a, b)
    to_inbox(a, outsider, ticket_of(a, room))
    world.settle()
    assert ("none", [], []) == (outsider.phase(room), outsider.engine.rooms(), warnings(outsider))


def lost_removal(seed: int, *, other: bool) -> tuple[bytes, list[Person]]:
    """An admin removes somebody and gives a new name after a commit that only the others saw; ``other`` removes too.

    The relay lost what came before the admin's commit, so only the admin took it.
    """
    world = World(seed)
    a, b, c, d, e = people(world, 5)
    room = world.group(a, b, c, d, e)
    with a.engine.step(world.now, room) as step:
        commands.set_admin(step, room, b.account, admin=True)
    world.settle(span=10 * MINUTE)
    a.online = False
    with a.engine.step(world.now, room) as step:
        commands.rename(step, room, "renamed")
        commands.remove_account(step, room, d.account)
    b.send(room, "lost")
    if other:
        with b.engine.step(world.now, room) as step:
            commands.remove_account(step, room, e.account)
    else:
        update_keys(b, room)
    box = world.relay.boxes[b.where(room)]
    world.settle(span=10_000)
    box.frames.clear()
    a.online = True
    world.settle(span=HOUR, most=2_000)
    return room, [a, b, c, d, e]


def test_who_removed_somebody_stays_and_the_others_come() -> None:
    """A removal wins against a change of keys: the admin who lacks frames has nowhere to go."""
    room, (a, b, c, d, e) = lost_removal(8, other=False)
    assert (0, ["renamed"] * 4) == (rejoins(a, room), [person.info(room).name for person in (a, b, c, e)])
    assert ({a.account, b.account, c.account, e.account}, "removed") == (b.members(room), d.phase(room))


def test_what_was_done_when_the_thread_was_lost_is_done_again_after_the_way_back() -> None:
    """Of two removals either may win: who goes over removes again and gives the new name again."""
    ways = set()
    for seed in range(40):
        room, (a, b, c, d, e) = lost_removal(seed, other=True)
        ways.add(rejoins(a, room))
        assert ["renamed"] * 3 == [person.info(room).name for person in (a, b, c)]
        assert ({a.account, b.account, c.account}, "removed", "removed") == (
            b.members(room),
            d.phase(room),
            e.phase(room),
        )
        if ways == {0, 1}:
            break
    assert {0, 1} <= ways


def test_what_could_not_get_out_before_the_way_back_is_done_after_it() -> None:
    """An admin's new name never reached the box that lost its frames: after the way back the room has it."""
    world = SwallowingWorld(11)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    world.settle(span=10 * MINUTE)
    old = a.where(room)
    world.swallows = lambda person, item: person is a and kind_in(item, old) is Kind.COMMIT
    a.online = False
    with a.engine.step(world.now, room) as step:
        commands.rename(step, room, "renamed")
    b.send(room, "lost")
    update_keys(b, room)
    box = world.relay.boxes[old]
    world.settle(span=10_000)
    box.frames.clear()
    a.online = True
    world.settle(span=HOUR, most=2_000)
    assert (1, ["renamed"] * 3) == (rejoins(a, room), [person.info(room).name for person in (a, b, c)])


def test_only_the_best_branch_is_looked_for() -> None:
    """Of several branches that members claim to have moved to, a newcomer keeps to the earliest and best."""
    world = World(9)
    a, b, c, d = people(world, 4)
    room = world.group(a, b, c)
    update_keys(b, room)
    world.settle()
    world.befriend(a, d)
    add(a, room, d)
    world.settle()
    a.online = b.online = c.online = False
    for fork, commit in ((0, b"\x02"), (0, b"\x03"), (1, b"\x01"), (0, b"\x02"), (0, b"\x01")):
        say_anything(b, room, envelope(b, Moved(fork, commit * 32, 1)))
        world.settle(span=1_000)
    with d.engine.step(world.now) as step:
        rejoin = step.room(room).rejoin
    assert rejoin is not None
    assert (0, b"\x01" * 32) == (rejoin.epoch, rejoin.commit)


def test_tickets_and_commits_of_a_large_room_go_by_blob() -> None:
    """Sixty-four devices with post-quantum keys: neither the ticket nor the commit fits a frame, and both arrive."""
    world = SwallowingWorld(11, suite=SUITE_PQ)
    crowd = sorted(people(world, 64), key=lambda person: person.account)
    a, b, c, *others = crowd
    for person in others:
        person.online = False
    room = world.group(*crowd)
    assert 64 == len(a.members(room))
    b.online = False
    a.send(room, "lost")
    update_keys(a, room)
    box = world.relay.boxes[b.where(room)]
    world.settle(span=10_000)
    box.frames.clear()
    b.online = True
    before = came(world, b)
    world.sent.clear()
    world.settle(span=HOUR, most=2_000)
    assert (1, c.where(room), ["lost"]) == (rejoins(b, room), b.where(room), b.texts(room))
    assert {(a.name, "room-blob"), (a.name, "room-frame"), (b.name, "room-blob")} <= set(world.sent)
    assert before == came(world, b)
