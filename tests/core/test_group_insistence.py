"""A removal wins against any rate of commits: when it is insisted on, and what is staged then (room.md §3)."""

from __future__ import annotations

import pytest

from nullabona.client.core.group import commits, insistence
from nullabona.client.core.group.insistence import PATIENCE_MS
from nullabona.client.core.group.intents import LOST_ADMIN, LOST_OTHERS, lost
from nullabona.client.core.group.intents import insists as passes_over
from nullabona.client.core.model.intents import Intent, RemoveAccount, SetInfo, UpdateKeys
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.room_info import GROUP, RoomInfo
from nullabona.client.core.model.state import PendingCommit, RoomState
from nullabona.client.core.step import Step
from tests.core.bare import bare
from tests.core.stage import RELAY, Other, Stage
from tests.core.test_group_commits_others import leaf_of, three
from tests.rooms.hostile import mole
from tests.rooms.world import Person

JUN = Other("jun")
KEYS, OUT = UpdateKeys(), RemoveAccount(JUN.account)


def pending(*intents: Intent) -> PendingCommit:
    """A commit of ours on its way that does this."""
    return PendingCommit(b"c" * 32, b"f" * 32, list(intents), [], [], invites=False)


@pytest.mark.parametrize(
    ("intents", "way", "beaten"),
    [([OUT], None, 3), ([KEYS], pending(OUT), 3), ([KEYS], pending(KEYS), 0), ([], None, 0)],
)
def test_it_counts_how_often_a_removal_lost(intents: list[Intent], way: PendingCommit | None, beaten: int) -> None:
    """Wanted or on its way; whoever wants nobody out begins anew."""
    stage = Stage()
    room = stage.room(JUN, intents=intents, pending=way, beaten=2)
    with stage.step() as step:
        lost(step.room(room))
        assert beaten == step.room(room).beaten


@pytest.mark.parametrize(
    ("beaten", "intents", "admin", "insists"),
    [
        (LOST_ADMIN - 1, [OUT], True, False),
        (LOST_ADMIN, [OUT], True, True),
        (LOST_ADMIN, [KEYS], True, False),
        (LOST_OTHERS - 1, [OUT], False, False),
        (LOST_OTHERS, [OUT], False, True),
    ],
)
def test_an_admin_insists_sooner_than_who_carries_out_an_order(
    beaten: int, intents: list[Intent], *, admin: bool, insists: bool
) -> None:
    """And nobody who wants nobody out."""
    stage = Stage()
    admins = (stage.me.account if admin else JUN.account,)
    room = stage.room(JUN, info=RoomInfo(1, GROUP, "family", RELAY, admins), intents=intents, beaten=beaten)
    with stage.step() as step:
        assert insists is passes_over(step, step.room(room))


def test_a_commit_that_removes_somebody_is_as_good_as_ours() -> None:
    """If it is valid; anything else in its place is not."""
    _, (a, b, c), room = three()
    by_admin, by_member = mole(a, room), mole(c, room)
    removal = by_admin.commit(a.mls.signer, remove=[leaf_of(a, room, c)]).commit
    forbidden = by_member.commit(c.mls.signer, remove=[leaf_of(c, room, a)]).commit
    keys = mole(a, room).commit(a.mls.signer, update=True).commit
    words = mole(a, room).encrypt(a.mls.signer, b"words")
    with bare(b) as step:
        state = step.room(room)
        found = [insistence.removes(step, state, each) for each in (removal, forbidden, keys, words, b"noise")]
    assert [True, False, False, False, False] == found


def insisted(step: Step, state: RoomState) -> tuple[bool, int | None]:
    """Whether our removal is waited for, and until when."""
    return insistence.insist(step, state, state.current), state.current.insist_until


def wants(step: Step, room: bytes, *intents: Intent) -> RoomState:
    """What we want of the room, and may commit now."""
    state = step.room(room)
    state.intents, state.commit_at, state.current.look_until = list(intents), 0, None
    return state


def removal(person: Person) -> RemoveAccount:
    """The wish to have somebody out."""
    return RemoveAccount(person.account)


def test_a_removal_takes_the_place_of_what_else_was_on_its_way() -> None:
    """That is wanted afterwards, and its frame does not go out. It is waited for a minute."""
    world, (a, _, c), room = three()
    until = world.now + PATIENCE_MS
    with bare(a) as step:
        state = wants(step, room, SetInfo("friends"))
        commits.advance(step, state)
        first = state.pending
        assert first is not None
        state.intents = [KEYS, removal(c)]
        assert (True, until) == insisted(step, state)
        second = step.room(room).pending
        assert second is not None
        assert ([c.account], [SetInfo("friends"), KEYS]) == (second.removed, list(state.intents))
        assert [second.frame] == [item.ref for item in step.store.outbox_of(room) if isinstance(item.target, RoomFrame)]
        assert (True, until) == insisted(step, state)
    for now, waits in ((until - 1, True), (until, False)):
        world.now = now
        with bare(a) as step:
            assert (waits, until) == insisted(step, step.room(room))


def test_a_removal_that_is_on_its_way_already_is_waited_for() -> None:
    """It is not staged again."""
    world, (a, _, c), room = three()
    with bare(a) as step:
        state = wants(step, room, removal(c))
        commits.advance(step, state)
        before = state.pending
        assert (True, world.now + PATIENCE_MS) == insisted(step, state)
        assert before is step.room(room).pending


def test_where_nobody_can_be_put_out_nothing_is_waited_for() -> None:
    """Whoever is to go is not there; what else was on its way is wanted still."""
    _, (a, _, _), room = three()
    with bare(a) as step:
        state = wants(step, room, SetInfo("friends"))
        commits.advance(step, state)
        state.intents = [OUT]
        assert (False, None) == insisted(step, state)
        after = step.room(room)
        assert (None, True) == (after.pending, SetInfo("friends") in after.intents)
