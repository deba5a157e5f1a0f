"""Which branch a device looks for, once it has heard of one or lost the thread (spec/room.md §§5, 7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from nullabona.client.core.group import branches
from nullabona.client.core.model.branches import CompetingBranch, Rejoin, Tries
from nullabona.client.core.model.content import Moved
from nullabona.client.core.model.inbox_items import History
from nullabona.client.core.model.state import Merged
from nullabona.client.core.sync import tickets
from tests.core.forked import BO, EVE, HIGH, JUN, LOW, Alone, Fork, branch, helper
from tests.core.stage import START
from tests.core.test_group_branches_asking import ticket

MINUTE = 60_000


# -- somebody moves -----------------------------------------------------------------------------------------------


def followed(fork: Fork, moved: Moved, *, since: int = 1) -> Rejoin | None:
    """Jun says that they move to another branch; we are in since an epoch."""
    with fork.here() as (step, room, _):
        own = step.store.device(room.id, step.local.device)
        assert own is not None
        step.store.put_devices([replace(own, since=since)])
        branches.follow(step, room, JUN.row(room.id, 1), moved)
        return room.rejoin


@pytest.mark.parametrize(
    ("winner", "removed", "moved", "follows"),
    [
        (HIGH, False, Moved(0, b"c" * 32, 1), True),
        (HIGH, False, Moved(0, HIGH, 1), False),
        (HIGH, False, Moved(0, HIGH, 0), False),
        (b"b" * 32, False, Moved(0, b"c" * 32, 1), False),
        (b"b" * 32, False, Moved(0, b"c" * 32, 0), True),
        (HIGH, True, Moved(0, b"c" * 32, 1), False),
        (HIGH, True, Moved(0, b"c" * 32, 0), True),
    ],
)
def test_a_member_is_followed_to_a_better_branch(winner: bytes, removed: bool, moved: Moved, follows: bool) -> None:  # noqa: FBT001
    """Not to the commit that we went through ourselves, nor to a worse one."""
    fork = Fork(winner)
    with fork.here() as (_, room, _track):
        room.history[0].removed = [EVE.account] if removed else []
        room.history.insert(0, Merged(5, LOW, [], [], []))
    expected = Rejoin("moved", 0, moved.commit, [], [helper(JUN)], START)
    assert (expected if follows else None) == followed(fork, moved)


@pytest.mark.parametrize("removed", [True, False])
@pytest.mark.parametrize("rank", [0, 1])
def test_without_the_box_of_an_epoch_a_member_is_followed_to_a_worse_branch(rank: int, removed: bool) -> None:  # noqa: FBT001
    """Not to one that lacks a removal of ours, nor to the commit that we were told of."""
    fork = Fork()
    with fork.here() as (_, room, _track):
        assert all(track.epoch != 5 for track in room.boxes)
        room.history.insert(0, Merged(5, LOW, [EVE.account] if removed else [], [], []))
    assert followed(fork, Moved(5, LOW, rank)) is None
    assert (rank == 0 or not removed) is (followed(fork, Moved(5, HIGH, rank)) is not None)


def test_of_an_epoch_that_we_do_not_remember_everybody_is_followed() -> None:
    """Unless the epoch ended after we joined: then its box tells us. If their word is spent, others are asked."""
    moved = Moved(0, HIGH, 1)
    for doubted, since, follows in ((0, 1, "moved"), (START + 1, 1, branches.SPENT), (0, 0, "")):
        fork = Fork()
        with fork.here() as (_, room, _track):
            room.history = []
            room.doubted = {JUN.account.hex(): doubted}
        found = followed(fork, moved, since=since)
        assert follows == (found.reason if found is not None else "")


def test_who_was_in_the_forked_epoch_follows_to_a_branch_that_wins() -> None:
    """Those there who came by a ticket cannot announce it in the box: they do not have the commit."""
    for moved, follows in ((Moved(0, LOW, 1), True), (Moved(1, LOW, 0), False), (Moved(9, LOW, 0), False)):
        assert follows is (followed(Fork(), moved, since=0) is not None)


# -- those whose word is spent ------------------------------------------------------------------------------------


def around(fork: Fork, now: int = START, commit: bytes = LOW) -> Rejoin | None:
    """Somebody whose word is spent claims a branch."""
    with fork.here(now) as (step, room, _):
        branches.ask_around(step, room, 0, commit)
        return room.rejoin


def test_what_nobody_believes_is_asked_about_once_in_three_hours() -> None:
    """Not while we look for something, nor where nobody is."""
    fork = Fork()
    assert Rejoin(branches.SPENT, 0, LOW, [], [], START + 2_000) == around(fork)
    fork.look_for(None)
    later = START + branches.SPENT_MS
    assert [None, None, branches.SPENT] == [
        found and found.reason for found in (around(fork, START + 1), around(fork, later - 1), around(fork, later))
    ]
    looking = Fork()
    looking.look_for(branch("fork", JUN))
    assert (branch("fork", JUN), None) == (around(looking), around(Alone()))


@pytest.mark.parametrize("what", ["claim", "thread", "alone"])
def test_what_counts_takes_the_place_of_what_does_not(what: str) -> None:
    """Whatever its epoch and its commit: the claim that is asked about counts for nothing."""
    fork = Fork()
    around(fork)
    with fork.here() as (step, room, track):
        if what == "claim":
            branches.begin(step, room, branch("fork", JUN, epoch=9, commit=HIGH))
        elif what == "thread":
            branches.lost_thread(step, room, "silence")
        else:
            track.competing = CompetingBranch(HIGH, (), JUN.account, JUN.handle)
            branches.give_way(step, room, track)
        assert room.rejoin is not None
        assert {"claim": "fork", "thread": "silence", "alone": "alone"}[what] == room.rejoin.reason


@pytest.mark.parametrize(
    ("history", "asks"),
    [
        (((0, LOW, ()),), True),
        (((0, b"\xff" * 32, ()),), False),
        ((), False),
        (((0, LOW, ()), (0, LOW, ())), False),
    ],
    ids=["better", "ours", "unknown", "a lie"],
)
def test_a_ticket_that_nobody_asked_for_tells_of_its_branch(history: History, *, asks: bool) -> None:
    """It may be late. It is not followed: others are asked whether they are there."""
    fork = Fork()
    late = msgspec.structs.replace(ticket(fork, 4), history=history)
    with fork.here() as (step, room, _):
        branches.shown(step, room, late)
    found = fork.rejoin()
    assert (branches.SPENT if asks else "") == (found.reason if found is not None else "")


# -- the thread is lost -------------------------------------------------------------------------------------------


def test_who_lost_the_thread_asks_anybody_soon() -> None:
    """If there is anybody, and nothing is looked for yet."""
    fork = Fork()
    with fork.here() as (step, room, _):
        branches.lost_thread(step, room, "silence")
    assert Rejoin("silence", 1, b"", [], [], START + 2_000) == fork.rejoin()
    with fork.here() as (step, room, _):
        branches.lost_thread(step, room, "again")
        assert "silence" == room.rejoin.reason if room.rejoin else ""
    alone = Alone()
    with alone.here() as (step, room, _):
        branches.lost_thread(step, room, "silence")
    assert None is alone.rejoin()


def test_who_goes_through_many_epochs_without_a_pause_asks_for_the_last() -> None:
    """The 32nd, and every 32 after it."""
    fork, asked = Fork(), []
    for number in range(1, 65):
        with fork.here(START + number) as (step, room, _):
            branches.walked(step, room)
            if room.rejoin is not None:
                asked.append((number, room.rejoin.reason))
                room.rejoin = None
    assert [(32, "far-behind"), (64, "far-behind")] == asked


@pytest.mark.parametrize(("pause", "count"), [(MINUTE - 1, 6), (MINUTE, 1)])
def test_a_minute_is_a_pause(pause: int, count: int) -> None:
    """Then the count begins anew."""
    fork = Fork()
    with fork.here() as (step, room, _):
        room.walked = Tries(5, START - pause)
        branches.walked(step, room)
        assert Tries(count, START) == room.walked


@pytest.mark.parametrize(("asked", "again"), [(START - 600_000 + 1, False), (START - 600_000, True)])
def test_a_package_that_expired_is_asked_about_once_in_ten_minutes(asked: int, again: bool) -> None:  # noqa: FBT001
    """However many such commits lie in a box."""
    fork = Fork()
    with fork.here() as (step, room, track):
        track.asked_at = asked
        branches.came_too_late(step, room, track)
        reason = room.rejoin.reason if room.rejoin is not None else ""
        assert ("package-expired" if again else "", START if again else asked) == (reason, track.asked_at)


# -- which of two branches ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "taken"),
    [
        ({"commit": b""}, {}, True),
        ({"commit": b"", "epoch": 0}, {"epoch": 5}, True),
        ({}, {"commit": LOW}, True),
        ({}, {"commit": HIGH}, False),
        ({}, {"commit": b""}, True),
        ({}, {"commit": HIGH, "removed": [b"a"]}, True),
        ({"removed": [b"a"]}, {"commit": LOW}, False),
        ({"epoch": 1}, {"commit": HIGH, "epoch": 0}, True),
        ({"epoch": 1}, {"commit": LOW, "epoch": 2}, False),
        ({"ordered": True}, {"commit": LOW}, False),
        ({"ordered": True, "epoch": 1}, {"commit": LOW, "epoch": 0}, False),
        ({}, {"commit": HIGH, "epoch": 9, "ordered": True}, True),
        ({"ordered": True}, {"commit": LOW, "ordered": True}, True),
        ({}, {"commit": HIGH, "epoch": 9, "judged": True}, True),
        ({"epoch": 9, "judged": True}, {"commit": LOW}, False),
        ({"epoch": 9, "judged": True, "attempts": 8}, {"commit": LOW}, True),
        ({"ordered": True}, {"commit": LOW, "judged": True}, False),
        ({"ordered": True, "attempts": 7}, {"commit": LOW}, False),
        ({"ordered": True, "attempts": 8}, {"commit": HIGH}, True),
    ],
)
def test_of_two_branches_the_older_fork_is_looked_for_then_the_better(
    old: dict[str, Any],
    new: dict[str, Any],
    taken: bool,  # noqa: FBT001
) -> None:
    """And before all of them one that an admin has ordered."""
    fork = Fork()
    known, other = branch("fork", JUN, **old), branch("fork", BO, **new)
    with fork.here() as (step, room, _):
        room.rejoin, room.commit_at = known, START - 5
        branches.begin(step, room, other)
        assert room.rejoin is (other if taken else known)


def test_what_is_only_said_waits_for_what_we_judged() -> None:
    """The best of it, whichever came first; and what an order that holds for us removed is not forgotten."""
    fork = Fork()
    said, better = branch("fork", JUN, proven=[EVE.account]), branch("fork", BO, commit=LOW)
    judged = branch(branches.BEHIND, commit=HIGH, epoch=9, judged=True)
    with fork.here() as (step, room, _):
        room.rejoin = said
        branches.begin(step, room, judged)
        assert (judged, said, [EVE.account]) == (room.rejoin, judged.later, judged.proven)
        branches.begin(step, room, better)
        assert (judged, better) == (room.rejoin, judged.later)
        judged.attempts = tickets.FEW_ATTEMPTS
        tickets.ask(step, room)
        assert room.rejoin is better


def test_of_one_branch_all_who_tell_of_it_are_remembered() -> None:
    """Who told last is asked first, and nobody twice; the rest stays as it was."""
    fork = Fork()
    known = branch("fork", JUN, BO, attempts=5)
    with fork.here() as (step, room, _):
        room.rejoin, room.commit_at = known, 0
        branches.begin(step, room, branch("moved", EVE, BO))
        assert branch("fork", EVE, BO, JUN, attempts=5) == room.rejoin
        assert 0 == room.commit_at


@pytest.mark.parametrize(("before", "after"), [(0, START), (START + 7, START + 7)])
def test_whoever_begins_to_look_commits_nothing_before(before: int, after: int) -> None:
    """What was to wait longer waits longer."""
    fork = Fork()
    with fork.here() as (step, room, _):
        room.commit_at = before
        branches.begin(step, room, branch("fork", JUN))
        assert after == room.commit_at


def test_a_late_ticket_to_a_branch_that_loses_asks_nobody() -> None:
    """The others come to us."""
    fork = Fork(LOW)
    late = msgspec.structs.replace(ticket(fork, 4), history=((0, HIGH, ()),))
    with fork.here() as (step, room, _):
        branches.shown(step, room, late)
    assert None is fork.rejoin()
