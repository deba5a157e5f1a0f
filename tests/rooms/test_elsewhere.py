"""Branches of a room that learn of one another by an invitation, and a way in whose box has a gap."""

from __future__ import annotations

from hashlib import sha256

import pytest

from nullabona.client.core.group import branch_history
from nullabona.client.core.group.evidence import Judged
from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.inbox_items import History, Invitation, encode_pack
from nullabona.client.core.sync import rejoin
from nullabona.wire.blob import cut_blob
from nullabona.wire.messages import Frames
from tests.rooms.hostile import add, all_well, frames_at, people, ticket_of, to_inbox, update_keys
from tests.rooms.world import RELAY, Person, World

LOWEST, HIGHEST = bytes(32), b"\xff" * 32


def history(person: Person, room: bytes) -> History:
    with person.engine.step(person.world.now, room) as step:
        return branch_history.told(step.room(room))


def parted_at(known: History, epoch: int, commit: bytes) -> History:
    """The same branch up to an epoch, in which another commit won."""
    return (*(each for each in known if each[0] < epoch), (epoch, commit, ()))


def invite(world: World, sender: Person, receiver: Person, room: bytes, told: History) -> None:
    """An invitation that leads nowhere, but tells of a branch."""
    ref, chunks = cut_blob(world.dice.bytes(32), encode_pack(b"", b"", told))
    for _, chunk in chunks:
        world.relay.put_blob(chunk)
    to_inbox(sender, receiver, Invitation(world.dice.bytes(16), room, RELAY, ref))


def heal_of(person: Person, room: bytes) -> tuple[str, int, bytes] | None:
    with person.engine.step(person.world.now, room) as step:
        rejoin = step.room(room).rejoin
    return (rejoin.reason, rejoin.epoch, rejoin.commit) if rejoin is not None else None


def test_whoever_is_invited_knows_the_commits_before_their_time() -> None:
    world = World(40)
    a, b, c = people(world, 3)
    room = world.group(a, b)
    update_keys(b, room)
    world.settle()
    world.befriend(a, c)
    add(a, room, c)
    world.settle()
    assert history(a, room) == history(c, room)
    assert [0, 1, 2] == [epoch for epoch, _, _ in history(c, room)]


@pytest.mark.parametrize(("commit", "found"), [(LOWEST, True), (HIGHEST, False)])
def test_a_member_who_invites_from_a_branch_that_wins_is_asked_for_a_ticket(commit: bytes, found: bool) -> None:  # noqa: FBT001
    """From one that loses, they are told of ours instead, once."""
    world = World(41)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    told, inbox = parted_at(history(a, room), 0, commit), bytes(b.card.inbox.address)
    b.online = c.online = False
    before = len(frames_at(world, inbox))
    for _ in range(2):
        invite(world, b, a, room, told)
        for _ in range(4):
            world.turn(a)
    assert (("fork", 0, commit) if found else None) == heal_of(a, room)
    assert found or before + 1 == len(frames_at(world, inbox))


@pytest.mark.parametrize("who", ["stranger", "same branch", "nothing told"])
def test_no_other_invitation_into_a_room_one_is_in_does_anything(who: str) -> None:
    world = World(42)
    a, b, m = people(world, 3)
    room = world.group(a, b)
    told = history(a, room)
    world.befriend(a, m)
    if who == "stranger":
        invite(world, m, a, room, parted_at(told, 0, LOWEST))
    else:
        invite(world, b, a, room, told if who == "same branch" else ())
    for _ in range(3):
        world.turn(a)
    assert None is heal_of(a, room)
    all_well(world, room, a, b)


@pytest.mark.parametrize(("seq", "known"), [(1, None), (2, False)])
def test_a_way_in_past_a_gap_is_given_up(seq: int, known: bool | None) -> None:  # noqa: FBT001
    """Of what was trimmed in between nobody can tell whether it was a commit, which would have come before ours."""
    world = World(43)
    a, b = people(world, 2)
    room = world.group(a, b)
    ticket = ticket_of(a, room)
    with b.engine.step(world.now, room) as step:
        believed = Judged((), None)
        candidate = step.mls.join_external(ticket.group_info, ticket.tree)
        way = Rejoin("late", ticket.epoch, b"", [], [], 0)
        ours = sha256(b"ours").digest()
        join = rejoin.Join(room, RELAY, ticket, candidate, ours, ticket.seq, 0, a.account, believed, way, None)
        answer = Frames(ticket.incarnation, ticket.seq + seq, ((ticket.seq + seq, b"noise"),))
        assert known is rejoin.take_frames(join, ticket.seq, answer)
        candidate.discard()
