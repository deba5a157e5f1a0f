"""The engine brings a device back into a room by a ticket: from the inbox to a place in its box (room.md §7)."""

from __future__ import annotations

import pytest

from nullabona.client.core.account import own_devices
from nullabona.client.core.engine import Engine
from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.change_set import NOTHING, ChangeSet
from nullabona.client.core.model.errors import NoSuchRoom
from nullabona.client.core.model.facts.signals import ProfileCopied
from nullabona.client.core.model.inbox_items import Ticket
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.requests import INBOX, ReadRequest
from nullabona.client.core.model.state import JOINED
from nullabona.errors import Bug
from nullabona.wire.address import epoch_keys
from tests.core.bare import bare
from tests.core.stage import box_of
from tests.core.test_sync_rejoin import behind, helper
from tests.rooms.hostile import kinds, ticket_of, to_inbox, update_keys
from tests.rooms.world import RELAY, Person, World

LATER = 1 << 50


def given() -> tuple[World, Person, Person, bytes, Ticket]:
    """B has lost the thread, and A's ticket has come into its inbox."""
    world, (a, b, _), room = behind()
    ticket = ticket_of(a, room)
    with bare(b) as step:
        state = step.room(room)
        state.rejoin = Rejoin("late", state.epoch, b"", [], [helper(a)], LATER)
        state.update_at, state.receipt_at, state.tend_at = LATER, None, None
    b.engine = Engine(b.store, b.mls, b.me, world.dice, world.timing)
    to_inbox(a, b, ticket)
    read_inbox(world, b)
    return world, a, b, room, ticket


def read_inbox(world: World, person: Person) -> None:
    """What lies in the inbox comes."""
    (want,) = person.engine.reads(INBOX)
    world.read(person, INBOX, want)


def join_of(person: Person, room: bytes, ticket: Ticket) -> list[ReadRequest]:
    """The reads of the ticket's box that are wanted."""
    box = epoch_keys(ticket.secret).box
    return [want for want in person.engine.reads(room) if want.box == box]


def commits(person: Person, ticket: Ticket) -> int:
    """How many frames wait for the ticket's box."""
    box = epoch_keys(ticket.secret).box.address
    with person.store.transaction():
        return sum(isinstance(item.target, RoomFrame) and box_of(item) == box for item in person.store.outbox(LATER))


def put(world: World, person: Person) -> None:
    """Its commit goes out."""
    for item in world.queues(person):
        world.post(person, item)


def test_a_ticket_leads_into_the_room_once_our_commit_was_read_back() -> None:
    """Until then its box is read from where the helper stood; then it is the room's own."""
    world, _, b, room, ticket = given()
    assert [ReadRequest(RELAY, epoch_keys(ticket.secret).box, ticket.seq)] == join_of(b, room, ticket)
    assert 1 == commits(b, ticket)
    put(world, b)
    (want,) = join_of(b, room, ticket)
    world.read(b, room, want)
    assert ([], ticket.epoch + 1, ["rejoined"]) == (
        *(join_of(b, room, ticket), b.epoch(room)),
        kinds(b, room, "rejoined"),
    )


def test_a_read_that_says_nothing_of_our_commit_leaves_it_on_its_way() -> None:
    """Another box, another relay, or nothing new."""
    world, _, b, room, ticket = given()
    box = epoch_keys(ticket.secret).box.address
    empty = world.relay.read(bytes(box), ticket.seq)
    put(world, b)
    answer = world.relay.read(bytes(box), ticket.seq)
    b.engine.on_frames(room, box, ticket.seq, empty, world.now, RELAY)
    b.engine.on_frames(room, box, ticket.seq, answer, world.now, "wss://two.example:443/v1")
    b.engine.on_frames(room, epoch_keys(b"x" * 32).box.address, ticket.seq, answer, world.now, RELAY)
    assert (1, []) == (len(join_of(b, room, ticket)), kinds(b, room, "rejoined"))
    b.engine.on_frames(room, box, ticket.seq, answer, world.now)
    assert ["rejoined"] == kinds(b, room, "rejoined")


def test_a_commit_that_another_came_before_is_given_up() -> None:
    """A newer ticket is asked for soon."""
    world, a, b, room, ticket = given()
    update_keys(a, room)
    while world.turn(a):
        pass
    (want,) = join_of(b, room, ticket)
    world.read(b, room, want)
    assert ([], 0, []) == (join_of(b, room, ticket), commits(b, ticket), kinds(b, room, "rejoined"))
    with bare(b) as step:
        rejoin = step.room(room).rejoin
    assert rejoin is not None
    assert rejoin.next_at <= world.now + world.timing.commit_spread


def test_a_commit_that_is_not_read_back_in_time_is_given_up() -> None:
    """The engine wakes for that, and not a moment before."""
    world, _, b, room, ticket = given()
    due = world.now + 6 * world.timing.ticket
    times = [at for at in (b.engine.wake_at(),) if at is not None]
    assert times
    assert times[0] <= due
    assert room not in b.engine.tick(world.now + 1).reads
    b.engine.tick(due - 1)
    assert 1 == len(join_of(b, room, ticket))
    touched = b.engine.tick(due)
    assert room in touched.reads
    assert ([], 0) == (join_of(b, room, ticket), commits(b, ticket))
    assert touched is not NOTHING


def test_of_two_tickets_for_a_room_the_first_is_gone_by() -> None:
    """Whether it came first is not known yet; the other's commit does not go out."""
    world, a, b, room, ticket = given()
    c = world.people[2]
    to_inbox(c, b, ticket)
    with bare(b) as step:
        rejoin = step.room(room).rejoin
        assert rejoin is not None
        rejoin.helpers = [helper(a), helper(c)]
    read_inbox(world, b)
    assert (1, 1) == (len(join_of(b, room, ticket)), commits(b, ticket))


def test_a_step_that_fails_leaves_what_is_on_its_way() -> None:
    """It is as if it had not been; afterwards the commit is still read back."""
    world, _, b, room, ticket = given()

    def fail() -> None:
        with b.engine.step(world.now + LATER, room):
            raise Bug("in the middle")

    with pytest.raises(Bug):
        fail()
    with pytest.raises(NoSuchRoom), b.engine.step(world.now + LATER, room) as step:
        step.tell(ProfileCopied(b"r" * 32))  # of a room that is not there
    assert 1 == len(join_of(b, room, ticket))


def test_a_device_that_was_put_out_comes_back_into_nothing() -> None:
    """What was on its way is given up."""
    world, _, b, room, ticket = given()
    with b.engine.step(world.now) as step:
        own_devices.note_signed_out(step.store)
    assert ([], 0) == (join_of(b, room, ticket), commits(b, ticket))


def test_a_room_with_a_commit_on_its_way_is_read_by_a_step() -> None:
    """A read of its own box that brings nothing may still be one of the ticket's."""
    world, _, b, room, _ = given()
    with bare(b) as step:
        track = step.room(room).current
        assert JOINED == step.room(room).phase
    answer = world.relay.read(bytes(track.keys.box.address), track.position)
    found = b.engine.on_frames(room, track.keys.box.address, track.position, answer, world.now, RELAY)
    assert ChangeSet(frozenset({room})) == found
