"""Somebody else's commit came first: it is applied, and what we wanted is wanted again (room.md §3)."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from msgspec import structs

from nullabona.client.core import rooms
from nullabona.client.core.group import commits
from nullabona.client.core.group.intents import LOOK_MS
from nullabona.client.core.identity import cards
from nullabona.client.core.model.commit_policy import check_commit
from nullabona.client.core.model.facts.signals import MembershipEnded
from nullabona.client.core.model.intents import AddAccount, RemoveAccount, SetInfo, UpdateKeys
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.proofs import CommitNote, encode_note, make_order
from nullabona.client.core.model.room_info import encode_info
from nullabona.client.core.model.state import JOINED, REMOVED, RoomState, Winner
from nullabona.client.core.step import Step
from tests.core.bare import bare
from tests.core.stage import rows
from tests.rooms.hostile import mole, people
from tests.rooms.world import Person, World

KEYS = UpdateKeys()


def three() -> tuple[World, list[Person], bytes]:
    """A, who is the admin, B and C in a group that is at rest."""
    world = World(1)
    crowd = people(world, 3)
    room = world.group(*crowd)
    for person in crowd:
        with bare(person) as step:
            state = step.room(room)
            state.receipt_at = state.tend_at = state.current.look_until = None
            state.history = []
    return world, crowd, room


def leaf_of(person: Person, room: bytes, other: Person) -> int:
    """Where somebody is in the tree."""
    with person.store.transaction():
        return next(device.leaf for device in person.store.devices(room) if device.account == other.account)


def accept(step: Step, room: RoomState, commit: bytes, seq: int = 4) -> None:
    """A commit of somebody else came first."""
    processed = step.group(room).process(commit)
    verdict = check_commit(processed, room.id, room.info, step.roster(room.id))
    commits.accept_other(step, room, room.current, seq, commit, processed, verdict)


def test_the_next_epoch_is_by_somebody_else() -> None:
    """We look before we commit in it, and say soon what we have seen; it counts as one that we walked through."""
    world, (a, b, _), room = three()
    commit = mole(a, room).commit(a.mls.signer, update=True).commit
    with bare(b) as step:
        state = step.room(room)
        state.beaten, state.intents = 3, [RemoveAccount(a.account)]
        track = state.current
        accept(step, state, commit)
        assert (Winner(sha256(commit).digest()), world.now) == (track.winner, track.left_at)
        assert (track.epoch + 1, world.now + LOOK_MS, 1, 4) == (
            *(state.epoch, state.current.look_until),
            *(state.walked.count, state.beaten),
        )
        assert (world.now + world.timing.receipt, 0) == (state.receipt_at, state.commit_at)
        (merged,) = state.history
        assert ([], [], []) == (merged.mine, merged.removed, merged.orders)


def test_what_we_wanted_ourselves_is_wanted_again() -> None:
    """In front of what came since, each once; its frame does not go out, and it is tried a little later."""
    world, (a, b, _), room = three()
    commit = mole(a, room).commit(a.mls.signer, update=True).commit
    wish = AddAccount(b.account, b.me.handle, (), b"")
    with bare(b) as step:
        state = step.room(room)
        state.intents, state.commit_at = [KEYS], 0
        commits.advance(step, state)
        assert state.pending is not None
        state.intents = [wish, KEYS]
        accept(step, state, commit)
        after = step.room(room)
        assert (None, [KEYS, wish]) == (after.pending, list(after.intents))
        assert world.now + world.timing.commit_spread == state.commit_at
        assert [] == [item for item in step.store.outbox_of(room) if isinstance(item.target, RoomFrame)]


def test_a_removal_is_taken_with_its_order_and_does_not_count_as_lost() -> None:
    """It removed somebody as we may want to."""
    _, (a, b, c), room = three()
    with bare(a) as step:
        keys = [device.encryption_key for device in step.roster(room).values() if device.account == c.account]
    order = make_order(a.mls, a.me.signature_key, room, c.account, keys)
    note = encode_note(CommitNote((order,)))
    commit = mole(a, room).commit(a.mls.signer, remove=[leaf_of(a, room, c)], aad=note).commit
    with bare(b) as step:
        state = step.room(room)
        state.beaten, state.intents = 3, [RemoveAccount(a.account)]
        accept(step, state, commit)
        (merged,) = state.history
        assert (3, [c.account], [order], JOINED) == (state.beaten, merged.removed, merged.orders, state.phase)
        assert {a.account, b.account} == {device.account for device in step.roster(room).values()}


def test_who_is_put_out_watches_the_box_whose_commit_did_it() -> None:
    """It looks at nothing else of the room, says nothing, and knows who did it."""
    _, (a, b, _), room = three()
    commit = mole(a, room).commit(a.mls.signer, remove=[leaf_of(a, room, b)]).commit
    with bare(b) as step:
        state = step.room(room)
        track = state.current
        accept(step, state, commit)
        assert (REMOVED, [track], None, 0) == (state.phase, state.boxes, state.receipt_at, state.walked.count)
        assert MembershipEnded(room, a.account, left=False, others=()) in step.told


def test_a_room_that_somebody_else_changed_is_told() -> None:
    """Its info is what the commit says."""
    _, (a, b, _), room = three()
    with bare(a) as step:
        info = structs.replace(step.room(room).info, name="friends")
        commit = step.group(step.room(room)).commit(info=encode_info(info)).commit
    with bare(b) as step:
        state = step.room(room)
        accept(step, state, commit)
        assert (info, None) == (state.info, state.history[-1].was)
        assert "room-changed" in [kind for kind, _, _ in rows(step)]


@pytest.mark.parametrize("known", [True, False])
def test_a_device_that_came_back_hears_again_what_we_said(*, known: bool) -> None:
    """Its leaf is new; whoever was not known before is also told what we are called."""
    _, (a, b, c), room = three()
    mine = b.send(room, "hello")
    group = mole(a, room)
    with bare(c) as step:
        candidate = step.mls.join_external(group.group_info(a.mls.signer), group.ratchet_tree())
        commit = candidate.commit
        candidate.discard()
    with bare(b) as step:
        state = step.room(room)
        if not known:
            row = step.store.device(room, c.me.device)
            assert row is not None
            step.store.drop_devices(room, [c.me.device])
            step.store.put_devices([replace(row, device=b"z" * 16)])
        frame = step.store.message(room, mine)
        state.profile_late = False
        accept(step, state, commit)
        after, place = step.store.message(room, mine), step.store.device(room, c.me.device)
        assert frame is not None
        assert after is not None
        assert place is not None
        assert (True, state.epoch, not known) == (after.frame != frame.frame, place.since, state.profile_late)


def test_a_welcome_whose_commit_lost_is_kept() -> None:
    """On another branch it may be the one that won, and only we have it."""
    world, (a, b, _), room = three()
    newcomer = world.person("nari")
    commit = mole(b, room).commit(b.mls.signer, update=True).commit
    with bare(a) as step:
        state = step.room(room)
        state.intents, state.commit_at = [cards.add_intent(step, newcomer.card)], 0
        commits.advance(step, state)
        accept(step, state, commit)
        assert step.store.get_value(f"lost-welcomes:{room.hex()}") is not None
        assert [AddAccount] == [type(intent) for intent in state.intents]


def test_an_order_of_our_own_that_a_commit_carries_is_our_wish() -> None:
    """Another device of ours may have given it."""
    _, (a, b, _), room = three()
    with bare(b) as step:
        keys = [device.encryption_key for device in step.roster(room).values() if device.account == b.account]
    order = make_order(b.mls, b.me.signature_key, room, b.account, keys)
    commit = mole(a, room).commit(a.mls.signer, update=True, aad=encode_note(CommitNote((order,)))).commit
    with bare(b) as step:
        accept(step, step.room(room), commit)
        assert rooms.leaving(step, room)


def test_new_names_are_wanted_only_by_who_may() -> None:
    """A change that a plain member wants drops out by itself."""
    _, (_, b, _), room = three()
    with bare(b) as step:
        state = step.room(room)
        state.intents, state.commit_at = [SetInfo("mine")], 0
        commits.advance(step, state)
        assert ([], None) == (state.intents, state.pending)
